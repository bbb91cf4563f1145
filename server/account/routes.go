package account

import (
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// apiVersion is the version of the JSON API, as CSS 7.2 counts it.
const apiVersion = "0.5"

// answer is the body of a JSON answer, before version and controls are added.
type answer map[string]any

// endpoint is what answers one path. A nil method is not allowed there. With
// fields a GET describes the input and a POST is checked against them.
type endpoint struct {
	path string // below /.account/; {account} must be the caller's
	// JSON
	fields []field
	get    func(*call) (answer, error)
	post   func(*call) (answer, error)
	delete func(*call) (answer, error)
	// Browsers
	page   func(*call) (screen, error) // GET
	submit func(*call) (screen, error) // POST of a form
}

func (s *Service) endpoints() []endpoint {
	return []endpoint{
		{path: "", get: s.getIndex, page: s.showIndex},
		{path: "style.css", get: s.getStyle, page: s.showStyle},
		{path: "name.js", get: s.getNameScript},
		{path: "name/", get: s.getName},
		{path: "account/", fields: invitationFields, get: s.getCreateAccount, post: s.createAccount},
		{path: "login/", get: s.getLogins, page: s.showIndex},
		{path: "login/password/", fields: loginFields, post: s.signIn, page: s.showSignIn, submit: s.submitSignIn},
		{path: "login/password/forgot/", fields: forgotFields, post: s.forgot, page: s.showForgot, submit: s.submitForgot},
		{path: "login/password/reset/", fields: resetFields, post: s.reset, page: s.showReset, submit: s.submitReset},
		{path: "login/password/confirm/", page: s.showConfirm, submit: s.submitConfirm},
		{path: "login/password/register/", page: s.showSignUp, submit: s.submitSignUp},
		{path: "login/password/register/finish/", page: s.showFinish, submit: s.submitFinish},

		{path: "account/{account}/", get: s.getIndex, delete: s.deleteAccount, page: s.showHome},
		{path: "account/{account}/delete/", page: s.showDeletion, submit: s.submitDeletion},
		{path: "account/{account}/logout/", post: s.signOut, submit: s.submitSignOut},
		{path: "account/{account}/login/password/", fields: newLoginFields, get: s.getPasswordLogins, post: s.addPasswordLogin},
		{path: "account/{account}/login/password/{login}/", fields: passwordFields, get: s.getPasswordLogin, post: s.changePassword, delete: s.removePasswordLogin, page: s.showPassword, submit: s.submitPassword},
		{path: "account/{account}/login/password/{login}/email/", page: s.showEmail, submit: s.submitEmail},
		{path: "account/{account}/session/", get: s.getSessions, page: s.showSessions},
		{path: "account/{account}/session/{session}/", delete: s.deleteSession, submit: s.submitEndSession},
		{path: "account/{account}/pod/", fields: podFields, get: s.getPods, post: s.createPod, page: s.showNewPod, submit: s.submitNewPod},
		{path: "account/{account}/pod/{pod}/", fields: ownerFields, get: s.getPod, post: s.changeOwner},
		{path: "account/{account}/pod/{pod}/export/", get: s.getExport, page: s.showExport, submit: s.submitExport},
		{path: "account/{account}/webid/", fields: webIDFields, get: s.getWebIDs, post: s.linkWebID, page: s.showLinkWebID, submit: s.submitLinkWebID},
		{path: "account/{account}/webid/{link}/", get: s.getWebID, delete: s.unlinkWebID},
		{path: "account/{account}/client-credentials/", fields: credentialsFields, get: s.getCredentials, post: s.createCredentials, page: s.showHome, submit: s.submitCredentials},
		{path: "account/{account}/client-credentials/{id}/", get: s.getCredential, delete: s.deleteCredential, submit: s.submitDeleteCredential},
		{path: "account/{account}/explain/", fields: explainFields, get: s.getExplanation, page: s.showContents},

		{path: "account/{account}/share/", fields: shareFields, get: s.getShares, post: s.postShare, page: s.showShare, submit: s.submitShare},
		{path: "account/{account}/share/{share}/", fields: accessFields, get: s.getShare, post: s.postShare, delete: s.deleteShare, page: s.showShare, submit: s.submitShare},
		{path: "account/{account}/grant/", get: s.getGrants},
		{path: "account/{account}/grant/{grant}/", fields: accessFields, get: s.getGrant, post: s.changeGrant, delete: s.deleteGrant, page: s.showGrant, submit: s.submitGrant},

		{path: "oidc/prompt/", get: s.getPrompt, page: s.showConsent},
		{path: "oidc/pick-webid/", fields: pickFields, get: s.getPickWebID, post: s.pickWebID},
		{path: "oidc/consent/", fields: consentFields, get: s.getConsent, post: s.consent, page: s.showConsent, submit: s.submitConsent},
		{path: "oidc/cancel/", get: s.getCancel, post: s.cancelConsent},
	}
}

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	for _, e := range s.endpoints() {
		pattern := "/.account/" + e.path
		if e.path == "" || strings.HasSuffix(e.path, "/") {
			pattern += "{$}"
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, endpoint{}) })
	return mux
}

