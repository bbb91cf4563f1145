package ldp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/jsonld"
	"domicile/rdfstore/n3"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/rdfstore/sparql"
)

// Kind is what went wrong, as a client has to know it.
type Kind uint8

// The kinds of errors.
const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Forbidden
	NotFound
	Gone
	MethodNotAllowed
	NotAcceptable
	Conflict
	PreconditionFailed
	TooSlow
	TooLarge
	URLTooLong
	UnsupportedMediaType
	RangeNotSatisfiable
	Unprocessable
	TooManyRequests
	MethodUnknown
	Unavailable
	InsufficientStorage
)

// kinds is the one place where a kind becomes a status, with the title that
// RFC 9457 asks for and what to say when there is no detail.
var kinds = [...]struct {
	status        int
	title, detail string
	rule          rule // "" when there are several or none
}{
	Internal:             {http.StatusInternalServerError, "Something went wrong in the server", "It has been logged and is not your fault. Trying again may help.", ""},
	Invalid:              {http.StatusBadRequest, "The request is malformed", "The server does not understand it.", "SP-HTTP-10"},
	Unauthenticated:      {http.StatusUnauthorized, "Signing in is required", "Send an access token of a kind that WWW-Authenticate names.", "SP-HTTP-03"},
	Forbidden:            {http.StatusForbidden, "Access is not granted", "Whoever is signed in has not been given the access that this takes.", "SP-HTTP-04"},
	NotFound:             {http.StatusNotFound, "There is no such resource", "Nothing is there, or nothing any more.", "SP-GET-10"},
	Gone:                 {http.StatusGone, "What was here has ended", "It does not come back.", ""},
	MethodNotAllowed:     {http.StatusMethodNotAllowed, "The method does not apply to the resource", "Allow lists the methods that do.", "SP-HTTP-09"},
	NotAcceptable:        {http.StatusNotAcceptable, "The resource has no acceptable representation", "Ask for another media type.", "SP-CN-03"},
	Conflict:             {http.StatusConflict, "The request conflicts with the state of the resource", "Read the resource again.", ""},
	PreconditionFailed:   {http.StatusPreconditionFailed, "A precondition does not hold", "The resource is not in the state that the request names. Read it again.", "SP-ETAG-02"},
	TooSlow:              {http.StatusRequestTimeout, "The content came too slowly", "It was given up. Send it again over a better connection, or in smaller parts.", ""},
	TooLarge:             {http.StatusRequestEntityTooLarge, "The content is too large", "It exceeds the limit of this server.", "SP-HTTP-10"},
	URLTooLong:           {http.StatusRequestURITooLong, "The URL is too long", "It exceeds the limit of this server.", "SP-HTTP-10"},
	UnsupportedMediaType: {http.StatusUnsupportedMediaType, "The media type is not supported here", "The Accept-Put, Accept-Post and Accept-Patch of the resource list those that are.", "SP-GET-03"},
	RangeNotSatisfiable:  {http.StatusRequestedRangeNotSatisfiable, "The range is outside of the content", "Content-Range says how long the content is.", "SP-RNG-01"},
	Unprocessable:        {http.StatusUnprocessableEntity, "The content cannot be processed", "It is well formed, but cannot be applied.", ""},
	TooManyRequests:      {http.StatusTooManyRequests, "Too many requests", "Try again later.", ""},
	MethodUnknown:        {http.StatusNotImplemented, "The method is unknown", "OPTIONS lists the methods that there are.", "SP-HTTP-09"},
	Unavailable:          {http.StatusServiceUnavailable, "The server is not available", "Try again later.", ""},
	InsufficientStorage:  {http.StatusInsufficientStorage, "There is no room", "Delete what is not needed any more, or try again later.", ""},
}

// Error is why a request was refused.
type Error struct {
	Kind Kind
	// Detail is for the author of the request. It names neither resources nor
	// agents.
	Detail string
	// rule is what was broken, "" when the kind says it; as a constraint of the
	// server it is named in a Link too (SP-HTTP-12).
	rule       rule
	constraint bool
	// Header is sent with the answer, nil for none.
	Header http.Header
	// Err is the cause, for the log only.
	Err error
}

