package turtle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"domicile/rdfstore/rdf"
)

// suitesVariable names a folder with the content of
// https://github.com/w3c/rdf-tests.
const suitesVariable = "DOMICILE_RDF_TESTS"

// suitesURL is where that folder is published; test documents are read with
// their IRIs below it as base.
const suitesURL = "https://w3c.github.io/rdf-tests/"

const (
	manifestNS = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
	testNS     = "http://www.w3.org/ns/rdftest#"
)

// language is one of the four, as the suites see it.
type language struct {
	read  func(text []byte, base string) (*rdf.Document, error)
	write func(w io.Writer, doc *rdf.Document, base string) error
}

// languages by how the suites' test types begin.
var languages = map[string]language{
	"TestTurtle": {func(text []byte, base string) (*rdf.Document, error) {
		return Parse(context.Background(), bytes.NewReader(text), base, DefaultLimits)
	}, Write},
	"TestTrig": {func(text []byte, base string) (*rdf.Document, error) {
		return ParseTriG(context.Background(), bytes.NewReader(text), base, DefaultLimits)
	}, WriteTriG},
	"TestNTriples": {func(text []byte, _ string) (*rdf.Document, error) {
		return ParseNTriples(context.Background(), bytes.NewReader(text), DefaultLimits)
	}, func(w io.Writer, doc *rdf.Document, _ string) error { return WriteNTriples(w, doc) }},
	"TestNQuads": {func(text []byte, _ string) (*rdf.Document, error) {
		return ParseNQuads(context.Background(), bytes.NewReader(text), DefaultLimits)
	}, func(w io.Writer, doc *rdf.Document, _ string) error { return WriteNQuads(w, doc) }},
}

// runSuite runs the tests of the manifest in dir, and returns how many there
// are and what went wrong.
func runSuite(files fs.FS, dir string) (tests int, failures []error) {
	manifestURL := suitesURL + path.Join(dir, "manifest.ttl")
	text, err := fs.ReadFile(files, path.Join(dir, "manifest.ttl"))
	if err != nil {
		return 0, []error{err}
	}
	manifest, err := languages["TestTurtle"].read(text, manifestURL)
	if err != nil {
		return 0, []error{fmt.Errorf("manifest: %w", err)}
	}
	g := manifest.Default
	rest := g.Object(rdf.IRI(manifestURL), rdf.IRI(manifestNS+"entries"))
	for ; rest.IsBlank(); rest = g.Object(rest, listRest) {
		tests++
		test := g.Object(rest, listFirst)
		if err := runTest(files, g, test); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", test.Value(), err))
		}
	}
	return tests, failures
}

func runTest(files fs.FS, manifest *rdf.Graph, test rdf.Term) error {
	kind, ok := strings.CutPrefix(manifest.Object(test, rdf.Type).Value(), testNS)
	if !ok {
		return errors.New("the manifest gives no type")
	}
	for prefix, language := range languages {
		purpose, ok := strings.CutPrefix(kind, prefix)
		if !ok {
			continue
		}
		action := manifest.Object(test, rdf.IRI(manifestNS+"action")).Value()
		text, err := readSuiteFile(files, action)
		if err != nil {
			return err
		}
		doc, err := language.read(text, action)
		switch purpose {
		case "NegativeSyntax":
			if syntax := (*rdf.SyntaxError)(nil); !errors.As(err, &syntax) {
				return fmt.Errorf("no syntax error, but %v", err)
			}
			return nil
		case "PositiveSyntax", "Eval":
			if err != nil {
				return err
			}
			if err := language.roundTrip(doc, action); err != nil || purpose == "PositiveSyntax" {
				return err
			}
			return expectResult(files, manifest.Object(test, rdf.IRI(manifestNS+"result")).Value(), doc)
		}
	}
	return fmt.Errorf("tests of type %q are unknown", kind)
}

func (l language) roundTrip(doc *rdf.Document, base string) error {
	var out bytes.Buffer
	if err := l.write(&out, doc, base); err != nil {
		return err
	}
	again, err := l.read(out.Bytes(), base)
	if err == nil && !rdf.Isomorphic(doc.Dataset, again.Dataset) {
		err = errors.New("other triples")
	}
	if err != nil {
		return fmt.Errorf("written and read back: %w\n%s", err, out.Bytes())
	}
	return nil
}

// expectResult compares a document with the N-Triples or N-Quads at url.
func expectResult(files fs.FS, url string, doc *rdf.Document) error {
	text, err := readSuiteFile(files, url)
	if err != nil {
		return err
	}
	want, err := languages["TestNQuads"].read(text, "")
	if err == nil && !rdf.Isomorphic(want.Dataset, doc.Dataset) {
		err = fmt.Errorf("got\n%swant\n%s", nQuads(doc), text)
	}
	return err
}

func readSuiteFile(files fs.FS, url string) ([]byte, error) {
	name, ok := strings.CutPrefix(url, suitesURL)
	if !ok {
		return nil, fmt.Errorf("%q is no file of the suites", url)
	}
	return fs.ReadFile(files, name)
}

