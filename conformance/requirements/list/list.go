// Package list holds the requirements that a Solid server is judged by: one
// JSON file for each area, an entry for each requirement.
//
// Tests cite an entry by its ID, the suite (package suite) too; the command
// beside this package tells which entries nobody cites.
package list

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"

	"domicile/conformance/internal/areas"
)

//go:embed *.json
var files embed.FS

// Requirement is an entry of a list.
type Requirement struct {
	ID    string `json:"id"`
	Level string `json:"level"` // as RFC 2119 says it, or where it comes from
	Says  string `json:"says"`
	// Spec are URLs of the texts that say it; none for decisions of our own.
	Spec []string `json:"spec,omitempty"`
	// Untested is the reason why no test of this server can show it.
	Untested string `json:"untested,omitempty"`
}

// IDPattern matches the ID of a requirement.
var IDPattern = regexp.MustCompile(`[A-Z]+-[A-Z0-9]+-[0-9]{2}`)

// All returns all requirements, area by area.
func All() ([]Requirement, error) { return Load(files) }

// Load reads the lists of a folder.
func Load(folder fs.FS) ([]Requirement, error) {
	all, err := areas.Load[Requirement](folder)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, r := range all {
		if known[r.ID] || IDPattern.FindString(r.ID) != r.ID || r.Level == "" || r.Says == "" {
			return nil, fmt.Errorf("%q is no ID, stands there twice or says nothing", r.ID)
		}
		known[r.ID] = true
	}
	return all, nil
}