// serve answers one request with an endpoint; the one without methods is
// nowhere.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	c := s.newCall(w, r)
	if r.Method == http.MethodOptions {
		preflight(w, e)
		return
	}
	err := c.identify()
	if e.submit != nil && isForm(r) || r.Method != http.MethodPost && wantsPage(r) {
		s.servePage(c, e, err)
		return
	}
	s.serveJSON(c, e, err)
}

// newCall bounds the body of a request and sets what every answer carries.
func (s *Service) newCall(w http.ResponseWriter, r *http.Request) *call {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Add("Vary", "Accept, Accept-Language, Authorization, Cookie")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return &call{w: w, r: r, service: s}
}

func preflight(w http.ResponseWriter, e endpoint) {
	allow := e.methods()
	w.Header().Set("Allow", allow)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", allow)
	w.Header().Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// methods lists the methods that an endpoint answers.
func (e endpoint) methods() string {
	var allow []string
	if e.get != nil || e.fields != nil || e.page != nil {
		allow = append(allow, "GET", "HEAD")
	}
	if e.post != nil || e.submit != nil {
		allow = append(allow, "POST")
	}
	if e.delete != nil {
		allow = append(allow, "DELETE")
	}
	return strings.Join(append(allow, "OPTIONS"), ", ")
}

// serveJSON answers a program. Any origin may read the answer: browsers don't
// send cookies along then, so it holds nothing of whoever sits there
// (decision on SP-CORS).
func (s *Service) serveJSON(c *call, e endpoint, err error) {
	c.w.Header().Set("Access-Control-Allow-Origin", "*")
	c.w.Header().Set("Access-Control-Expose-Headers", "Allow, Retry-After, WWW-Authenticate")
	var body answer
	if err == nil {
		body, err = s.answer(c, e)
	}
	if err != nil {
		err = s.refusal(c.r, err).write(c.w)
	} else if body != nil {
		body["version"], body["controls"] = apiVersion, s.controls(c)
		c.w.Header().Set("Content-Type", "application/json")
		err = json.NewEncoder(c.w).Encode(body)
	}
	if err != nil {
		s.logger.LogAttrs(c.r.Context(), slog.LevelDebug, "answer was not taken", slog.String("error", err.Error()))
	}
}

func (s *Service) answer(c *call, e endpoint) (answer, error) {
	if err := s.admit(c, e); err != nil {
		return nil, err
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		return s.describe(c, e)
	case http.MethodPost:
		if e.post == nil {
			break
		}
		if err := c.checkChange(); err != nil {
			return nil, err
		}
		in, err := readInput(c.r)
		if err != nil {
			return nil, err
		}
		if err := in.check(e.fields); err != nil {
			return nil, err
		}
		c.input = in
		return e.post(c)
	case http.MethodDelete:
		if e.delete == nil {
			break
		}
		if err := c.checkChange(); err != nil {
			return nil, err
		}
		return e.delete(c)
	}
	return nil, e.notAllowed(c)
}

func (s *Service) describe(c *call, e endpoint) (answer, error) {
	body := answer{}
	if e.get == nil && e.fields == nil {
		return nil, e.notAllowed(c)
	}
	if e.get != nil {
		var err error
		if body, err = e.get(c); err != nil || body == nil {
			return nil, err
		}
	}
	if e.fields != nil {
		body["fields"] = describe(e.fields)
	}
	return body, nil
}

// admit lets the caller reach an endpoint that exists and is hers.
func (s *Service) admit(c *call, e endpoint) error {
	if e.methods() == "OPTIONS" {
		return errNotFound
	}
	if strings.Contains(e.path, "{account}") {
		if !c.signedIn() {
			return errSignedOut
		}
		if c.r.PathValue("account") != c.session.Account {
			return errNotYours
		}
	}
	return nil
}

func (e endpoint) notAllowed(c *call) *Error { return notAllowed(c.w, e.methods()) }

func notAllowed(w http.ResponseWriter, allow string) *Error {
	w.Header().Set("Allow", allow)
	return &Error{Status: http.StatusMethodNotAllowed, Code: "method", Message: "Only " + allow + " requests are supported."}
}

// checkChange refuses a change that another site may have made a browser ask
// for (design §9).
func (c *call) checkChange() error {
	if c.cookie && c.signedIn() && !c.sameOrigin() {
		return errCrossOrigin
	}
	return nil
}

// isForm reports whether a request sends an HTML form.
func isForm(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && err == nil && mediaType == "application/x-www-form-urlencoded"
}

// wantsPage reports whether HTML is preferred to JSON. Programs that say
// nothing, or "*/*", get JSON.
func wantsPage(r *http.Request) bool {
	best := map[string]float64{}
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		best[mediaType] = max(best[mediaType], quality)
	}
	html := max(best["text/html"], best["application/xhtml+xml"])
	return html > 0 && html > best["application/json"]
}
