package account

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"domicile/server/account/pages"
	"domicile/server/language"
)

// screen is what a browser is answered: a page, or a redirect when location
// is set.
type screen struct {
	page     string
	title    string // message key; "" = page + ".title"
	status   int    // 0 = 200
	data     any
	problem  *Error // shown in the page's error summary, and beside its field
	location string
	// choosesName: the page has the script that looks names up.
	choosesName bool
	// toApp: the form of this page answers with a redirect to an application.
	toApp bool
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

// contentSecurityPolicy allows no script and no framing. A page may have one
// script, named by its path: pods can share the origin.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Service) render(c *call, shown screen) {
	policy := contentSecurityPolicy
	if !shown.toApp {
		// Chromium applies form-action to the redirects that follow a form too,
		// so that it would keep a person from going back to the application, or
		// to where that sends her on.
		policy += "; form-action 'self'"
	}
	if shown.choosesName {
		policy += "; script-src " + s.baseURL + ".account/name.js; connect-src " + s.baseURL + ".account/name/"
	}
	view := pages.View{
		Language: c.lang,
		Title:    shown.title,
		Query:    "?" + c.asked(shown).Encode(),
		NewToken: c.formToken,
		Data:     shown.data,
	}
	if view.Title == "" {
		view.Title = shown.page + ".title"
	}
	if c.signedIn() {
		view.Home = s.url("account", c.session.Account)
		view.SignOut = s.url("account", c.session.Account, "logout")
	}
	if p := shown.problem; p != nil {
		for _, one := range append([]*Error{p}, p.Also...) {
			view.Problems = append(view.Problems, pages.Problem{Field: one.Field, Message: "error." + one.Code})
		}
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

// asked is the query that shows the same page in another language. The secret of a
// link is in it as long as it is good for something.
func (c *call) asked(shown screen) url.Values {
	values := c.r.URL.Query()
	for name, value := range c.carried() {
		values[name] = value
	}
	if secret := c.r.PostFormValue("rid"); secret != "" && shown.problem != nil {
		values.Set("rid", secret)
	}
	return values
}

// query is what links on a page carry on: the request that the person is here
// for, so that no way round loses it.
func (c *call) query() string {
	values := c.carried()
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

func (c *call) carried() url.Values {
	values := url.Values{}
	if id := c.interaction(); id != "" {
		values.Set("interaction", id)
	}
	if code := c.invitation(); code != "" && c.service.registration == Invite && !c.signedIn() {
		values.Set(invitationParameter, code)
	}
	return values
}

// language picks the language of a page: the one just chosen, the one chosen
// before, the first that the application or else the browser asks for, English.
func (s *Service) language(c *call) string {
	if chosen := language.Asked(c.r); chosen != "" {
		cookie := s.sessions.cookie(language.Cookie, chosen)
		cookie.MaxAge = 365 * 24 * 60 * 60
		http.SetCookie(c.w, cookie)
		return chosen
	}
	if chosen := language.Chosen(c.r); chosen != "" {
		return chosen
	}
	var wanted []string
	if request, err := s.waiting(c); err == nil {
		wanted = request.Locales
	}
	return language.Negotiate(strings.Join(append(wanted, c.r.Header.Get("Accept-Language")), ","))
}
