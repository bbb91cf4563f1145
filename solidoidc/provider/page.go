package provider

import (
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// The few pages that belong to the protocol itself: refusals that must not be
// redirected, and logout. They work without script and style sheet.
//
//go:embed page.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page.html"))

// pageError is a refusal that a person is shown, because the client that sent
// her cannot be trusted with a redirect (RFC 6749 §4.1.2.1).
type pageError struct {
	status     int
	Code       string // as in RFC 6749
	Title      message
	Message    message
	Detail     error // a [reason], for the developer of the client; nil when the message says it all
	retryAfter time.Duration
}

func (e *pageError) Error() string {
	text := e.Code + ": " + english[e.Message]
	if e.Detail != nil {
		text += " " + e.Detail.Error()
	}
	return text
}

// refuseSignIn ends an authorization request that must not be redirected.
func refuseSignIn(code string, m message, detail error) *pageError {
	return &pageError{status: http.StatusBadRequest, Code: code, Title: signInFailed, Message: m, Detail: detail}
}

func refuseLogout(m message) *pageError {
	return &pageError{status: http.StatusBadRequest, Code: "invalid_request", Title: signOutFailed, Message: m}
}

// pageView is what a template is given.
type pageView struct {
	Language string
	Style    string // URL of the style sheet
	Data     any    // of the page
}

// T returns a message in the page's language.
func (v pageView) T(m message) string { return messages[v.Language][m] }

// Explain returns what a refusal says, with its reason.
func (v pageView) Explain(e *pageError) string {
	text := v.T(e.Message)
	why, known := e.Detail.(reason)
	if !known {
		return text
	}
	return strings.TrimSuffix(text, ".") + v.T("colon") + " " + why.in(v.Language) + "."
}

func (p *Provider) renderPage(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	view := pageView{p.config.Language(r), p.config.StyleURL, data}
	header := w.Header()
	noStore(w)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", view.Language)
	// No form-action: browsers apply it to the redirect after the form too,
	// which leads to the app.
	header.Set("Content-Security-Policy", "default-src 'none'; style-src "+cmp.Or(p.config.StyleURL, "'none'")+"; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, view); err != nil {
		p.config.Logger.Error("page not written", "page", name, "error", err)
	}
}
