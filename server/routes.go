package server

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"domicile/ldp"
	"domicile/ldp/notify"
	"domicile/server/language"
)

// The areas of the URL space, as metrics and logs name them.
const (
	areaStorage  = "storage"
	areaIdentity = "identity"
	areaAccount  = "account"
	areaWelcome  = "welcome"
	areaDocs     = "docs"
	areaNotices  = "notifications"
)

// systemPrefixes are the server's own paths and the area that each is in.
// Nothing below them ever reaches a storage, whatever the method: a path that
// no route takes is answered 404 here (libraries.md, gorilla/mux).
var systemPrefixes = map[string]string{
	"/.oidc/":       areaIdentity,
	"/.well-known/": areaIdentity,
	"/.account/":    areaAccount,
	rulesPath:       areaDocs,
}

// rulesPath is where errors say which rule was broken.
const rulesPath = "/.docs/errors/"

// routes sends system paths on the identity host to their handlers and all
// else to the storages. Paths are passed on as sent: cleaning or redirecting
// them would change what a DPoP proof was made for.
func (s *Server) routes() http.Handler {
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	onIdentityHost := func(r *http.Request, _ *mux.RouteMatch) bool { return s.isIdentityHost(r.Host) }

	router.MatcherFunc(s.isPageElsewhere).HandlerFunc(s.redirectToIdentityHost)
	if s.updates != nil {
		router.MatcherFunc(s.isUpdates).Handler(s.updates)
	}
	router.MatcherFunc(s.isNotices).Handler(s.notices.Handler())
	system := router.MatcherFunc(isSystemPath).MatcherFunc(onIdentityHost).Subrouter()
	handlers := map[string]http.Handler{areaIdentity: s.provider.Handler(), areaAccount: s.accounts.Handler(), areaDocs: ldp.Rules(languageOfRules)}
	for prefix, area := range systemPrefixes {
		system.PathPrefix(prefix).Handler(handlers[area])
	}
	system.Path("/").Handler(s.accounts.Welcome())
	router.PathPrefix("/").Handler(s.storage)
	router.NotFoundHandler = s.storage // "*" of OPTIONS and other odd targets
	return router
}

// isSystemPath tells those that may be below a system prefix at little cost:
// most requests are for a storage.
func isSystemPath(r *http.Request, _ *mux.RouteMatch) bool {
	return r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/.")
}

// languageOfRules is that of a page of rules, which links itself in others.
func languageOfRules(r *http.Request) string { return cmp.Or(language.Asked(r), language.Of(r)) }

// isNotices reports whether a request is for notifications, which are on the
// base URL and in no storage.
func (s *Server) isNotices(r *http.Request, _ *mux.RouteMatch) bool {
	path := r.URL.EscapedPath()
	return (strings.HasPrefix(path, notify.Prefix) || path == notify.WellKnown) &&
		(!s.config.Subdomains || sameHost(r.Host, s.config.BaseURL))
}

// isPageElsewhere reports whether somebody opens a page of the accounts that
// is at home on another host: at the base URL when accounts have an origin of
// their own, or on a laptop by another name (127.0.0.1 for localhost), where
// forms and cookies would belong to two origins and not work. Beyond loopback
// any name is taken: with a proxy that rewrites Host a redirect would be a loop.
func (s *Server) isPageElsewhere(r *http.Request, _ *mux.RouteMatch) bool {
	isPage := (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		(r.URL.Path == "/" || strings.HasPrefix(r.URL.EscapedPath(), "/.account/")) &&
		strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
	if !isPage || sameHost(r.Host, s.config.IdentityURL) {
		return false
	}
	return sameHost(r.Host, s.config.BaseURL) || isLoopback(s.config.IdentityURL) && s.isIdentityHost(r.Host)
}

func (s *Server) redirectToIdentityHost(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, strings.TrimSuffix(s.config.IdentityURL, "/")+r.URL.RequestURI(), http.StatusSeeOther)
}

// area names the part of the server that answers r.
func (s *Server) area(r *http.Request) string {
	if s.isNotices(r, nil) {
		return areaNotices
	}
	if s.isIdentityHost(r.Host) {
		if r.URL.Path == "/" {
			return areaWelcome
		}
		path := r.URL.EscapedPath()
		for prefix, area := range systemPrefixes {
			if strings.HasPrefix(path, prefix) {
				return area
			}
		}
	}
	return areaStorage
}

// isIdentityHost reports whether a Host header names the origin of accounts
// and the identity provider. When pods share that origin, any name by which
// the machine was reached will do.
func (s *Server) isIdentityHost(host string) bool {
	if s.config.IdentityURL == s.config.BaseURL && !s.config.Subdomains {
		return true
	}
	return sameHost(host, s.config.IdentityURL)
}

// sameHost reports whether a Host header names the host and port of a URL.
func sameHost(host, rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && strings.EqualFold(withoutDefaultPort(host, u.Scheme), withoutDefaultPort(u.Host, u.Scheme))
}

// isOwnURL reports whether a URL is served by this server. Such URLs are never
// fetched over HTTP: they are answered in process or not at all (OIDC-RS-09).
func (s *Server) isOwnURL(u *url.URL) bool {
	for _, own := range []string{s.config.BaseURL, s.config.IdentityURL} {
		o, err := url.Parse(own)
		if err != nil {
			continue
		}
		host, ownHost := withoutDefaultPort(strings.ToLower(u.Host), u.Scheme), withoutDefaultPort(o.Host, o.Scheme)
		if host == ownHost || s.config.Subdomains && strings.HasSuffix(host, "."+ownHost) {
			return true
		}
	}
	return false
}

func withoutDefaultPort(hostport, scheme string) string {
	host, port, err := net.SplitHostPort(hostport)
	if err == nil && (scheme == "http" && port == "80" || scheme == "https" && port == "443") {
		return host
	}
	return hostport
}
