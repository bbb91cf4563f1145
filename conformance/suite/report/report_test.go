package report

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// sample is a report with each outcome once, and with text that every format
// has to escape.
func sample() *suite.Report {
	exchange := suite.Exchange{
		Agent: "Alice", Method: "PUT", URL: "https://pod.example/a?b&c", RequestHeader: http.Header{"Content-Type": {"text/turtle"}},
		RequestBody: "<> a <#X>. # ]]> </script>", Status: 418, Header: http.Header{"Link": {`<x>; rel="acl"`}}, Body: "no tea",
	}
	outcomes := []struct {
		outcome suite.Outcome
		c       suite.Case
	}{
		{suite.Passed, suite.Must("SP-PUT-01 SP-PUT-02", "is made", nil)},
		{suite.Failed, suite.Must("SP-PUT-01", `is "replaced" & <kept>`, nil)},
		{suite.Warned, suite.Should("SP-PUT-04", "is a container", nil)},
		{suite.Inapplicable, suite.May("SP-URI-03", "is redirected", nil)},
		{suite.Untested, suite.Decision("SP-N3-16", "does nothing", nil)},
	}
	area := suite.AreaResults{Area: suite.Area{Name: "protocol", Title: "Solid Protocol", Unseen: map[string]string{"SP-HTTP-02": "it ends at a proxy"}}}
	for _, o := range outcomes {
		result := suite.Result{Case: o.c, Outcome: o.outcome, Blamed: -1, Duration: time.Second}
		if o.outcome != suite.Passed {
			result.Reason = "because <of> “that” & more"
		}
		if o.outcome == suite.Failed {
			result.Exchanges, result.Blamed = []suite.Exchange{exchange}, 0
		}
		area.Results = append(area.Results, result)
	}
	return &suite.Report{URL: "https://pod.example/", Software: "Tea Pod", Started: time.Unix(0, 0), Duration: 5 * time.Second, Areas: []suite.AreaResults{area}}
}

func written(t *testing.T, format string) string {
	t.Helper()
	writer, err := Format(format)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := writer(&out, sample()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHuman(t *testing.T) {
	text := written(t, "human")
	if !strings.HasSuffix(text, "\n1 passed, 1 failed\n") {
		t.Errorf("the last line is not the summary:\n%s", text)
	}
	for _, part := range []string{"1 warning\n1 not applicable\n1 untested\n", "> PUT https://pod.example/a?b&c", "< 418 I'm a teapot", "this answer"} {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q:\n%s", part, text)
		}
	}
}

// TestHumanQuotesTheLastRequests has a case that sent five, the fourth of which
// is blamed.
func TestHumanQuotesTheLastRequests(t *testing.T) {
	r := sample()
	failed := &r.Areas[0].Results[1]
	failed.Exchanges, failed.Blamed = nil, 3
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		failed.Exchanges = append(failed.Exchanges, suite.Exchange{Method: "GET", URL: "https://pod.example/" + name})
	}
	var out strings.Builder
	if err := Human(&out, r); err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]bool{"/one": false, "/two": true, "/four": true, "/five": false, "(1 earlier requests": true} {
		if strings.Contains(out.String(), part) != want {
			t.Errorf("%q is there: %t, want %t\n%s", part, !want, want, out.String())
		}
	}
}

func TestJSON(t *testing.T) {
	var got struct {
		Passed, Failed, Warnings, NotApplicable, Untested int
		Results                                           []struct {
			Requirements []string
			Outcome      string
			Exchanges    []struct{ Answer struct{ Status int } }
		}
	}
	if err := json.Unmarshal([]byte(written(t, "json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Passed*got.Failed*got.Warnings*got.NotApplicable*got.Untested != 1 || len(got.Results) != 5 {
		t.Errorf("got %+v", got)
	}
	if failed := got.Results[1]; failed.Outcome != "failed" || failed.Exchanges[0].Answer.Status != 418 {
		t.Errorf("got %+v", failed)
	}
}

func TestJUnit(t *testing.T) {
	text := written(t, "junit")
	var got junitSuites
	if err := xml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 5 || got.Failures != 1 || got.Skipped != 3 || len(got.Suites) != 1 || len(got.Suites[0].Cases) != 5 {
		t.Errorf("got %+v", got)
	}
	failed := got.Suites[0].Cases[1]
	if failed.Failure == nil || failed.Failure.Message != "because <of> “that” & more" || !strings.Contains(failed.Failure.Text, "# ]]> </script>") {
		t.Errorf("got %+v", failed)
	}
}

func TestEARL(t *testing.T) {
	document, err := turtle.Parse(t.Context(), strings.NewReader(written(t, "earl")), "", turtle.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	graph, iri := document.Default, rdf.IRI
	var outcomes []string
	for assertion := range graph.Match(rdf.Term{}, rdf.Type, iri(earl+"Assertion")) {
		result := graph.Object(assertion.S, iri(earl+"result"))
		outcomes = append(outcomes, strings.TrimPrefix(graph.Object(result, iri(earl+"outcome")).Value(), earl))
		if graph.Object(assertion.S, iri(earl+"subject")) != iri("https://pod.example/") {
			t.Errorf("%s has another subject", assertion.S)
		}
	}
	if want := []string{"passed", "failed", "failed", "inapplicable", "untested"}; !slices.Equal(outcomes, want) {
		t.Errorf("outcomes are %v, want %v", outcomes, want)
	}
	test := iri(home + "sp-put-01-is-made")
	if graph.Object(test, iri(spec+"requirementReference")).Value() == "" || graph.Object(test, iri(spec+"requirementLevel")) != iri(spec+"MUST") {
		t.Error("the test does not say which text it is about, and how binding that is")
	}
}

func TestHTML(t *testing.T) {
	text := written(t, "html")
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids := map[string]bool{}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if slices.Contains([]string{"script", "link", "img", "iframe"}, element.Name.Local) {
			t.Errorf("the page has <%s>", element.Name.Local)
		}
		for _, attribute := range element.Attr {
			if attribute.Name.Local == "id" {
				if ids[attribute.Value] {
					t.Errorf("two elements have the id %s", attribute.Value)
				}
				ids[attribute.Value] = true
			}
		}
	}
	for _, id := range []string{"protocol", "SP-PUT-01", "sp-put-01-is-made", "SP-HTTP-02", "failed", "warning"} {
		if !ids[id] {
			t.Errorf("nothing has the id %s", id)
		}
	}
	for _, part := range []string{"1 passed, 1 failed", "it ends at a proxy", "PUT https://pod.example/a?b&amp;c", "ED/protocol#", `href="#sp-put-04-is-a-container"`} {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q", part)
		}
	}
}

func TestFormatIsUnknown(t *testing.T) {
	if _, err := Format("pdf"); err == nil || !strings.Contains(err.Error(), "earl, html, human, json, junit") {
		t.Errorf("error %v", err)
	}
}
