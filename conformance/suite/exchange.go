package suite

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Exchange is a request and its answer as a report quotes them: without
// secrets, with the beginning of long bodies.
type Exchange struct {
	Agent  string // who asked: "Alice"
	Method string
	URL    string
	// RequestHeader is what the case set; authorization is left out.
	RequestHeader http.Header
	RequestBody   string
	// Status is 0 when there was no answer; Error says why then.
	Status int
	Header http.Header
	Body   string
	Error  string
	At     time.Duration // since the case began
}

// quoted is how much of a body a report quotes, and maxURL of a URL.
const (
	quoted = 2000
	maxURL = 300
)

// secretHeaders have values that let somebody in.
var secretHeaders = []string{"Authorization", "Cookie", "Dpop", "Set-Cookie"}

// secretMembers are such members of JSON objects and forms.
var secretMembers = regexp.MustCompile(`("(?:access_token|id_token|refresh_token|authorization|client_secret|secret|password|code)"\s*:\s*")[^"]*"` +
	`|\b((?:client_secret|refresh_token|code|code_verifier|password|subject_token|client_assertion)=)[^&\s]*`)

// quoteHeader returns a copy without secrets; the scheme of a credential is none.
func quoteHeader(header http.Header) http.Header {
	header = header.Clone()
	for name, values := range header {
		if !slices.Contains(secretHeaders, name) {
			continue
		}
		for i, value := range values {
			scheme, _, more := strings.Cut(value, " ")
			if name != "Authorization" || !more {
				scheme = ""
			}
			values[i] = strings.TrimSpace(scheme + " (left out)")
		}
	}
	return header
}

func quoteBody(body []byte) string {
	if !utf8.Valid(body) {
		return fmt.Sprintf("(%d bytes that are no text)", len(body))
	}
	text := secretMembers.ReplaceAllString(string(body), `$1$2(left out)`)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) {
			return unicode.ReplacementChar // XML has no way to say it
		}
		return r
	}, text)
	return shorten(text, quoted)
}

// shorten cuts what is longer than so many bytes and says so.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + fmt.Sprintf("… (%d bytes)", len(text))
}

// RequestText returns the request as HTTP writes it, more or less.
func (e Exchange) RequestText() string {
	return httpText(e.Method+" "+shorten(e.URL, maxURL), e.RequestHeader, e.RequestBody)
}

// AnswerText returns the answer as HTTP writes it, more or less.
func (e Exchange) AnswerText() string {
	if e.Status == 0 {
		return "no answer: " + e.Error
	}
	return httpText(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)), e.Header, e.Body)
}

func httpText(start string, header http.Header, body string) string {
	lines := []string{start}
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			lines = append(lines, name+": "+value)
		}
	}
	if body != "" {
		lines = append(lines, "", strings.TrimRight(body, "\n"))
	}
	return strings.Join(lines, "\n")
}
