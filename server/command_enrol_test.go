package server

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// residentsFile writes a file of residents with names from to to-1, between
// lines before and behind.
func residentsFile(t *testing.T, from, to int, before, behind string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(before)
	for i := from; i < to; i++ {
		fmt.Fprintf(&text, "resident%d,\"Street %d\n9000 Gent\",resident%d@example.org\n", i, i, i)
	}
	text.WriteString(behind)
	name := filepath.Join(t.TempDir(), "residents.csv")
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const residentsHeader = "\ufeffpod,address,email\n"

// results reads a file of results.
func results(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A file of residents becomes accounts with pods, while the server runs and
// while it does not; done again it makes nothing.
func TestPodsOfAFile(t *testing.T) {
	data := t.TempDir()
	running(t, data)()
	folder := t.TempDir()
	stop := func() {}
	for i, place := range []string{"stopped", "running"} {
		if place == "running" {
			stop = running(t, data)
		}
		first := i * chunkRows * 2
		residents, result := residentsFile(t, first, first+chunkRows+10, residentsHeader, ""), filepath.Join(folder, place+".csv")
		if _, err := execute(t, data, "", "pod create --csv "+residents+" --result "+result); err != nil {
			t.Fatal(err)
		}
		rows := results(t, result)
		if got := strings.Join(rows[0], ","); len(rows) != chunkRows+11 || got != "pod,address,email,url,webid,link,until" {
			t.Fatalf("%s: %d rows, headed %s", place, len(rows), got)
		}
		seen := map[string]bool{}
		for j, row := range rows[1:] {
			pod := fmt.Sprintf("http://localhost:3000/resident%d/", first+j)
			if row[3] != pod || row[4] != pod+"profile/card#me" || seen[row[5]] || len(row[5]) < 80 || row[6] == "" {
				t.Fatalf("%s: row %q", place, row)
			}
			seen[row[5]] = true
		}
		again := filepath.Join(folder, place+"-again.csv")
		if _, err := execute(t, data, "", "pod create --csv "+residents+" --result "+again); err != nil {
			t.Fatal(err)
		}
		for _, row := range results(t, again)[1:] {
			if row[3] == "" || row[5] != "" {
				t.Fatalf("%s, again: row %q", place, row)
			}
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 4 {
		t.Errorf("beside the results there are %v, %v", left, err)
	}
	stop()
}

// Rows that fail are told by their lines; the next run makes what was mended.
func TestPodsOfAFileWithMistakes(t *testing.T) {
	data := t.TempDir()
	running(t, data)()
	result := filepath.Join(t.TempDir(), "result.csv")
	bad := residentsFile(t, 0, 2, residentsHeader, "admin,,anna@example.org\nbert,,nobody\nresident1,,other@example.org\n")
	_, err := execute(t, data, "", "pod create --csv "+bad+" --result "+result)
	if err == nil || !strings.Contains(err.Error(), "3 rows failed") {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(result); err == nil {
		t.Error("there is a result though rows failed")
	}
	before := results(t, result+".partial")
	mended := residentsFile(t, 0, 2, residentsHeader, "anna,,anna@example.org\n")
	if _, err := execute(t, data, "", "pod create --csv "+mended+" --result "+result); err != nil {
		t.Fatal(err)
	}
	rows := results(t, result)
	if len(rows) != 4 || rows[3][5] == "" {
		t.Fatalf("got %q", rows)
	}
	for i, row := range before {
		if strings.Join(rows[i], "|") != strings.Join(row, "|") {
			t.Errorf("row %d was %q and is %q", i, row, rows[i])
		}
	}

	for content, says := range map[string]string{
		"":                                 "empty",
		"name,email\n":                     "want pod and email",
		"pod,email,link\n":                 `column "link"`,
		"pod,email\nresident5\n":           "wrong number of fields",
		"pod,email\n\"resident5,x@e.org\n": "quote",
	} {
		file := residentsFile(t, 0, 0, content, "")
		_, err := execute(t, data, "", "pod create --csv "+file+" --result "+filepath.Join(t.TempDir(), "r.csv"))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want an error that says %q", content, err, says)
		}
	}
	for line, says := range map[string]string{
		"pod create --csv " + mended + " --result " + result:           "is there already",
		"pod create --csv missing.csv --result " + result + "2":        "missing.csv",
		"pod create --csv " + mended + " --result /nowhere/at/all.csv": "/nowhere",
	} {
		if _, err := execute(t, data, "", line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error that says %q", line, err, says)
		}
	}
	for _, line := range []string{
		"pod create --csv " + mended, "pod create x --csv " + mended + " --result r.csv",
		"pod create --csv " + mended + " --result r.csv --days 0", "pod create --csv " + mended + " --result r.csv --account a@example.org",
	} {
		if _, err := execute(t, data, "", line); !errors.As(err, new(UsageError)) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
