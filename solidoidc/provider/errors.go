package provider

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/dpop"
)

// Errors of the calls that the pages for sign-in and consent make.
var (
	// ErrNoInteraction: it never was, is answered, or took too long.
	ErrNoInteraction = errors.New("no such interaction")
	// ErrForeignWebID: the WebID is not one of the session's.
	ErrForeignWebID = errors.New("the WebID does not belong to the account")
	// ErrStaleLogin: the app asked for a fresh login and the session is older,
	// or the session has just ended.
	ErrStaleLogin = errors.New("the session is not recent enough, or has ended")
)

// protocolError is an error that a client is told in the words of RFC 6749.
type protocolError struct {
	status      int // 0: 400
	code        string
	description string // for the developer of the client; holds none of its input
	why         error  // the same, to be shown on a page; may be nil
	challenge   string // WWW-Authenticate, for 401
	retryAfter  time.Duration
}

func (e *protocolError) Error() string { return e.code + ": " + e.description }

// oauthError is a protocol error with status 400.
func oauthError(code, description string) *protocolError {
	return &protocolError{code: code, description: description}
}

// metadataError is one about client metadata, which may be registered or be in a
// document that a page is about.
func metadataError(code string, why error) *protocolError {
	return &protocolError{code: code, description: why.Error(), why: why}
}

// invalidClient is the answer to failed client authentication (RFC 6749 §5.2).
func invalidClient(description string) *protocolError {
	return &protocolError{
		status: http.StatusUnauthorized, code: "invalid_client", description: description,
		challenge: `Basic realm="token endpoint", charset="UTF-8"`,
	}
}

// proofError turns what is wrong with a DPoP proof into what the client is told
// (RFC 9449 §5).
func proofError(err error) error {
	var e *dpop.Error
	if errors.As(err, &e) {
		return oauthError("invalid_dpop_proof", e.Description)
	}
	if errors.Is(err, dpop.ErrReplayFull) {
		return &protocolError{
			status: http.StatusTooManyRequests, code: "temporarily_unavailable",
			description: "too many requests, try again later", retryAfter: time.Minute,
		}
	}
	return err
}

// render is the one place where errors become responses. What the client is
// not meant to know is logged and answered as server_error.
func (p *Provider) render(w http.ResponseWriter, r *http.Request, err error) {
	var page *pageError
	if errors.As(err, &page) {
		if page.retryAfter > 0 {
			w.Header().Set("Retry-After", seconds(page.retryAfter))
		}
		p.renderPage(w, r, page.status, "error", page)
		return
	}
	var e *protocolError
	switch {
	case errors.As(err, &e):
	case errors.Is(err, rdfstore.ErrDiskFull):
		e = &protocolError{
			status: http.StatusServiceUnavailable, code: "temporarily_unavailable",
			description: "the disk of this server is nearly full", retryAfter: time.Minute,
		}
	default:
		p.config.Logger.LogAttrs(r.Context(), slog.LevelError, "OpenID request failed",
			slog.String("endpoint", r.URL.Path), slog.String("error", err.Error()))
		e = &protocolError{status: http.StatusInternalServerError, code: "server_error", description: "something went wrong here"}
	}
	status := e.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if e.challenge != "" {
		w.Header().Set("WWW-Authenticate", e.challenge)
	}
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.retryAfter))
	}
	noStore(w)
	// Two strings can always be written as JSON.
	_ = writeJSON(w, status, map[string]string{"error": e.code, "error_description": e.description})
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // fails only when the client is gone
	return nil
}

// noStore keeps tokens and errors out of caches (RFC 6749 §5.1).
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}
