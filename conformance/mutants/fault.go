package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"domicile/conformance/internal/areas"
)

// mutant is one fault; the package comment explains the fields.
type mutant struct {
	Requirement, Fault, File, Old, New, Package, Run, Unseen string
	Slow                                                     bool
}

// load reads the faults of all areas and checks that each can be made.
func load(folder string) ([]mutant, error) {
	all, err := areas.Load[mutant](os.DirFS(folder))
	if err != nil {
		return nil, err
	}
	var stale []error
	for _, m := range all {
		if _, err := m.broken("."); err != nil {
			stale = append(stale, err)
		}
	}
	return all, errors.Join(stale...)
}

// broken returns the source file with the fault.
func (m mutant) broken(root string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return "", fmt.Errorf("%s %q: %w", m.Requirement, m.Fault, err)
	}
	if n := strings.Count(string(raw), m.Old); n != 1 || m.Old == m.New || m.Package == "" {
		return "", fmt.Errorf("%s %q: %s has the text %d times, want once, another text instead of it and a package: %s",
			m.Requirement, m.Fault, m.File, n, m.Old)
	}
	return strings.Replace(string(raw), m.Old, m.New, 1), nil
}

// overlay writes the broken file and what go build -overlay takes beside it,
// and returns the path of the latter.
func (m mutant) overlay(prefix string) (string, error) {
	content, err := m.broken(".")
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.File)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(prefix+".go", []byte(content), 0o600); err != nil {
		return "", err
	}
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{original: prefix + ".go"}})
	if err != nil {
		return "", err
	}
	return prefix + ".json", os.WriteFile(prefix+".json", raw, 0o600)
}
