package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"domicile/rdfstore"
	"domicile/server/account/password"
	"domicile/solidoidc/provider"
)

// Errors that [Pods] returns.
var (
	// ErrNameTaken: another storage has the name.
	ErrNameTaken = errors.New("the pod name is taken")
	// ErrNameInvalid: the name breaks the rules for storage names or is reserved.
	ErrNameInvalid = errors.New("the pod name is not allowed: use 1 to 63 letters, digits and hyphens")
)

// Error is a refusal with what the caller may know of it. Code names it for
// the pages, where the text is translated.
type Error struct {
	Status  int
	Code    string // key of the message catalogue below "error."
	Message string // English, for the JSON API
	Field   string // input that the error is about, if one
	Details map[string]any
	// ErrorCode is CSS's; "" means "H" and the status.
	ErrorCode  string
	RetryAfter time.Duration // for 429 and 503
	// Also are other refusals of the same form, for its page.
	Also []*Error
}

func (e *Error) Error() string { return e.Message }

// The refusals. Messages that CSS has are CSS's.
var (
	errEmailTaken    = &Error{Status: 400, Code: "email-taken", Field: "email", Message: "There already is a login for this e-mail address."}
	errEmailInvalid  = &Error{Status: 400, Code: "email-invalid", Field: "email", Message: "email must be a valid email"}
	errPasswordShort = &Error{Status: 400, Code: "password-short", Field: "password", Message: fmt.Sprintf("password must be at least %d characters", minPassword)}
	errPasswordLong  = &Error{Status: 400, Code: "password-long", Field: "password", Message: fmt.Sprintf("password must be at most %d bytes", maxPassword)}
	errPasswordEmail = &Error{Status: 400, Code: "password-email", Field: "password", Message: "password must not be the e-mail address"}
	errBadLogin      = &Error{Status: 403, Code: "bad-login", Message: "Invalid email/password combination."}
	errOldPassword   = &Error{Status: 400, Code: "old-password", Field: "oldPassword", Message: "Old password is invalid."}
	errLastLogin     = &Error{Status: 400, Code: "last-login", Message: "An account needs at least 1 login method."}
	errLastOwner     = &Error{Status: 400, Code: "last-owner", Message: "Unable to remove the last owner of a pod."}
	errManyOwners    = &Error{Status: 400, Code: "many-owners", Message: fmt.Sprintf("A pod has at most %d owners.", maxOwners)}
	errNeedsLogin    = &Error{Status: 400, Code: "needs-login", Message: "The account expires soon since it has no login: add one with the control password.create first."}
	errNameTaken     = &Error{Status: 400, Code: "name-taken", Field: "name", Message: "Pod creation failed: there already is a pod of this name."}
	errNameInvalid   = &Error{Status: 400, Code: "name-invalid", Field: "name", Message: "Pod creation failed: a name has 1 to 63 letters, digits and hyphens, and some names are reserved."}
	errForeignWebID  = &Error{Status: 400, Code: "foreign-webid", Field: "webId", Message: "WebID does not belong to this account."}
	errUnprovenWebID = &Error{Status: 400, Code: "unproven-webid", Field: "webId", Message: "This WebID is in a pod that another account has here."}
	errOwnerWebID    = &Error{Status: 400, Code: "owner-webid", Field: "settings", Message: "settings.webId must be an absolute http or https URL."}
	errLinkOver      = &Error{Status: 400, Code: "link-over", Message: "The link has been used or is too old: ask for a new one."}
	errWrongChosen   = &Error{Status: 403, Code: "wrong-chosen", Field: "password", Message: "This is not the password that was chosen."}
	errPresence      = &Error{Status: 403, Code: "presence", Field: "presence", Message: "Type your password again."}
	errWrongPresence = &Error{Status: 403, Code: "wrong-presence", Field: "presence", Message: "This is not your password."}
	errPasswordWeak  = &Error{Status: 400, Code: "password-weak", Field: "password", Message: "password is among those that are guessed first"}
	errDisabled      = &Error{Status: 403, Code: "disabled", Message: "This account is disabled: ask the operator of the server."}
	errDeleting      = &Error{Status: 403, Code: "deleting", Message: "This account is being deleted: keep it first."}
	errShareWebID    = &Error{Status: 400, Code: "share-webid", Field: "webId", Message: "webId must be the absolute http or https URL that the other is known by."}
	errNotSure       = &Error{Status: 400, Code: "not-sure", Field: "sure", Message: "Say that you are sure."}
	errNoRoom        = &Error{Status: 507, Code: "no-room", Message: "There is no room."}
	errNothingChosen = &Error{Status: 400, Code: "nothing-chosen", Field: "amount", Message: "Choose what the app may do."}
	errRegistration  = &Error{Status: 403, Code: "registration-closed", Message: "This server is not open for registration: ask its operator for an account."}
	errInvitation    = &Error{Status: 403, Code: "invitation-over", Message: "This invitation has been used or is too old: ask its sender for another."}
	errSignedOut     = &Error{Status: 401, Code: "signed-out", Message: "Sign in first."}
	errNotYours      = &Error{Status: 403, Code: "not-yours", Message: "This belongs to another account."}
	errNotFound      = &Error{Status: 404, Code: "not-found", Message: "There is nothing here."}
	errCrossOrigin   = &Error{Status: 403, Code: "cross-origin", Message: "A cookie authorises requests of the same origin only: send Sec-Fetch-Site or Origin, or the token as \"Authorization: CSS-Account-Token …\"."}
	errFormToken     = &Error{Status: 403, Code: "form-token", Message: "The form is too old or was not sent from this site."}
	errNoInteraction = &Error{Status: 400, Code: "no-interaction", Message: "This action can only be performed as part of an OIDC authentication flow.", ErrorCode: "E0002"}
	errTooLarge      = &Error{Status: 413, Code: "too-large", Message: fmt.Sprintf("The body is larger than %d bytes.", maxBody)}
	errMediaType     = &Error{Status: 415, Code: "media-type", Message: "Send application/json."}
	errBusy          = &Error{Status: 503, Code: "busy", Message: "Too many people are signing in right now.", RetryAfter: time.Second}
	errExporting     = &Error{Status: 429, Code: "exporting", Message: "A copy of a pod of this account is being taken already: wait until that is done.", RetryAfter: 10 * time.Second}
	errDiskFull      = &Error{Status: 507, Code: "disk-full", Message: "The disk of this server is nearly full. Nothing was changed."}
	errInternal      = &Error{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}
)

