package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneAndTwo = `[
  {"id": "A-ONE-01", "level": "MUST", "says": "one"},
  {"id": "A-ONE-02", "level": "MAY", "says": "two", "untested": "only clients do that"}
]`

func said(action, test string) string {
	return `{"Action":"` + action + `","Package":"m/p","Test":"` + test + `","Output":"said ` + test + `\n"}` + "\n"
}

func TestReport(t *testing.T) {
	one := said("pass", "TestIt/T7_A-ONE-01_it_works")
	for _, c := range []struct{ name, list, events, says, fails string }{
		{"all is well", oneAndTwo, one, "passed   A-ONE-01      MUST    one:   1 tests\nreason   A-ONE-02      MAY     two: only clients do that", ""},
		{"no test and no reason", oneAndTwo, said("pass", "TestOther"), "MISSING  A-ONE-01", "1 faults"},
		{"a skipped test checks nothing", oneAndTwo, said("pass", "TestOther") + said("skip", "TestIt/A-ONE-01"), "MISSING  A-ONE-01", "1 faults"},
		{"a failing test", oneAndTwo, one + said("output", "T/A-ONE-01_x") + said("fail", "T/A-ONE-01_x"), "FAILED   A-ONE-01", "2 faults"},
		{"a failing test shows what it said", oneAndTwo, one + said("output", "T/x") + said("fail", "T/x"), "FAIL m/p T/x\nsaid T/x", "1 faults"},
		{"test and reason", oneAndTwo, one + said("pass", "T/A-ONE-02"), "BOTH     A-ONE-02", "1 faults"},
		{"an unknown ID", oneAndTwo, one + said("pass", "T/A-ONE-77"), "UNKNOWN  A-ONE-77", "1 faults"},
		{"an ID of an area without a list", oneAndTwo, one + said("pass", "T/B-ONE-77"), "0 faults", ""},
		{"a package that does not build", oneAndTwo, one + `{"Action":"build-fail","ImportPath":"m/q"}` + "\n", "FAIL m/q", "1 faults"},
		{"nothing ran", oneAndTwo, "", "", "no test ran"},
		{"no JSON", oneAndTwo, "ok  m/p\n", "", "not a line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "a.json"), []byte(c.list), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := run(strings.NewReader(c.events), &out, folder, false)
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("says %s, want %q", out.String(), c.says)
			}
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
}