// The suites of the W3C for RDF 1.1, from the folder that the environment names.
// Without one, a small suite of our own stands in for them.
func TestSuites(t *testing.T) {
	files, suites := fs.FS(ownSuite), map[string]int{"own": 7}
	if folder := os.Getenv(suitesVariable); folder != "" {
		files = os.DirFS(folder)
		suites = map[string]int{
			"rdf/rdf11/rdf-turtle": 313, "rdf/rdf11/rdf-n-triples": 70, "rdf/rdf11/rdf-trig": 356, "rdf/rdf11/rdf-n-quads": 87,
		}
	}
	for dir, want := range suites {
		t.Run(dir, func(t *testing.T) {
			tests, failures := runSuite(files, dir)
			for _, failure := range failures {
				t.Error(failure)
			}
			if tests != want {
				t.Errorf("%d tests, want %d", tests, want)
			}
			t.Logf("%d of %d pass", tests-len(failures), tests)
		})
	}
}

const suitePrefixes = "@prefix mf: <" + manifestNS + ">. @prefix rdft: <" + testNS + ">.\n"

var ownSuite = fstest.MapFS{
	"own/manifest.ttl": {Data: []byte(suitePrefixes + `
<> a mf:Manifest ; mf:entries ( <#turtle> <#bad-turtle> <#trig> <#bad-trig> <#n-triples> <#n-quads> <#bad-n-quads> ) .
<#turtle> a rdft:TestTurtleEval ; mf:action <relative.ttl> ; mf:result <relative.nt> .
<#bad-turtle> a rdft:TestTurtleNegativeSyntax ; mf:action <graph.trig> .
<#trig> a rdft:TestTrigEval ; mf:action <graph.trig> ; mf:result <graph.nq> .
<#bad-trig> a rdft:TestTrigNegativeSyntax ; mf:action <open.trig> .
<#n-triples> a rdft:TestNTriplesPositiveSyntax ; mf:action <relative.nt> .
<#n-quads> a rdft:TestNQuadsPositiveSyntax ; mf:action <graph.nq> .
<#bad-n-quads> a rdft:TestNQuadsNegativeSyntax ; mf:action <graph.trig> .`)},
	"own/relative.ttl": {Data: []byte(`<#a> <../b> [ <c> "d" ] .`)},
	"own/relative.nt": {Data: []byte("<" + suitesURL + "own/relative.ttl#a> <" + suitesURL + "b> _:x .\n" +
		"_:x <" + suitesURL + "own/c> \"d\" .\n")},
	"own/graph.trig": {Data: []byte(`<x:g> { <x:a> <x:b> [ <x:c> 1 ] } <x:d> <x:e> <x:f> .`)},
	"own/graph.nq": {Data: []byte("<x:a> <x:b> _:1 <x:g> .\n_:1 <x:c> \"1\"^^<" + rdf.XSDInteger + "> <x:g> .\n" +
		"<x:d> <x:e> <x:f> .\n")},
	"own/open.trig": {Data: []byte(`<x:g> { <x:a> <x:b> <x:c> `)},
}

// A suite that finds nothing wrong must be able to.
func TestSuitesFindFailures(t *testing.T) {
	for entry, want := range map[string]string{
		"a rdft:TestTurtleEval ; mf:action <../own/relative.ttl> ; mf:result <../own/graph.nq>": "want",
		"a rdft:TestTrigEval ; mf:action <../own/graph.trig> ; mf:result <../own/relative.nt>":  "want",
		"a rdft:TestTurtleEval ; mf:action <../own/relative.ttl> ; mf:result <../own/none.nt>":  "not exist",
		"a rdft:TestTurtlePositiveSyntax ; mf:action <../own/graph.trig>":                       "line 1, column 7",
		"a rdft:TestTrigNegativeSyntax ; mf:action <../own/graph.trig>":                         "no syntax error",
		"a rdft:TestXMLEval ; mf:action <../own/graph.trig>":                                    "unknown",
		"a rdft:TestTurtleNegativeEval ; mf:action <../own/relative.ttl>":                       "unknown",
		"mf:action <../own/graph.trig>":                                                         "no type",
		"a rdft:TestTurtlePositiveSyntax ; mf:action <https://elsewhere.example/x>":             "no file",
		"a rdft:TestNTriplesPositiveSyntax ; mf:action <../own/graph.nq>":                       "expected",
	} {
		files := fstest.MapFS{"bad/manifest.ttl": {Data: []byte(suitePrefixes + "<> mf:entries ( <#test> ) . <#test> " + entry + " .")}}
		for name, file := range ownSuite {
			files[name] = file
		}
		tests, failures := runSuite(files, "bad")
		if tests != 1 || len(failures) != 1 || !strings.Contains(failures[0].Error(), want) {
			t.Errorf("%s: %d tests, failures %v", entry, tests, failures)
		}
	}
	if _, failures := runSuite(ownSuite, "none"); len(failures) != 1 {
		t.Errorf("without a manifest: %v", failures)
	}
}
