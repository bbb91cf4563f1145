package provider

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"domicile/rdfstore"
)

// maxFormBytes bounds the parameters of a request, in the body or the query:
// those of an authorization request are stored.
const maxFormBytes = 8 << 10

// prompts are the values of `prompt` that are understood (OIDC Core §3.1.2.1,
// Initiating User Registration 1.0); others are ignored.
var prompts = []string{"none", "login", "consent", "select_account", "create"}

// authorization is a valid authorization request.
type authorization struct {
	ClientID    string
	RedirectURI string
	State       string
	Nonce       string
	Challenge   string // PKCE, S256
	KeyHash     string `json:",omitempty"` // dpop_jkt, RFC 9449 §10
	Scopes      []string
	Prompt      []string
	MaxAge      *int64         `json:",omitempty"` // seconds
	Details     []AccessDetail `json:",omitempty"`
	LoginHint   string
	Person      string `json:",omitempty"` // WebID that id_token_hint is about
	Locales     []string
	// IDTokenAlgorithm is kept so that the token endpoint need not fetch the
	// client's document.
	IDTokenAlgorithm string
	Requested        time.Time
}

const foreignRedirectURI = "redirect_uri has to be one of the client's redirect_uris, byte for byte"

// authorize serves the authorization endpoint (OIDC-AUTH-01). Until client and
// redirect URI are known to fit, errors are pages; after that, redirects.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) error {
	form, err := parameters(w, r)
	if err != nil {
		return refuseSignIn("invalid_request", unreadable, nil)
	}
	if len(form["client_id"]) > 1 || len(form["redirect_uri"]) > 1 {
		return refuseSignIn("invalid_request", namedTwice, nil)
	}
	app, err := p.findClient(r, form.Get("client_id"))
	if err != nil {
		return err
	}
	uri := form.Get("redirect_uri")
	if !app.allowsRedirect(uri) {
		return refuseSignIn("invalid_request", foreignRedirect, because(foreignRedirectURI))
	}
	location, err := p.answer(r, app, form)
	var refused *protocolError
	if errors.As(err, &refused) {
		location, err = p.refusal(uri, form.Get("state"), refused), nil
	}
	if err != nil {
		return err
	}
	redirect(w, location)
	return nil
}

// answer returns where an authorization request leads: back to the app with a
// code, or to the page where a person decides.
func (p *Provider) answer(r *http.Request, app client, form url.Values) (location string, err error) {
	request, err := p.parseAuthorization(app, form)
	if err != nil {
		return "", err
	}
	session, signedIn := p.config.Sessions.Session(r)
	fresh := signedIn && p.freshEnough(request, session)
	silent := slices.Contains(request.Prompt, "none")
	if silent && !fresh {
		return "", oauthError("login_required", "nobody is signed in, or not recently enough")
	}
	if fresh && (silent || len(request.Prompt) == 0) {
		location, err = p.withoutPerson(r.Context(), request, session)
		var refused *protocolError
		if silent || !errors.As(err, &refused) {
			return location, err
		}
	}
	if wait := p.questions.Wait(remoteHost(r)); wait > 0 {
		return "", oauthError("temporarily_unavailable", "too many requests from this address, try again later")
	}
	demandsLogin := slices.Contains(request.Prompt, "login") || request.MaxAge != nil && !fresh
	return p.beginInteraction(r.Context(), app, request, demandsLogin)
}

func (p *Provider) freshEnough(request authorization, session Session) bool {
	if request.MaxAge == nil {
		return true
	}
	return p.now().Sub(session.AuthTime) <= time.Duration(*request.MaxAge)*time.Second
}

// withoutPerson gives a code when the person has allowed this client before
// and told it to remember (OIDC-AUTH-04, OIDC-AUTH-07). The refusals are those
// of prompt=none.
func (p *Provider) withoutPerson(ctx context.Context, request authorization, session Session) (location string, err error) {
	err = p.update(ctx, func(tx rdfstore.Tx) (refusal, err error) {
		given, err := consents.Get(tx, consentKey(session.Account, request.ClientID))
		if err != nil && !missing(err) {
			return nil, err
		}
		if missing(err) || !slices.Contains(session.WebIDs, given.WebID) {
			if len(session.WebIDs) > 1 {
				return oauthError("account_selection_required", "the person has several WebIDs and has not chosen one for this client"), nil
			}
			return oauthError("consent_required", "the person has not allowed this client"), nil
		}
		if holds, err := p.config.GrantHolds(tx, given.Grant); err != nil {
			return nil, err
		} else if !holds {
			return oauthError("consent_required", "what the person allowed this client has ended"), nil
		}
		if request.Person != "" && request.Person != given.WebID {
			return oauthError("login_required", "it is not the person of id_token_hint who is signed in, or not as that WebID"), nil
		}
		for _, scope := range request.Scopes {
			if !slices.Contains(given.Scopes, scope) {
				return oauthError("consent_required", "the person has not allowed all of the scope"), nil
			}
		}
		if !cover(given.Details, request.Details) {
			return oauthError("consent_required", "the person has not allowed all of the authorization_details"), nil
		}
		location, err = p.issueCode(tx, request, session, given.WebID, given.Grant)
		if errors.Is(err, ErrStaleLogin) {
			return oauthError("login_required", "the session has just ended"), nil
		}
		return nil, err
	})
	return location, err
}