func tooManyAttempts(wait time.Duration) *Error {
	return &Error{Status: 429, Code: "too-many-attempts", Message: "Too many attempts. Wait before you try again.", RetryAfter: wait}
}

func badInput(field, message string) *Error {
	return &Error{Status: 400, Code: "bad-input", Field: field, Message: message}
}

func missingInput(field string) *Error {
	return &Error{Status: 400, Code: "missing-" + field, Field: field, Message: field + " is a required field"}
}

func alreadyLinked(webID string) *Error {
	return &Error{Status: 400, Code: "already-linked", Field: "webId", Message: webID + " is already registered to this account."}
}

// translations turns errors from elsewhere into refusals.
var translations = []struct {
	cause   error
	refusal *Error
}{
	{ErrNameTaken, errNameTaken},
	{ErrNameInvalid, errNameInvalid},
	{rdfstore.ErrNotFound, errNotFound},
	{rdfstore.ErrDiskFull, errDiskFull},
	{password.ErrBusy, errBusy},
	{provider.ErrNoInteraction, errNoInteraction},
	{provider.ErrForeignWebID, errForeignWebID},
	{provider.ErrStaleLogin, errSignedOut},
}

// refusal returns what to tell of err; what is not for the caller is logged.
func (s *Service) refusal(r *http.Request, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if quota := (*rdfstore.QuotaError)(nil); errors.As(err, &quota) {
		full := *errNoRoom
		full.Message = "Pod creation failed: " + quota.Error()
		full.Details = map[string]any{"asked": quota.Asked, "left": quota.Left, "holder": quota.Holder.Kind.String()}
		return &full
	}
	for _, t := range translations {
		if errors.Is(err, t.cause) {
			return t.refusal
		}
	}
	s.logger.LogAttrs(r.Context(), slog.LevelError, "account request failed", slog.String("error", err.Error()))
	return errInternal
}

// together makes one refusal of those among errs, nil of none.
func (s *Service) together(r *http.Request, errs ...error) error {
	var refusals []*Error
	for _, err := range errs {
		if err != nil {
			refusals = append(refusals, s.refusal(r, err))
		}
	}
	if len(refusals) == 0 {
		return nil
	}
	first := *refusals[0]
	first.Also = refusals[1:]
	return &first
}

// cssNames are the class names by which CSS names a status.
var cssNames = map[int]string{
	400: "BadRequestHttpError", 401: "UnauthorizedHttpError", 403: "ForbiddenHttpError", 404: "NotFoundHttpError",
	405: "MethodNotAllowedHttpError", 413: "PayloadHttpError", 415: "UnsupportedMediaTypeHttpError",
	429: "TooManyRequestsHttpError", 500: "InternalServerError", 503: "ServiceUnavailableHttpError",
	507: "InsufficientStorageHttpError",
}

// problem is the body of a refusal: RFC 9457 and CSS's five members (decision
// on account errors).
type problem struct {
	Type       string         `json:"type"`
	Title      string         `json:"title"`
	Status     int            `json:"status"`
	Detail     string         `json:"detail"`
	Name       string         `json:"name"`
	Message    string         `json:"message"`
	StatusCode int            `json:"statusCode"`
	ErrorCode  string         `json:"errorCode"`
	Details    map[string]any `json:"details"`
}

// setHeader writes the header fields that go with a refusal.
func (e *Error) setHeader(h http.Header) {
	if e.RetryAfter > 0 {
		seconds := int((e.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", tokenScheme)
	}
}

func (e *Error) write(w http.ResponseWriter) error {
	body := problem{
		Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Message,
		Name: cssNames[e.Status], Message: e.Message, StatusCode: e.Status,
		ErrorCode: e.ErrorCode, Details: e.Details,
	}
	if body.ErrorCode == "" {
		body.ErrorCode = "H" + strconv.Itoa(e.Status)
	}
	if body.Details == nil {
		body.Details = map[string]any{}
	}
	e.setHeader(w.Header())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(e.Status)
	return json.NewEncoder(w).Encode(body)
}
