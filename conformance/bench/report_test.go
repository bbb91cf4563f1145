package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sampleReport is a report of two rounds in which the machine was slower in the
// second, for both servers.
func sampleReport() *report {
	return &report{
		Begun: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Machine: "a machine", Seconds: 4, Rounds: 2, Connections: 64,
		Servers: []serverReport{
			{Name: "domicile", Title: "Domicile", MemoryIdle: 50 << 20},
			{Name: "bare", Title: "<bare>", Lacks: map[string]string{"deny": "it allows everything", "mixed": "it allows everything"}},
		},
		Turns: []turn{
			{Server: "domicile", Case: "get", Round: 0, Connections: 64, Rate: 800, CPU: .04, P50: 1, P99: 5},
			{Server: "bare", Case: "get", Round: 0, Connections: 64, Rate: 1000, CPU: .02, P50: 1, P99: 2},
			{Server: "bare", Case: "get", Round: 1, Connections: 64, Rate: 100, CPU: .05, P50: 1, P99: 2},
			{Server: "domicile", Case: "get", Round: 1, Connections: 64, Rate: 90, CPU: .2, P50: 1, P99: 5, Errors: 7, FirstError: "GET /x: status 500"},
			{Server: "domicile", Case: "dpop-get", Rate: 10, CPU: .5},
		},
	}
}

// Ratios are of turns of one round: that the machine was ten times slower in
// another does not show.
func TestRatios(t *testing.T) {
	r := sampleReport()
	for _, c := range []struct {
		name   string
		figure func(turn) float64
		want   spread
	}{
		{"rate", rateOf, spread{.85, .8, .9}},
		{"CPU", cpuOf, spread{3, 2, 4}},
	} {
		if got := r.ratio("get", "domicile", "bare", c.figure); math.Abs(got.Median-c.want.Median) > 1e-9 || got.Least != c.want.Least || got.Most != c.want.Most {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := r.ratio("dpop-get", "domicile", "bare", rateOf); !math.IsNaN(got.Median) {
		t.Errorf("without the other server: %v", got)
	}
}

func TestTargets(t *testing.T) {
	verdicts := map[string]string{}
	for _, j := range sampleReport().judge() {
		verdicts[j.What] = j.verdict()
	}
	for what, want := range map[string]string{
		"CPU of a public GET to the bare handler's":  "met", // 3, the bound
		"rate of public GET to the bare handler's":   "met",
		"CPU of a GET with DPoP":                     "missed",
		"rate of GET with DPoP to CSS's":             "not measured",
		"errors of listing 1,000 at 64 connections":  "not measured",
		"memory after start":                         "met",
		"CPU of a JSON-LD GET to the bare handler's": "not measured",
	} {
		if verdicts[what] != want {
			t.Errorf("%s: %q, want %q", what, verdicts[what], want)
		}
	}
	known := map[string]bool{}
	for _, c := range cases {
		if known[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		known[c.name] = true
	}
	for _, s := range servers {
		for name := range s.lacks {
			if !known[name] {
				t.Errorf("%s lacks %s, which is no case", s.name, name)
			}
		}
	}
}

func TestReportForPeople(t *testing.T) {
	var text bytes.Buffer
	sampleReport().write(&text)
	for _, want := range []string{"445 (90–800)", "0.85 (0.8–0.9)", "GET /x: status 500", "<bare> is not measured in deny, mixed: it allows everything"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("lacks %q:\n%s", want, text.String())
		}
	}
	folder := filepath.Join(t.TempDir(), "new")
	if err := sampleReport().save(folder); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"445 (90–800)", "<svg", "&lt;bare&gt;", `class="missed"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<bare>", "NaN", "Inf", "%!", "http://", "https://"} { // self-contained
		if strings.Contains(string(page), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	raw, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(raw, &back); err != nil || len(back.Turns) != len(sampleReport().Turns) {
		t.Errorf("read back: %d turns, %v", len(back.Turns), err)
	}
}