// parseAuthorization checks an authorization request of a known client.
func (p *Provider) parseAuthorization(app client, form url.Values) (request authorization, err error) {
	if name := repeated(form); name != "" {
		return authorization{}, oauthError("invalid_request", "a parameter occurs twice")
	}
	for _, check := range authorizationChecks {
		if value := form.Get(check.parameter); !check.fits(value) {
			return authorization{}, oauthError(check.code, check.problem)
		}
	}
	request = authorization{
		ClientID: app.ID, RedirectURI: form.Get("redirect_uri"), State: form.Get("state"), Nonce: form.Get("nonce"),
		Challenge: form.Get("code_challenge"), KeyHash: form.Get("dpop_jkt"),
		Scopes:    app.grantable(strings.Fields(form.Get("scope"))),
		MaxAge:    app.Metadata.DefaultMaxAge,
		LoginHint: form.Get("login_hint"), Locales: strings.Fields(form.Get("ui_locales")),
		IDTokenAlgorithm: app.idTokenAlgorithm(), Requested: p.now(),
	}
	if !slices.Contains(request.Scopes, "openid") {
		return authorization{}, oauthError("invalid_scope", "scope does not contain openid, or the client may not have it")
	}
	if text := form.Get("id_token_hint"); text != "" {
		hint, ok := p.idTokenHint(text)
		if !ok {
			return authorization{}, oauthError("invalid_request", "id_token_hint is no ID token of this issuer")
		}
		request.Person = hint.String("sub")
	}
	if request.Details, err = p.askedDetails(app, form.Get("authorization_details")); err != nil {
		return authorization{}, err
	}
	for _, prompt := range strings.Fields(form.Get("prompt")) {
		if slices.Contains(prompts, prompt) {
			request.Prompt = append(request.Prompt, prompt)
		}
	}
	if slices.Contains(request.Prompt, "none") && len(request.Prompt) > 1 {
		return authorization{}, oauthError("invalid_request", "prompt is none and something else")
	}
	if text := form.Get("max_age"); text != "" {
		age, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return authorization{}, oauthError("invalid_request", "max_age is not a number of seconds")
		}
		seconds := int64(age)
		request.MaxAge = &seconds
	}
	return request, nil
}

// authorizationChecks are the rules that look at one parameter, in the order in
// which they are applied.
var authorizationChecks = []struct {
	parameter     string
	fits          func(value string) bool
	code, problem string
}{
	{"request", isEmpty, "request_not_supported", "request objects are not supported"},
	{"request_uri", isEmpty, "request_uri_not_supported", "request objects are not supported"},
	{"response_type", oneOf("code"), "unsupported_response_type", "response_type is not code"},
	{"response_mode", oneOf("", "query"), "invalid_request", "response_mode is not query"},
	{"code_challenge_method", oneOf("S256"), "invalid_request", "code_challenge_method is not S256"}, // OIDC-AUTH-02
	{"code_challenge", isSHA256, "invalid_request", "code_challenge is missing or not a SHA-256 hash in base64url"},
	{"dpop_jkt", func(v string) bool { return v == "" || isSHA256(v) }, "invalid_request", "dpop_jkt is not a SHA-256 thumbprint in base64url"},
}

func isEmpty(value string) bool { return value == "" }

func oneOf(allowed ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(allowed, value) }
}

// isSHA256 reports whether value has the form of a SHA-256 hash in base64url.
func isSHA256(value string) bool {
	return len(value) == 43 && !strings.ContainsFunc(value, func(r rune) bool { return !isURLSafe(r) })
}

// parameters returns the parameters of a GET's query or a POST's form body.
func parameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		if len(r.URL.RawQuery) > maxFormBytes {
			return nil, oauthError("invalid_request", "the query is too long")
		}
		return url.ParseQuery(r.URL.RawQuery)
	}
	return readForm(w, r)
}

// readForm returns the parameters of a form body; the query does not count.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, oauthError("invalid_request", "the content type is not application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	return r.PostForm, nil
}

// repeated returns the name of a parameter that occurs more than once, which
// RFC 6749 §3.1 forbids, or "". RFC 8707 lets `resource` be repeated.
func repeated(form url.Values) string {
	for name, values := range form {
		if len(values) > 1 && name != "resource" {
			return name
		}
	}
	return ""
}

// refusal is the redirect that tells a client of an error (OIDC-AUTH-03).
func (p *Provider) refusal(uri, state string, e *protocolError) string {
	return p.response(uri, state, url.Values{"error": {e.code}, "error_description": {e.description}})
}

// response adds parameters, `state` and `iss` (RFC 9207) to a redirect URI,
// which is otherwise left as the client wrote it.
func (p *Provider) response(uri, state string, values url.Values) string {
	values.Set("iss", p.config.Issuer)
	if state != "" {
		values.Set("state", state)
	}
	return withQuery(uri, values)
}

func withQuery(uri string, values url.Values) string {
	if len(values) == 0 {
		return uri
	}
	separator := "?"
	if strings.Contains(uri, "?") {
		separator = "&"
	}
	return uri + separator + values.Encode()
}

// redirect answers with 303, so that a POST becomes a GET (RFC 9700 §4.12).
func redirect(w http.ResponseWriter, location string) {
	noStore(w)
	w.Header().Set("Location", location)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}
