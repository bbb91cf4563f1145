package account

import (
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"domicile/server/account/pages"
)

// apiVersion is the version of the JSON API, as CSS 7.2 counts it.
const apiVersion = "0.5"

// answer is the body of a JSON answer, before version and controls are added.
type answer map[string]any

// screen is what a browser is answered: a page, or a redirect when location
// is set.
type screen struct {
	page     string
	title    string // message key; "" = page + ".title"
	status   int    // 0 = 200
	data     any
	problem  *Error // shown in the page's error summary
	location string
	// toApp: the form of this page answers with a redirect to an application.
	toApp bool
}

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
		{path: "account/", get: s.getCreateAccount, post: s.createAccount},
		{path: "login/", get: s.getLogins, page: s.showIndex},
		{path: "login/password/", fields: loginFields, post: s.signIn, page: s.showSignIn, submit: s.submitSignIn},
		{path: "login/password/register/", page: s.showSignUp, submit: s.submitSignUp},

		{path: "account/{account}/", page: s.showHome},
		{path: "account/{account}/logout/", post: s.signOut, submit: s.submitSignOut},
		{path: "account/{account}/login/password/", fields: newLoginFields, get: s.getPasswordLogins, post: s.addPasswordLogin},
		{path: "account/{account}/login/password/{login}/", fields: passwordFields, get: s.getPasswordLogin, post: s.changePassword, delete: s.removePasswordLogin},
		{path: "account/{account}/pod/", fields: podFields, get: s.getPods, post: s.createPod, page: s.showNewPod, submit: s.submitNewPod},
		{path: "account/{account}/pod/{pod}/", get: s.getPod},
		{path: "account/{account}/webid/", fields: webIDFields, get: s.getWebIDs, post: s.linkWebID},
		{path: "account/{account}/webid/{link}/", get: s.getWebID, delete: s.unlinkWebID},
		{path: "account/{account}/client-credentials/", fields: credentialsFields, get: s.getCredentials, post: s.createCredentials, page: s.showHome, submit: s.submitCredentials},
		{path: "account/{account}/client-credentials/{id}/", get: s.getCredential, delete: s.deleteCredential, submit: s.submitDeleteCredential},

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
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Add("Vary", "Accept, Accept-Language, Authorization, Cookie")
	if r.Method == http.MethodOptions {
		preflight(w, e)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{w: w, r: r, service: s}
	err := c.identify()
	if e.submit != nil && isForm(r) || r.Method != http.MethodPost && wantsPage(r) {
		s.servePage(c, e, err)
		return
	}
	s.serveJSON(c, e, err)
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

func (e endpoint) notAllowed(c *call) *Error {
	c.w.Header().Set("Allow", e.methods())
	return &Error{Status: http.StatusMethodNotAllowed, Code: "method", Message: "Only " + e.methods() + " requests are supported."}
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

// servePage answers a browser.
func (s *Service) servePage(c *call, e endpoint, err error) {
	c.lang = s.language(c)
	var shown screen
	if err == nil {
		shown, err = s.screen(c, e)
	}
	if err != nil {
		refused := s.refusal(c.r, err)
		if refused == errSignedOut {
			shown = screen{location: s.pageURL(c, "login", "password")}
		} else {
			shown = screen{page: "problem", title: "problem.title", status: refused.Status, problem: refused}
		}
	}
	if shown.page == "" && shown.location == "" {
		return // the endpoint wrote the answer itself
	}
	if shown.location != "" {
		c.w.Header().Set("Location", shown.location)
		c.w.WriteHeader(http.StatusSeeOther)
		return
	}
	s.render(c, shown)
}

func (s *Service) screen(c *call, e endpoint) (screen, error) {
	if err := s.admit(c, e); err != nil {
		return screen{}, err
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		if e.page != nil {
			return e.page(c)
		}
		if e.get != nil || e.fields != nil {
			return screen{}, errNotFound // for programs only
		}
	case http.MethodPost:
		if e.submit == nil {
			break
		}
		if err := c.r.ParseForm(); err != nil {
			return screen{}, errTooLarge
		}
		if err := c.checkForm(); err != nil {
			return screen{}, err
		}
		return e.submit(c)
	}
	return screen{}, e.notAllowed(c)
}

// contentSecurityPolicy allows no script at all and no framing.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Service) render(c *call, shown screen) {
	policy := contentSecurityPolicy
	if !shown.toApp {
		// Chromium applies form-action to the redirects that follow a form too,
		// so that it would keep a person from going back to the application, or
		// to where that sends her on.
		policy += "; form-action 'self'"
	}
	view := pages.View{
		Language: c.lang,
		Title:    shown.title,
		Query:    c.query(),
		Token:    c.formToken(),
		Data:     shown.data,
		Style:    s.baseURL + ".account/style.css",
	}
	if view.Title == "" {
		view.Title = shown.page + ".title"
	}
	if c.signedIn() {
		view.Home = s.url("account", c.session.Account)
		view.SignOut = s.url("account", c.session.Account, "logout")
	}
	if p := shown.problem; p != nil {
		view.Problems = []pages.Problem{{Field: p.Field, Message: "error." + p.Code}}
		p.setHeader(c.w.Header())
		if shown.status == 0 {
			shown.status = p.Status
		}
	}
	if shown.status == 0 {
		shown.status = http.StatusOK
	}
	header := c.w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", c.lang)
	body, err := s.pages.Render(shown.page, view)
	if err != nil {
		s.logger.LogAttrs(c.r.Context(), slog.LevelError, "page failed", slog.String("page", shown.page), slog.String("error", err.Error()))
		http.Error(c.w, errInternal.Message, http.StatusInternalServerError)
		return
	}
	c.w.WriteHeader(shown.status)
	if _, err := c.w.Write(body); err != nil {
		s.logger.LogAttrs(c.r.Context(), slog.LevelDebug, "page was not taken", slog.String("error", err.Error()))
	}
}

// query is what links on a page carry on: the request that the person is here
// for, so that no way round loses it.
func (c *call) query() string {
	if id := c.interaction(); id != "" {
		return "?" + interactionQuery(id)
	}
	return ""
}

// languageCookie keeps the language that somebody chose.
const languageCookie = "lang"

// language picks the language of a page: the one just chosen, the one chosen
// before, the first that the application or else the browser asks for, English.
func (s *Service) language(c *call) string {
	if chosen := c.r.URL.Query().Get("lang"); slices.Contains(pages.Languages, chosen) {
		cookie := s.sessions.cookie(languageCookie, chosen)
		cookie.Path = "/.account/"
		cookie.MaxAge = 365 * 24 * 60 * 60
		http.SetCookie(c.w, cookie)
		return chosen
	}
	if cookie, err := c.r.Cookie(languageCookie); err == nil && slices.Contains(pages.Languages, cookie.Value) {
		return cookie.Value
	}
	var wanted []string
	if request, err := s.waiting(c); err == nil {
		wanted = request.Locales
	}
	return pages.Negotiate(strings.Join(append(wanted, c.r.Header.Get("Accept-Language")), ","))
}
