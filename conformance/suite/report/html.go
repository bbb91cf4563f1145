package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"domicile/conformance/requirements/list"
	"domicile/conformance/suite"
)

//go:embed report.html
var page string

// htmlArea is an area with its requirements, those without a case too.
type htmlArea struct {
	Name, Title  string
	Counts       []htmlCount
	Requirements []htmlRequirement
}

type htmlCount struct {
	Outcome suite.Outcome
	N       int
}

type htmlRequirement struct {
	list.Requirement
	Results []suite.Result
	Unseen  string
}

// HTML writes a page of its own, without scripts, that shows the results by
// area and requirement, with what was sent and answered.
func HTML(w io.Writer, r *suite.Report) error {
	requirements, err := list.All()
	if err != nil {
		return err
	}
	functions := template.FuncMap{
		"class": func(o suite.Outcome) string { return strings.ReplaceAll(string(o), " ", "-") },
		"short": shortURL,
	}
	parsed, err := template.New("report").Funcs(functions).Parse(page)
	if err != nil {
		return err
	}
	data := struct {
		*suite.Report
		Summary   string
		Counts    []htmlCount
		Attention []htmlAttention
		Areas     []htmlArea
	}{Report: r, Summary: Summary(r), Counts: counts(r), Attention: []htmlAttention{
		{"What failed", suite.Failed, withOutcome(r, suite.Failed)},
		{"Warnings", suite.Warned, withOutcome(r, suite.Warned)},
	}}
	for _, area := range r.Areas {
		data.Areas = append(data.Areas, byRequirement(area, requirements))
	}
	return parsed.Execute(w, data)
}

// htmlAttention is a list of cases that somebody should look at.
type htmlAttention struct {
	Title   string
	Outcome suite.Outcome
	Cases   []suite.Case
}

func withOutcome(r *suite.Report, outcome suite.Outcome) []suite.Case {
	var cases []suite.Case
	for _, area := range r.Areas {
		for _, result := range area.Results {
			if result.Outcome == outcome {
				cases = append(cases, result.Case)
			}
		}
	}
	return cases
}

// shortURL is the name of a text and the place in it: "protocol#server-storage".
func shortURL(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

func counts(r *suite.Report) []htmlCount {
	var all []htmlCount
	for _, outcome := range suite.Outcomes {
		all = append(all, htmlCount{outcome, r.Count(outcome)})
	}
	return all
}

// byRequirement groups the cases of an area by the requirement that names
// them.
func byRequirement(area suite.AreaResults, requirements []list.Requirement) htmlArea {
	out := htmlArea{Name: area.Area.Name, Title: area.Area.Title}
	out.Counts = counts(&suite.Report{Areas: []suite.AreaResults{area}})
	for _, requirement := range requirements {
		one := htmlRequirement{Requirement: requirement, Unseen: area.Area.Unseen[requirement.ID]}
		for _, result := range area.Results {
			if result.Case.IDs[0] == requirement.ID {
				one.Results = append(one.Results, result)
			}
		}
		if len(one.Results) > 0 || one.Unseen != "" {
			out.Requirements = append(out.Requirements, one)
		}
	}
	return out
}
