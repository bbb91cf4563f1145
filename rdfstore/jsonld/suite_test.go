package jsonld

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// suiteVariable names a folder with the tests of
// https://github.com/w3c/json-ld-api.
const suiteVariable = "DOMICILE_JSON_LD_TESTS"

// suiteURL is where that folder is published; test documents are read with
// their IRIs below it as base.
const suiteURL = "https://w3c.github.io/json-ld-api/tests/"

// suites are the manifests that are run, how, and how many tests they have.
var suites = []struct {
	name     string
	run      func(fs.FS, suiteTest) error
	tests    int
	excluded []exclusion
}{
	{"toRdf", runToRDF, 467, []exclusion{
		{"JSON literals are refused: the library corrupts them", "tjs01 tjs02 tjs03 tjs04 tjs05 tjs06 tjs07 tjs08 tjs09 tjs10 tjs11 tjs12 tjs13 " +
			"tjs14 tjs15 tjs16 tjs17 tjs18 tjs19 tjs20 tjs21 tjs22 tjs23"},
		{"needs a context from the network, and contexts are not fetched", "tc031 tc034 te126 te127 te128 tso05 tso06 tso08 tso09 tso11"},
		{"asks for JSON-LD 1.0, and documents are read as 1.1", "tc029 te014 te026 te071 te115 te116 tep02 ter21 ter24 ter32 ter42 ttn01"},
		{"sets an option of the API that the media type does not have: rdfDirection, expandContext, produceGeneralizedRdf",
			"tdi09 tdi10 tdi11 tdi12 te077 t0118 te075"},
		{"@base below the outermost context is refused: the library resolves against it with its own, lossy resolver", "tc015 tc024 te060"},
		{"a @base that is no IRI is refused: the test has everything relative dropped silently", "tli12"},
		{"a context scoped to an alias of @nest, or a null one to a container, is refused: the library misreads it", "tc037 tc038 tpr43"},
		{"a relative @vocab that is a term is refused: what it means depends on contexts that only the library knows", "te125"},
		{"the library does not look into contexts that are not used, and forgets the protection of a term that is null", "tc033 tpr28"},
	}},
	{"fromRdf", runFromRDF, 54, []exclusion{
		{"JSON literals are written as typed strings, since they are not read", "t0028 tjs01 tjs02 tjs03 tjs04 tjs05 tjs06 tjs07 tjs08 tjs09 tjs10 tjs11"},
		{"sets an option of the API that the media type does not have: rdfDirection, useRdfType", "t0019 tdi05 tdi06 tdi11 tdi12"},
		{"asks for JSON-LD 1.0, which had no lists in lists", "t0008"},
		{"the algorithm drops the type rdf:List of cells, and we lose nothing", "t0016"},
		{"the test turns \"1\" into true, and we keep lexical forms", "t0027"},
	}},
}

// exclusion is a set of tests that do not pass, and why they need not.
type exclusion struct{ reason, tests string }

// The suites of the W3C for JSON-LD 1.1, from the folder that the environment
// names. Without one, a small suite of our own stands in for them.
func TestSuites(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.name, func(t *testing.T) {
			excluded, files := map[string]string{}, fs.FS(ownSuite)
			if folder := os.Getenv(suiteVariable); folder != "" {
				files = os.DirFS(folder)
				for _, e := range suite.excluded {
					for _, id := range strings.Fields(e.tests) {
						excluded["#"+id] = e.reason
					}
				}
			} else {
				suite.tests = 2
			}
			results, err := runSuite(files, suite.name, suite.run)
			if err != nil {
				t.Fatal(err)
			}
			for id, err := range results {
				switch reason := excluded[id]; {
				case reason == "" && err != nil:
					t.Errorf("%s %v", id, err)
				case reason != "" && err == nil:
					t.Errorf("%s passes and is excluded: %s", id, reason)
				}
				delete(excluded, id)
			}
			if len(results) != suite.tests || len(excluded) > 0 {
				t.Errorf("%d tests, want %d; excluded and not there: %v", len(results), suite.tests, excluded)
			}
		})
	}
}

