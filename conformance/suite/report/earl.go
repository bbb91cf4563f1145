package report

import (
	"io"
	"strconv"

	"domicile/conformance/requirements/list"
	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// Vocabularies of EARL reports.
const (
	earl = "http://www.w3.org/ns/earl#"
	doap = "http://usefulinc.com/ns/doap#"
	spec = "http://www.w3.org/ns/spec#"
	home = "https://domicile.example/conformance#"
)

// earlOutcomes: EARL has no warnings, a test of what is recommended fails too;
// its level says how much that means.
var earlOutcomes = map[suite.Outcome]string{
	suite.Passed:       "passed",
	suite.Failed:       "failed",
	suite.Warned:       "failed",
	suite.Inapplicable: "inapplicable",
	suite.Untested:     "untested",
}

// EARL writes an assertion for each case, in the Evaluation and Report Language
// (https://www.w3.org/TR/EARL10-Schema/): who tested what by which test, which
// requirements and which texts the test is about, and what came of it.
func EARL(w io.Writer, r *suite.Report) error {
	requirements, err := list.All()
	if err != nil {
		return err
	}
	specs := map[string][]string{}
	for _, requirement := range requirements {
		specs[requirement.ID] = requirement.Spec
	}
	document := rdf.NewDocument()
	document.Prefixes = []rdf.Prefix{
		{Name: "case", IRI: home}, {Name: "dcterms", IRI: rdf.DCTerms}, {Name: "doap", IRI: doap},
		{Name: "earl", IRI: earl}, {Name: "spec", IRI: spec}, {Name: "xsd", IRI: rdf.XSD},
	}
	g := document.Default
	add := func(s rdf.Term, p string, o rdf.Term) { g.Add(rdf.Triple{S: s, P: rdf.IRI(p), O: o}) }
	date := rdf.Typed(r.Started.UTC().Format("2006-01-02T15:04:05Z"), rdf.XSDDateTime)

	subject, assertor := rdf.IRI(r.URL), rdf.IRI(home+"suite")
	add(subject, rdf.RDFType, rdf.IRI(earl+"TestSubject"))
	add(subject, rdf.RDFType, rdf.IRI(doap+"Project"))
	add(subject, doap+"name", rdf.String(orURL(r)))
	add(assertor, rdf.RDFType, rdf.IRI(earl+"Software"))
	add(assertor, rdf.RDFType, rdf.IRI(doap+"Project"))
	add(assertor, doap+"name", rdf.String("domicile conformance"))
	n := 0
	for _, area := range r.Areas {
		for _, result := range area.Results {
			n++
			c := result.Case
			test := rdf.IRI(home + c.Slug())
			add(test, rdf.RDFType, rdf.IRI(earl+"TestCase"))
			add(test, rdf.DCTerms+"title", rdf.String(c.Name()))
			if c.Level != suite.LevelDecision { // of which the vocabulary knows nothing
				add(test, spec+"requirementLevel", rdf.IRI(spec+string(c.Level)))
			}
			for _, id := range c.IDs {
				add(test, rdf.DCTerms+"identifier", rdf.String(id))
				for _, text := range specs[id] {
					add(test, spec+"requirementReference", rdf.IRI(text))
				}
			}
			assertion, outcome := rdf.Blank("a"+strconv.Itoa(n)), rdf.Blank("r"+strconv.Itoa(n))
			add(assertion, rdf.RDFType, rdf.IRI(earl+"Assertion"))
			add(assertion, earl+"assertedBy", assertor)
			add(assertion, earl+"mode", rdf.IRI(earl+"automatic"))
			add(assertion, earl+"subject", subject)
			add(assertion, earl+"test", test)
			add(assertion, earl+"result", outcome)
			add(outcome, rdf.RDFType, rdf.IRI(earl+"TestResult"))
			add(outcome, earl+"outcome", rdf.IRI(earl+earlOutcomes[result.Outcome]))
			add(outcome, rdf.DCTerms+"date", date)
			if result.Reason != "" {
				add(outcome, earl+"info", rdf.String(result.Reason))
			}
		}
	}
	return turtle.Write(w, document, "")
}

func orURL(r *suite.Report) string {
	if r.Software != "" {
		return r.Software
	}
	return r.URL
}
