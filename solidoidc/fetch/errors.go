package fetch

import (
	"errors"
	"log/slog"
)

// Reasons of an [Error]; test for them with errors.Is.
var (
	// ErrForbidden: the URL, or every address its host has, may not be fetched.
	ErrForbidden = errors.New("not allowed by the fetch policy")
	// ErrUnreachable: no name, no connection, no TLS or no HTTP.
	ErrUnreachable = errors.New("unreachable")
	// ErrTimeout: the response was not complete in time.
	ErrTimeout = errors.New("timed out")
	// ErrBusy: too many fetches are under way, to this host or at all.
	ErrBusy = errors.New("too many fetches under way")
	// ErrStatus: the status is not 200.
	ErrStatus = errors.New("unexpected status")
	// ErrRedirect: one redirect too many, or one that leads nowhere.
	ErrRedirect = errors.New("unacceptable redirect")
	// ErrMediaType: the content type is none of those asked for.
	ErrMediaType = errors.New("unexpected media type")
	// ErrTooLarge: the body is larger than the limit.
	ErrTooLarge = errors.New("response is too large")
)

// Error says that a fetch failed. Its text is fixed: it can be shown to whoever
// named the URL. The reason and the cause are found by errors.Is and written by
// log/slog.
type Error struct {
	Reason error // one of the Err… variables
	Cause  error // nil when the reason says it all
}

func (e *Error) Error() string { return "the document could not be fetched" }

// Unwrap returns the reason and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

// LogValue tells an operator what [Error.Error] keeps from strangers.
func (e *Error) LogValue() slog.Value {
	if e.Cause == nil {
		return slog.StringValue(e.Reason.Error())
	}
	return slog.StringValue(e.Reason.Error() + ": " + e.Cause.Error())
}