// A suite that finds nothing wrong must be able to.
func TestSuitesFindFailures(t *testing.T) {
	for _, c := range []struct {
		entry, want string
		run         func(fs.FS, suiteTest) error
	}{
		{`"@type":["jld:PositiveEvaluationTest"],"input":"in.jsonld","expect":"other.nq"`, "want", runToRDF},
		{`"@type":["jld:PositiveEvaluationTest"],"input":"bad.jsonld","expect":"out.nq"`, "line 1", runToRDF},
		{`"@type":["jld:NegativeEvaluationTest"],"input":"in.jsonld"`, "no error", runToRDF},
		{`"@type":["jld:PositiveEvaluationTest"],"input":"none.jsonld"`, "not exist", runToRDF},
		{`"@type":["jld:PositiveEvaluationTest"],"input":"other.nq","expect":"expanded.jsonld"`, "want", runFromRDF},
		{`"@type":["jld:PositiveEvaluationTest"],"input":"bad.jsonld","expect":"expanded.jsonld"`, "line 1", runFromRDF},
		{`"@type":["jld:NegativeEvaluationTest"],"input":"out.nq"`, "no error", runFromRDF},
	} {
		files := fstest.MapFS{"x-manifest.jsonld": {Data: []byte(`{"sequence":[{"@id":"#x",` + c.entry + `}]}`)}}
		for name, file := range ownSuite {
			files[name] = file
		}
		results, err := runSuite(files, "x", c.run)
		if err != nil || len(results) != 1 || results["#x"] == nil || !strings.Contains(results["#x"].Error(), c.want) {
			t.Errorf("%s: results %v, error %v", c.entry, results, err)
		}
	}
	if _, err := runSuite(ownSuite, "none", runToRDF); err == nil {
		t.Error("no manifest, and no error")
	}
}

var ownSuite = fstest.MapFS{
	"toRdf-manifest.jsonld": {Data: []byte(`{"sequence":[
		{"@id":"#good","@type":["jld:PositiveEvaluationTest"],"input":"in.jsonld","expect":"out.nq"},
		{"@id":"#bad","@type":["jld:NegativeEvaluationTest"],"input":"bad.jsonld"}]}`)},
	"fromRdf-manifest.jsonld": {Data: []byte(`{"sequence":[
		{"@id":"#good","@type":["jld:PositiveEvaluationTest"],"input":"out.nq","expect":"expanded.jsonld"},
		{"@id":"#bad","@type":["jld:NegativeEvaluationTest"],"input":"bad.jsonld"}]}`)},
	"in.jsonld":  {Data: []byte(`{"@context":{"@base":"x/","@vocab":"urn:"},"@id":"a","p":[1,{"@list":["l"]}],"q":{"@id":"_:x"}}`)},
	"bad.jsonld": {Data: []byte(`{"@id":`)},
	"out.nq": {Data: []byte("<" + suiteURL + "x/a> <urn:p> \"1\"^^<" + rdf.XSDInteger + "> .\n<" + suiteURL + "x/a> <urn:p> _:l .\n" +
		"_:l <" + rdf.RDFFirst + "> \"l\" .\n_:l <" + rdf.RDFRest + "> <" + rdf.RDFNil + "> .\n<" + suiteURL + "x/a> <urn:q> _:y .\n")},
	"other.nq": {Data: []byte("<urn:a> <urn:b> <urn:c> .\n")},
	"expanded.jsonld": {Data: []byte(`[{"@id":"` + suiteURL + `x/a","urn:q":[{"@id":"_:z"}],"urn:p":[{"@list":[{"@value":"l"}]},
		{"@type":"` + rdf.XSDInteger + `","@value":"1"}]}]`)},
}

// manifest is a list of tests, as far as the runner understands it.
type manifest struct {
	Sequence []suiteTest `json:"sequence"`
}

type suiteTest struct {
	ID      string   `json:"@id"`
	Type    []string `json:"@type"`
	Name    string   `json:"name"`
	Input   string   `json:"input"`
	Expect  string   `json:"expect"`
	Error   string   `json:"expectErrorCode"`
	Options struct {
		Base string `json:"base"`
	} `json:"option"`
}

// runSuite runs the tests that a manifest lists and returns what became of
// each: nil, or what went wrong.
func runSuite(files fs.FS, name string, run func(fs.FS, suiteTest) error) (map[string]error, error) {
	text, err := fs.ReadFile(files, name+"-manifest.jsonld")
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	results := map[string]error{}
	for _, test := range m.Sequence {
		if err := run(files, test); err != nil {
			results[test.ID] = fmt.Errorf("%s: %w", test.Name, err)
		} else {
			results[test.ID] = nil
		}
	}
	return results, nil
}

