package sparql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// suitesVariable names a folder with the content of
// https://github.com/w3c/rdf-tests.
const suitesVariable = "DOMICILE_RDF_TESTS"

const (
	manifestURL = "https://suite.example/manifest"
	manifestNS  = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
)

// suiteResult counts what became of the tests of a manifest.
type suiteResult struct {
	accepted    int // requests of the subset
	unsupported int // of SPARQL Update beyond it, refused as such
	rejected    int // no SPARQL Update, refused
}

// runSuite runs the syntax tests of the manifest in dir.
func runSuite(files fs.FS, dir string) (result suiteResult, err error) {
	text, err := fs.ReadFile(files, path.Join(dir, "manifest.ttl"))
	if err != nil {
		return result, err
	}
	manifest, err := turtle.Parse(context.Background(), bytes.NewReader(text), manifestURL, turtle.DefaultLimits)
	if err != nil {
		return result, err
	}
	g := manifest.Default
	rest := g.Object(rdf.IRI(manifestURL), rdf.IRI(manifestNS+"entries"))
	for ; rest.IsBlank(); rest = g.Object(rest, rdf.IRI(rdf.RDFRest)) {
		test := g.Object(rest, rdf.IRI(rdf.RDFFirst))
		file := path.Base(g.Object(test, rdf.IRI(manifestNS+"action")).Value())
		request, err := fs.ReadFile(files, path.Join(dir, file))
		if err != nil {
			return result, err
		}
		kind := strings.TrimPrefix(g.Object(test, rdf.Type).Value(), manifestNS)
		if err := result.count(kind, string(request)); err != nil {
			return result, fmt.Errorf("%s: %w\n%s", test.Value(), err, request)
		}
	}
	return result, nil
}

func (r *suiteResult) count(kind, request string) error {
	_, err := parse(request)
	var unsupported *Unsupported
	var syntax *rdf.SyntaxError
	switch {
	case kind == "PositiveUpdateSyntaxTest11" && err == nil:
		r.accepted++
	case kind == "PositiveUpdateSyntaxTest11" && errors.As(err, &unsupported):
		r.unsupported++
	case kind == "NegativeUpdateSyntaxTest11" && (errors.As(err, &syntax) || errors.As(err, &unsupported)):
		r.rejected++
	default:
		return fmt.Errorf("a test of type %q gives error %v", kind, err)
	}
	return nil
}

// The syntax tests of the W3C for SPARQL 1.1 Update, from the folder that the
// environment names. Without one, a small suite of our own stands in for them.
func TestSuites(t *testing.T) {
	files, suites := fs.FS(ownSuite), map[string]suiteResult{"own": {1, 1, 2}}
	if folder := os.Getenv(suitesVariable); folder != "" {
		files = os.DirFS(path.Join(folder, "sparql/sparql11"))
		suites = map[string]suiteResult{"syntax-update-1": {7, 34, 13}, "syntax-update-2": {0, 1, 0}}
	}
	for dir, want := range suites {
		if got, err := runSuite(files, dir); err != nil || got != want {
			t.Errorf("%s: %+v, want %+v, error %v", dir, got, want, err)
		}
	}
}

// A suite that finds nothing wrong must be able to.
func TestSuitesFindFailures(t *testing.T) {
	for _, test := range []struct{ kind, request string }{
		{"PositiveUpdateSyntaxTest11", "INSERT"}, {"NegativeUpdateSyntaxTest11", "INSERT DATA {}"}, {"UpdateEvaluationTest", "INSERT DATA {}"},
	} {
		if err := new(suiteResult).count(test.kind, test.request); err == nil {
			t.Errorf("a %s of %q passes", test.kind, test.request)
		}
	}
	if _, err := runSuite(ownSuite, "none"); err == nil {
		t.Error("no manifest, and no error")
	}
}

var ownSuite = fstest.MapFS{
	"own/manifest.ttl": {Data: []byte(`@prefix mf: <` + manifestNS + `> .
<> mf:entries ( <#good> <#unsupported> <#bad> <#alsoBad> ) .
<#good> a mf:PositiveUpdateSyntaxTest11 ; mf:action <good.ru> .
<#unsupported> a mf:PositiveUpdateSyntaxTest11 ; mf:action <unsupported.ru> .
<#bad> a mf:NegativeUpdateSyntaxTest11 ; mf:action <bad.ru> .
<#alsoBad> a mf:NegativeUpdateSyntaxTest11 ; mf:action <also-bad.ru> .`)},
	"own/good.ru":        {Data: []byte("INSERT DATA { <a> <b> 1 } ;")},
	"own/unsupported.ru": {Data: []byte("CLEAR ALL")},
	"own/bad.ru":         {Data: []byte("INSERT DATA { ?a <b> 1 }")},
	"own/also-bad.ru":    {Data: []byte("INSERT DATA { GRAPH <g> { _:a <b> 1 } } ; ; ")},
}
