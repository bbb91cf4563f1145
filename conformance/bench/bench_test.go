package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
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
	var names []string // also those that have to be asked for
	for _, c := range cases {
		names = append(names, c.name)
	}
	o, err := parse([]string{"-only", strings.Join(names, ","), "-servers", "domicile,bare", "-seconds", "0.1", "-rounds", "1", "-connections", "4"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	o.thin = 100
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
			if s.Lacks[c.name] != "" || c.seed != nil && s.Name != servers[0].name {
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

// A flood that is none, and a long run that is short: what they print is about a
// server that refuses nothing and fails in nothing.
func TestStress(t *testing.T) {
	folder := t.TempDir()
	o, err := parse([]string{"-seconds", "0.2", "-connections", "4", "-endurance", "1s"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	o.thin = 100
	if o.binary, err = build(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := overload(t.Context(), o, flood{times: .1, connections: 8, addresses: 2, hostile: 2}, filepath.Join(folder, "overload"), &said); err != nil {
		t.Fatal(err)
	}
	for _, phase := range []string{"what it can take", "0.1 times as much", "second 3 after", "2 half open, as many each stalled", "without them"} {
		_, line, found := strings.Cut(said.String(), "\n"+phase)
		fields := strings.Fields(line)
		if !found || len(fields) < 5 || fields[2] == "0" || fields[3] != "0" || fields[4] != "0" {
			t.Errorf("%s: accepted, refused and other are %v", phase, fields)
		}
	}
	said.Reset()
	if err := endure(t.Context(), o, filepath.Join(folder, "endurance"), &said); err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(said.String(), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[1] == "0" || fields[2] != "0" || fields[3] == "0" || fields[6] == "0" || fields[7] == "0" {
		t.Errorf("minute, requests, errors, notifications, MB, heap, goroutines, handles and disk are %v\n%s", fields, said.String())
	}
}

func TestFlags(t *testing.T) {
	for _, bad := range [][]string{{"-only", "nothing"}, {"-servers", "domicile,nobody"}, {"-seconds", "0"}, {"rest"}} {
		if o, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%v: %+v", bad, o)
		}
	}
}
