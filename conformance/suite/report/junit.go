package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"domicile/conformance/suite"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Skipped   *junitMessage `xml:"skipped"`
	Failure   *junitMessage `xml:"failure"`
	SystemOut string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the XML that build servers read. Warnings are skipped cases
// there, which break no build.
func JUnit(w io.Writer, r *suite.Report) error {
	all := junitSuites{Name: "Solid conformance of " + r.URL, Time: seconds(r.Duration.Seconds())}
	for _, area := range r.Areas {
		one := junitSuite{Name: area.Area.Title, Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05")}
		total := 0.0
		for _, result := range area.Results {
			total += result.Duration.Seconds()
			c := junitCase{Name: result.Case.Name(), ClassName: "solid." + area.Area.Name, Time: seconds(result.Duration.Seconds())}
			switch result.Outcome {
			case suite.Passed:
			case suite.Failed:
				one.Failures++
				c.Failure = &junitMessage{Message: result.Reason, Type: string(result.Case.Level), Text: transcript(result)}
			default:
				one.Skipped++
				c.Skipped = &junitMessage{Message: string(result.Outcome) + ": " + result.Reason}
				if result.Outcome == suite.Warned {
					c.SystemOut = transcript(result)
				}
			}
			one.Cases = append(one.Cases, c)
		}
		one.Tests, one.Time = len(one.Cases), seconds(total)
		all.Suites = append(all.Suites, one)
		all.Tests, all.Failures, all.Skipped = all.Tests+one.Tests, all.Failures+one.Failures, all.Skipped+one.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// transcript is the requests and answers of a case as text.
func transcript(result suite.Result) string {
	var text strings.Builder
	for _, e := range result.Exchanges {
		fmt.Fprintf(&text, "%s:\n%s\n\n%s\n\n", e.Agent, e.RequestText(), e.AnswerText())
	}
	return text.String()
}
