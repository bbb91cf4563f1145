package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"domicile/clients/solid"
	"domicile/rdfstore/rdf"
)

func TestParseLoan(t *testing.T) {
	good := `{"id": "a-1", "title": "Momo", "borrowed": "2026-11-02", "due": "2026-11-30"}`
	if l, err := parseLoan(good); err != nil || l.Title != "Momo" || l.Returned != "" || l.Due != "2026-11-30" {
		t.Errorf("%+v, %v", l, err)
	}
	for _, bad := range []string{
		"", "Momo", good + good, strings.Replace(good, "a-1", "../x", 1), strings.Replace(good, "a-1", "", 1),
		strings.Replace(good, "due", "until", 1), strings.Replace(good, "2026-11-02", "yesterday", 1), strings.Replace(good, "Momo", "", 1),
	} {
		if l, err := parseLoan(bad); err == nil {
			t.Errorf("%s became %+v", bad, l)
		}
	}
}

func FuzzParseLoan(f *testing.F) {
	f.Add(`{"id": "a-1", "title": "Momo", "isbn": "1", "borrowed": "2026-11-02", "due": "2026-11-30", "returned": "2026-11-29"}`)
	f.Fuzz(func(t *testing.T, line string) {
		if l, err := parseLoan(line); err == nil && (l.ID == "" || strings.ContainsAny(l.ID, "/?#%.")) {
			t.Errorf("%q has the id %q", line, l.ID)
		}
	})
}

// TestDescribe: saying the same again changes nothing, a change replaces, and what
// others say stays.
func TestDescribe(t *testing.T) {
	const resource = "https://pod.example/loans/loan-1"
	graph := rdf.NewGraph()
	mine := rdf.Triple{S: rdf.IRI(resource + "#book"), P: rdf.IRI(rdf.Schema + "comment"), O: rdf.String("read twice")}
	graph.Add(mine)
	l, err := parseLoan(`{"id": "1", "title": "Momo", "isbn": "9", "borrowed": "2026-11-02", "due": "2026-11-30"}`)
	if err != nil {
		t.Fatal(err)
	}
	if !l.describe(graph, resource, "urn:library") || graph.Len() != 11 || l.describe(graph, resource, "urn:library") {
		t.Errorf("%d triples", graph.Len())
	}
	l.Returned, l.ISBN = l.Due, ""
	if !l.describe(graph, resource, "urn:library") || graph.Len() != 10 || !graph.Has(mine) {
		t.Errorf("after the return %d triples", graph.Len())
	}
	if status := graph.Object(rdf.IRI(resource+"#loan"), rdf.IRI(rdf.Schema+"actionStatus")); status != rdf.IRI(rdf.Schema+"CompletedActionStatus") {
		t.Errorf("it is %s", status)
	}
}

// TestTouchesNothingElse: of all URLs of a pod only those of the loans are asked
// for.
func TestTouchesNothingElse(t *testing.T) {
	var asked []string
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer pod.Close()
	l, err := parseLoan(`{"id": "1", "title": "Momo", "borrowed": "2026-11-02", "due": "2026-11-30"}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, err := deposit(t.Context(), solid.NewClient(nil), pod.URL+"/alice/loans/", "urn:library", l); err != nil || !changed {
		t.Errorf("changed %t, %v", changed, err)
	}
	if got := strings.Join(asked, ", "); got != "GET /alice/loans/loan-1, PUT /alice/loans/loan-1" {
		t.Errorf("asked for %s", got)
	}
}

func TestNoCredentials(t *testing.T) {
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"token_endpoint": "http://` + r.Host + `/token"}`))
	}))
	defer issuer.Close()
	err := run(t.Context(), issuer.URL, solid.Credentials{ID: "x", Secret: "hush"}, issuer.URL+"/loans/", strings.NewReader(""), nil, "")
	if !errors.Is(err, errConsentOver) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
}
