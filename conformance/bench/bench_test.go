package main

import (
	"io"
	"os"
	"testing"
)

// TestMain lets the test program be the bare server, as the program itself.
func TestMain(m *testing.M) {
	if address := os.Getenv(bareAddress); address != "" {
		_ = serveBare(address)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// Every case runs on our server and on the bare one without an error. How fast
// is for `make bench` to say.
func TestEveryCase(t *testing.T) {
	folder := t.TempDir()
	o, err := parse([]string{"-servers", "domicile,bare", "-seconds", "0.1", "-rounds", "1", "-connections", "4"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if o.binary, err = build(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	r, err := measure(t.Context(), o, folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		for _, s := range r.Servers {
			turns := r.of(s.Name, c.name)
			if s.Lacks[c.name] != "" {
				if len(turns) > 0 {
					t.Errorf("%s is measured in %s, which it lacks", s.Name, c.name)
				}
				continue
			}
			if len(turns) != 1 || turns[0].Requests == 0 || turns[0].Errors > 0 {
				t.Errorf("%s in %s: %+v", s.Name, c.name, turns)
			}
		}
	}
	for _, s := range r.Servers {
		if s.MemoryIdle == 0 || s.MemoryMost == 0 || s.Name == "domicile" && s.Disk == 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, bad := range [][]string{{"-only", "nothing"}, {"-servers", "domicile,nobody"}, {"-seconds", "0"}, {"rest"}} {
		if o, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%v: %+v", bad, o)
		}
	}
}
