package account

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"domicile/rdfstore"
)

// call is one request and who makes it.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	service *Service
	input   input // of a JSON request, checked
	// session is zero when the caller is not signed in.
	session session
	token   string // of the session
	cookie  bool   // the token came as a cookie
	lang    string
}

// identify finds the session of the call. The Authorization header goes
// before the cookie; a token that is no good is as none.
func (c *call) identify() error {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, tokenScheme) {
		token = strings.TrimSpace(token)
	} else {
		token = c.service.sessions.cookieToken(c.r)
		c.cookie = token != ""
	}
	err := c.service.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		c.session, err = c.service.sessions.lookup(r, token)
		return err
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		c.session = session{}
		return nil
	}
	c.token = token
	return err
}

func (c *call) signedIn() bool { return c.session.Account != "" }

// sameOrigin reports whether the request demonstrably comes from a page of
// this origin. Every browser of today sends one of the two fields with a
// change; Sec-Fetch-Site goes before since scripts cannot set it.
func (c *call) sameOrigin() bool {
	if site := c.r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(c.r.Header.Get("Origin"))
	if err != nil || origin.Host == "" {
		return false
	}
	base, err := url.Parse(c.service.baseURL)
	return err == nil && origin.Scheme == base.Scheme && (origin.Host == base.Host || origin.Host == c.r.Host)
}

// crossOrigin reports whether the request demonstrably comes from a page of
// another origin. Programs other than browsers send neither field.
func (c *call) crossOrigin() bool {
	return (c.r.Header.Get("Sec-Fetch-Site") != "" || c.r.Header.Get("Origin") != "") && !c.sameOrigin()
}

// address is the network address that attempts are counted for. A whole /64
// is one: it is what one subscriber of IPv6 gets.
func (c *call) address() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		host = c.r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if address = address.Unmap().WithZone(""); address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// interaction is the id of the OpenID request that the caller is here for, or "".
func (c *call) interaction() string { return c.r.FormValue("interaction") }

// end ends the caller's session, if there is one, and what applications got
// in it (OIDC-OUT-02).
func (c *call) end(tx rdfstore.Tx) error {
	if !c.signedIn() {
		return nil
	}
	return cmp.Or(c.service.sessions.end(tx, c.token), c.service.oidc.RevokeSession(tx, c.session.ID))
}

// endOthers ends all sessions of the account but the caller's.
func (c *call) endOthers(tx rdfstore.Tx) error {
	return c.service.endSessions(tx, c.session.Account, c.session.ID)
}

// endSessions ends all sessions of an account but keep, what applications got
// in them, and what those still have from sessions that are over.
func (s *Service) endSessions(tx rdfstore.Tx, account, keep string) error {
	ended, err := s.sessions.endOthers(tx, account, keep)
	if err != nil {
		return err
	}
	for _, id := range ended {
		if err := s.oidc.RevokeSession(tx, id); err != nil {
			return err
		}
	}
	return s.oidc.RevokeOtherSessions(tx, account, keep)
}

// signIn starts a session in tx and ends the one that the caller had: signing
// in is changing over. Error: [errDisabled].
func (c *call) signIn(tx rdfstore.Tx, account string, hasLogin bool) (token string, err error) {
	holder, err := accounts.Get(tx, account)
	if err != nil {
		return "", err
	}
	if !holder.Disabled.IsZero() {
		return "", errDisabled
	}
	if err := c.end(tx); err != nil {
		return "", err
	}
	lifetime := sessionLifetime
	if !hasLogin {
		lifetime = loginlessLifetime
	}
	return c.service.sessions.start(tx, session{Account: account, Device: deviceOf(c.r.UserAgent()), Browser: isForm(c.r)}, lifetime)
}

// formCookie names the cookie that a form's token is made from.
func (c *call) formCookie() string { return c.service.sessions.hostPrefixed("css-form") }

// formToken returns the token that forms of this browser and session carry,
// and sets its cookie when there is none yet. Another site can make the
// browser send the cookie but can't read it.
func (c *call) formToken() string {
	cookie, err := c.r.Cookie(c.formCookie())
	if err != nil || len(cookie.Value) < 26 {
		cookie = c.service.sessions.cookie(c.formCookie(), rand.Text())
		http.SetCookie(c.w, cookie)
		c.r.AddCookie(cookie)
	}
	return formToken(cookie.Value, c.token)
}

// checkForm refuses a form that did not come from a page of ours.
func (c *call) checkForm() error {
	if !c.sameOrigin() {
		return errFormToken
	}
	cookie, err := c.r.Cookie(c.formCookie())
	if err != nil || !hmac.Equal([]byte(c.r.PostFormValue("csrf")), []byte(formToken(cookie.Value, c.token))) {
		return errFormToken
	}
	return nil
}

func formToken(secret, session string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