func runToRDF(files fs.FS, test suiteTest) error {
	input, err := fs.ReadFile(files, test.Input)
	if err != nil {
		return err
	}
	base := suiteURL + test.Input
	if test.Options.Base != "" {
		base = test.Options.Base
	}
	doc, err := Parse(context.Background(), bytes.NewReader(input), base)
	switch {
	case slices.Contains(test.Type, "jld:NegativeEvaluationTest"):
		if err == nil {
			return fmt.Errorf("no error, want %q", test.Error)
		}
		return nil
	case err != nil || slices.Contains(test.Type, "jld:PositiveSyntaxTest"):
		return err
	}
	expect, err := fs.ReadFile(files, test.Expect)
	if err != nil {
		return err
	}
	want, err := parseNQuads(expect)
	if err == nil && !rdf.Isomorphic(want.Dataset, doc.Dataset) {
		err = fmt.Errorf("got\n%s\nwant\n%s", strings.Join(quads(doc), "\n"), expect)
	}
	return err
}

func parseNQuads(text []byte) (*rdf.Document, error) {
	return turtle.ParseNQuads(context.Background(), bytes.NewReader(text), turtle.DefaultLimits)
}

// runFromRDF compares what is written with what is expected: the same JSON but
// for the order of what has none and the labels of blank nodes, and the same
// dataset with those.
func runFromRDF(files fs.FS, test suiteTest) error {
	input, err := fs.ReadFile(files, test.Input)
	if err != nil {
		return err
	}
	doc, err := parseNQuads(input)
	if slices.Contains(test.Type, "jld:NegativeEvaluationTest") {
		if err == nil {
			return fmt.Errorf("no error, want %q", test.Error)
		}
		return nil
	}
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := Write(&text, doc, ""); err != nil {
		return err
	}
	again, err := Parse(context.Background(), bytes.NewReader(text.Bytes()), "")
	if err == nil && !rdf.Isomorphic(doc.Dataset, again.Dataset) {
		err = fmt.Errorf("reads back as another dataset\n%s", text.Bytes())
	}
	if err != nil {
		return err
	}
	expect, err := fs.ReadFile(files, test.Expect)
	if err != nil {
		return err
	}
	got, err := canonical(text.Bytes())
	if err != nil {
		return err
	}
	want, err := canonical(expect)
	if err == nil && got != want {
		err = fmt.Errorf("got\n%s\nwant\n%s", got, want)
	}
	return err
}

// canonical writes JSON-LD in expanded form with sets sorted, numbers and booleans as
// typed strings and blank nodes without their labels.
func canonical(text []byte) (string, error) {
	value, err := decode(text)
	if err != nil {
		return "", err
	}
	nodes, err := expand(value)
	if err != nil {
		return "", err
	}
	canonical, err := json.Marshal(canonicalValue(merged(nodes), false))
	return string(canonical), err
}

// merged puts the graph that a node names into the node's own object.
func merged(nodes []any) any {
	var whole []any
	named := map[any]map[string]any{}
	for _, item := range nodes {
		node, _ := item.(map[string]any)
		if before := named[node["@id"]]; before != nil && node["@graph"] != nil {
			before["@graph"] = node["@graph"]
			continue
		}
		named[node["@id"]] = node
		whole = append(whole, node)
	}
	return whole
}

func canonicalValue(value any, ordered bool) any {
	switch v := value.(type) {
	case string:
		if strings.HasPrefix(v, "_:") {
			return "_:"
		}
	case []any:
		for i, item := range v {
			v[i] = canonicalValue(item, false)
		}
		if !ordered {
			slices.SortFunc(v, func(a, b any) int {
				x, _ := json.Marshal(a) // what was decoded can be encoded
				y, _ := json.Marshal(b)
				return bytes.Compare(x, y)
			})
		}
	case map[string]any:
		switch v["@value"].(type) {
		case json.Number, bool:
			if term, err := literal(v, rdf.IRI); err == nil {
				v["@value"], v["@type"] = term.Value(), term.Datatype()
			}
		}
		for name, item := range v {
			v[name] = canonicalValue(item, name == "@list")
		}
	}
	return value
}