func (e *Error) Error() string {
	text := kinds[e.Kind].title
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Status is the HTTP status of the error.
func (e *Error) Status() int { return kinds[e.Kind].status }

func refuse(kind Kind, detail string) *Error { return &Error{Kind: kind, Detail: detail} }

// constrained refuses a request because of a constraint of the server.
func constrained(kind Kind, r rule, detail string) *Error {
	return &Error{Kind: kind, Detail: detail, rule: r, constraint: true}
}

// by names the rule that was broken.
func (e *Error) by(r rule) *Error {
	e.rule = r
	return e
}

func (e *Error) with(header, value string) *Error {
	if e.Header == nil {
		e.Header = http.Header{}
	}
	e.Header.Add(header, value)
	return e
}

// statusOf says what errors of the layers below mean for a client.
var statusOf = []struct {
	err    error
	kind   Kind
	detail string // "" = the error's own text
	rule   rule
	// constraint: the rule is the server's, whatever state the resource is in.
	constraint bool
}{
	{resource.ErrMalformed, Invalid, "", "SP-URI-06", false},
	{resource.ErrTooLong, URLTooLong, "The path has more than 4096 bytes.", "", false},
	{resource.ErrOutside, NotFound, "", "", false},
	{resource.ErrReserved, NotFound, "The name is reserved for the server.", "SP-URI-06", true},
	{rdfstore.ErrTwin, Conflict, "A resource exists whose URL differs in the trailing slash only.", "SP-URI-02", true},
	{rdfstore.ErrNotEmpty, Conflict, "The container is not empty: delete its members first.", "SP-DEL-03", true},
	{rdfstore.ErrNoSubject, Conflict, "The resource that this one is about does not exist.", "SP-AUX-02", false},
	{rdfstore.ErrNoParent, Conflict, "The parent container does not exist.", "SP-PUT-02", false},
	{rdfstore.ErrNotFound, NotFound, "", "", false},
	{rdfstore.ErrTooLarge, TooLarge, "This changes too much at once. Make the containers one by one.", "", false},
	{rdfstore.ErrDiskFull, InsufficientStorage, "The disk of this server is nearly full. Nothing was changed; its operator has been told.", "", false},
	{rdfstore.ErrClosed, Unavailable, "The server is shutting down.", "", false},
	{errDamaged, Conflict, "What is stored here cannot be read. PUT replaces it.", "", false},
	{context.DeadlineExceeded, Unavailable, "The request took too long.", "", false},
	{errUnexamined, Unavailable, "The document became the owner's profile meanwhile. Try again.", "", false},
	{errStale, Unavailable, "Others keep changing the document. Try again.", "", false},
	{patch.ErrNoMapping, Conflict, "", "SP-N3-10", false},
	{patch.ErrSeveralMappings, Conflict, "", "SP-N3-10", false},
	{patch.ErrDeleteAbsent, Conflict, "", "SP-N3-11", false},
	{patch.ErrNoTriple, Conflict, "", "", false},
	{patch.ErrBudget, Unprocessable, "", "", false},
}

// errNoStorage: the URL is in no storage, though it has the form of one.
var errNoStorage = fmt.Errorf("no such storage: %w", rdfstore.ErrNotFound)

// asError returns err as an *Error. What it does not know is Internal.
func asError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if quota := (*rdfstore.QuotaError)(nil); errors.As(err, &quota) {
		e := constrained(InsufficientStorage, "SP-HTTP-12", quota.Error())
		e.Err = err
		return e
	}
	for _, row := range statusOf {
		if !errors.Is(err, row.err) {
			continue
		}
		detail := row.detail
		if detail == "" && row.kind != NotFound {
			detail = err.Error()
		}
		return &Error{Kind: row.kind, Detail: detail, rule: row.rule, constraint: row.constraint, Err: err}
	}
	return &Error{Kind: Internal, Err: err}
}

// fromContent says what an error of reading the request's content means. The
// same error while reading what is stored would be the server's fault.
func fromContent(err error) error {
	var (
		syntax      *rdf.SyntaxError
		invalid     *n3.InvalidPatch
		unsupported *sparql.Unsupported
		noCodec     *codec.UnsupportedError
		tooLarge    *http.MaxBytesError
		known       *Error
	)
	switch {
	case err == nil || errors.As(err, &known) || errors.Is(err, errDamaged):
		return err
	case errors.As(err, &syntax):
		return &Error{Kind: Invalid, Detail: syntax.Error(), rule: "SP-CN-07", Err: err}
	case errors.As(err, &invalid):
		return &Error{Kind: Unprocessable, Detail: invalid.Message, rule: patchRules[invalid.Rule], Err: err}
	case errors.As(err, &unsupported):
		return &Error{Kind: Unprocessable, Detail: unsupported.Error(), rule: "SP-SPU-02", Err: err}
	case errors.As(err, &noCodec):
		return &Error{Kind: UnsupportedMediaType, Err: err}
	case errors.Is(err, jsonld.ErrRemoteContext):
		return &Error{Kind: Unprocessable, Detail: "The JSON-LD context is not one that the server has. Contexts are not fetched: write it into the document.", rule: "SP-CN-08", Err: err}
	case errors.As(err, &tooLarge):
		return &Error{Kind: TooLarge, Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Kind: TooSlow, Err: err}
	case errors.Is(err, rdf.ErrLimit):
		return &Error{Kind: TooLarge, Detail: err.Error(), Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: Invalid, Detail: "The content ends too early.", Err: err}
	}
	return err
}
