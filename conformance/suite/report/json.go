package report

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"domicile/conformance/suite"
)

type jsonReport struct {
	URL             string       `json:"url"`
	Software        string       `json:"software,omitempty"`
	Started         time.Time    `json:"started"`
	DurationSeconds float64      `json:"durationSeconds"`
	Passed          int          `json:"passed"`
	Failed          int          `json:"failed"`
	Warnings        int          `json:"warnings"`
	NotApplicable   int          `json:"notApplicable"`
	Untested        int          `json:"untested"`
	Results         []jsonResult `json:"results"`
}

type jsonResult struct {
	Area            string         `json:"area"`
	Requirements    []string       `json:"requirements"`
	Level           suite.Level    `json:"level"`
	Title           string         `json:"title"`
	Outcome         suite.Outcome  `json:"outcome"`
	Reason          string         `json:"reason,omitempty"`
	DurationSeconds float64        `json:"durationSeconds"`
	Exchanges       []jsonExchange `json:"exchanges,omitempty"`
}

type jsonExchange struct {
	Agent   string      `json:"agent"`
	Blamed  bool        `json:"blamed,omitempty"`
	Request jsonMessage `json:"request"`
	Answer  jsonMessage `json:"answer"`
}

type jsonMessage struct {
	Method string      `json:"method,omitempty"`
	URL    string      `json:"url,omitempty"`
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	Error  string      `json:"error,omitempty"`
}

// JSON writes one object with all results, requests and answers.
func JSON(w io.Writer, r *suite.Report) error {
	out := jsonReport{
		URL: r.URL, Software: r.Software, Started: r.Started.UTC(), DurationSeconds: r.Duration.Seconds(),
		Passed: r.Count(suite.Passed), Failed: r.Count(suite.Failed), Warnings: r.Count(suite.Warned),
		NotApplicable: r.Count(suite.Inapplicable), Untested: r.Count(suite.Untested),
		Results: []jsonResult{},
	}
	for _, area := range r.Areas {
		for _, result := range area.Results {
			line := jsonResult{
				Area: area.Area.Name, Requirements: result.Case.IDs, Level: result.Case.Level, Title: result.Case.Title,
				Outcome: result.Outcome, Reason: result.Reason, DurationSeconds: result.Duration.Seconds(),
			}
			for i, e := range result.Exchanges {
				line.Exchanges = append(line.Exchanges, jsonExchange{
					Agent: e.Agent, Blamed: i == result.Blamed,
					Request: jsonMessage{Method: e.Method, URL: e.URL, Header: e.RequestHeader, Body: e.RequestBody},
					Answer:  jsonMessage{Status: e.Status, Header: e.Header, Body: e.Body, Error: e.Error},
				})
			}
			out.Results = append(out.Results, line)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
