// Package areas reads lists that are kept as JSON files in a folder, a file
// for each area of the requirements.
package areas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
)

// Load returns the entries of all files of a folder, in the order of the files'
// names. A field that an entry has no place for is an error.
func Load[T any](folder fs.FS) ([]T, error) {
	paths, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	var all []T
	for _, path := range paths {
		raw, err := fs.ReadFile(folder, path)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		var area []T
		if err := decoder.Decode(&area); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, area...)
	}
	return all, nil
}
