package provider

import (
	"embed"
	"html/template"
	"net/http"
	"time"
)

// The few pages that belong to the protocol itself: refusals that must not be
// redirected, and logout. They work without script or style sheet.
//
//go:embed page.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page.html"))

// pageError is a refusal that a person is shown, because the client that sent
// her cannot be trusted with a redirect (RFC 6749 §4.1.2.1).
type pageError struct {
	status     int
	Code       string // as in RFC 6749
	Message    string
	retryAfter time.Duration
}

func (e *pageError) Error() string { return e.Code + ": " + e.Message }

func refusePage(code, message string) *pageError {
	return &pageError{status: http.StatusBadRequest, Code: code, Message: message}
}

func (p *Provider) renderPage(w http.ResponseWriter, status int, name string, data any) {
	header := w.Header()
	noStore(w)
	header.Set("Content-Type", "text/html; charset=utf-8")
	// No form-action: browsers apply it to the redirect after the form too,
	// which leads to the app.
	header.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		p.config.Logger.Error("page not written", "page", name, "error", err)
	}
}
