package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"domicile/clients/solid"
	"domicile/rdfstore/rdf"
)

// loan is a loan as the library's own system tells of it. Days are as in
// "2026-11-30".
type loan struct {
	ID       string `json:"id"` // letters, digits, "-" and "_"
	Title    string `json:"title"`
	ISBN     string `json:"isbn,omitempty"`
	Borrowed string `json:"borrowed"`
	Due      string `json:"due"`
	Returned string `json:"returned,omitempty"`
}

// parseLoan reads a loan, and takes nothing that it does not understand.
func parseLoan(line string) (loan, error) {
	var l loan
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		return l, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return l, errors.New("more than one JSON object")
	}
	switch {
	case l.ID == "" || strings.ContainsFunc(l.ID, isNotInID):
		return l, fmt.Errorf(`id is %q; it has letters, digits, "-" and "_"`, l.ID)
	case l.Title == "":
		return l, errors.New("there is no title")
	}
	for name, day := range map[string]string{"borrowed": l.Borrowed, "due": l.Due, "returned": l.Returned} {
		if name == "returned" && day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return l, fmt.Errorf("%s is %q, no day such as 2026-11-30", name, day)
		}
	}
	return l, nil
}

func isNotInID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// deposit writes a loan to its document in a container, unless that says it
// already.
func deposit(ctx context.Context, client *solid.Client, container, lender string, l loan) (resource string, changed bool, err error) {
	resource = container + "loan-" + l.ID
	err = client.Update(ctx, resource, func(d *solid.Document) error {
		if d.Len() == 0 {
			d.Prefixes = []rdf.Prefix{{Name: "schema", IRI: rdf.Schema}, {Name: "xsd", IRI: rdf.XSD}}
		}
		changed = l.describe(d.Graph, resource, lender)
		return nil
	})
	return resource, changed, err
}

// describe makes the graph say what the loan is, and reports whether it did not
// before. Statements of other kinds stay.
func (l loan) describe(graph *rdf.Graph, resource, lender string) (changed bool) {
	action, book := rdf.IRI(resource+"#loan"), rdf.IRI(resource+"#book")
	status, end := "ActiveActionStatus", l.Due
	if l.Returned != "" {
		status, end = "CompletedActionStatus", l.Returned
	}
	date := func(day string) rdf.Term { return rdf.Typed(day, rdf.XSD+"date") }
	schema := func(name string) rdf.Term { return rdf.IRI(rdf.Schema + name) }
	var isbn rdf.Term
	if l.ISBN != "" {
		isbn = rdf.String(l.ISBN)
	}
	for _, t := range []rdf.Triple{
		{S: action, P: rdf.Type, O: schema("BorrowAction")},
		{S: action, P: schema("identifier"), O: rdf.String(l.ID)},
		{S: action, P: schema("lender"), O: rdf.IRI(lender)},
		{S: action, P: schema("object"), O: book},
		{S: action, P: schema("startTime"), O: date(l.Borrowed)},
		{S: action, P: schema("endTime"), O: date(end)},
		{S: action, P: schema("actionStatus"), O: schema(status)},
		{S: book, P: rdf.Type, O: schema("Book")},
		{S: book, P: schema("name"), O: rdf.String(l.Title)},
		{S: book, P: schema("isbn"), O: isbn},
	} {
		changed = set(graph, t) || changed
	}
	return changed
}

// set makes the object the only one of its subject and predicate; without an
// object there is none.
func set(graph *rdf.Graph, t rdf.Triple) (changed bool) {
	var others []rdf.Triple
	for old := range graph.Match(t.S, t.P, rdf.Term{}) {
		if old != t {
			others = append(others, old)
		}
	}
	for _, old := range others {
		graph.Remove(old)
	}
	return !t.O.IsZero() && graph.Add(t) || len(others) > 0
}
