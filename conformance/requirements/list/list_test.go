package list

import (
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
)

func TestListsAreWellFormed(t *testing.T) {
	all, err := All()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d requirements, %v", len(all), err)
	}
	for _, r := range all {
		for _, spec := range r.Spec {
			if u, err := url.Parse(spec); err != nil || u.Scheme != "https" || u.Host == "" {
				t.Errorf("%s: %q is no URL of a text", r.ID, spec)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ list, fails string }{
		"an ID twice":        {`[{"id": "A-ONE-01", "level": "MUST", "says": "x"}, {"id": "A-ONE-01", "level": "MUST", "says": "y"}]`, "twice"},
		"what is no ID":      {`[{"id": "one", "level": "MUST", "says": "x"}]`, "no ID"},
		"an unknown member":  {`[{"id": "A-ONE-01", "levle": "MUST", "says": "x"}]`, "levle"},
		"an entry that lies": {`[{"id": "A-ONE-01", "level": "MUST"}]`, "says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"a.json": {Data: []byte(c.list)}})
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
}
