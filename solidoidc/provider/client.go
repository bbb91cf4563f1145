package provider

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

// clients holds the dynamically registered clients by client identifier.
const clients rdfstore.Bucket[client] = "oidc-clients"

const (
	// unusedClientLifetime is how long a registration waits for its first
	// sign-in, usedClientLifetime how long after one it is kept (OIDC-DCR-03).
	unusedClientLifetime = 7 * 24 * time.Hour
	usedClientLifetime   = 365 * 24 * time.Hour
)

// client is an app: registered dynamically, or described by the document that
// its client identifier names.
type client struct {
	ID         string
	SecretHash string `json:",omitempty"` // "" for public clients
	Registered time.Time
	Expires    time.Time // of the registration; zero for documents
	Metadata   clientMetadata
}

// clientMetadata are the members of RFC 7591 §2 and OIDC Registration §2 that
// mean something here.
type clientMetadata struct {
	RedirectURIs           []string `json:"redirect_uris"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	Name                   string   `json:"client_name,omitempty"`
	URI                    string   `json:"client_uri,omitempty"`
	LogoURI                string   `json:"logo_uri,omitempty"`
	PolicyURI              string   `json:"policy_uri,omitempty"`
	TermsURI               string   `json:"tos_uri,omitempty"`
	Contacts               []string `json:"contacts,omitempty"`
	ApplicationType        string   `json:"application_type,omitempty"`
	SubjectType            string   `json:"subject_type,omitempty"`
	AuthMethod             string   `json:"token_endpoint_auth_method,omitempty"`
	GrantTypes             []string `json:"grant_types,omitempty"`
	ResponseTypes          []string `json:"response_types,omitempty"`
	IDTokenAlgorithm       string   `json:"id_token_signed_response_alg,omitempty"`
	Scope                  string   `json:"scope,omitempty"`
	DefaultMaxAge          *int64   `json:"default_max_age,omitempty"`
	RequireAuthTime        bool     `json:"require_auth_time,omitempty"`
	// Details are what the client asks for when a request names none.
	Details []AccessDetail `json:"authorization_details,omitempty"`
}

const native = "native"

// identified reports whether the client is known by a document at a host that
// it controls; a registered one can call itself anything.
func (c client) identified() bool { return isClientURL(c.ID) }

// mayRefresh reports whether the client asked to get refresh tokens.
func (c client) mayRefresh() bool { return slices.Contains(c.Metadata.GrantTypes, "refresh_token") }

// idTokenAlgorithm is what the client wants its ID tokens signed with. Clients
// with a document that does not say so expect what Solid's providers sign with;
// others the default of OIDC Registration §2.
func (c client) idTokenAlgorithm() string {
	if c.Metadata.IDTokenAlgorithm != "" {
		return c.Metadata.IDTokenAlgorithm
	}
	if c.identified() {
		return jose.ES256
	}
	return jose.RS256
}

// grantable returns the scopes that the client gets of those it asks for: known
// ones, within what it registered for or its document says (OIDC-CID-03).
func (c client) grantable(requested []string) []string {
	var granted []string
	limit := strings.Fields(c.Metadata.Scope)
	for _, scope := range scopes {
		if !slices.Contains(requested, scope) || len(limit) > 0 && !slices.Contains(limit, scope) {
			continue
		}
		if scope == "offline_access" && !c.mayRefresh() {
			continue
		}
		granted = append(granted, scope)
	}
	return granted
}

// findClient returns the client of an authorization or logout request. What
// is wrong with it is a page for the person: there is nowhere to redirect to.
func (p *Provider) findClient(r *http.Request, id string) (client, error) {
	switch {
	case id == "":
		return client{}, refuseSignIn("invalid_request", noClientID, nil)
	case isClientURL(id):
		return p.clientByDocument(r.Context(), id, remoteHost(r))
	}
	var found client
	err := p.config.Store.View(r.Context(), func(reader rdfstore.Reader) (err error) {
		found, err = find(clients, reader, id)
		return err
	})
	if missing(err) || err == nil && !p.now().Before(found.Expires) {
		return client{}, refuseSignIn("invalid_client", unknownClient, nil)
	}
	return found, err
}

// touch keeps the registration of a client that is in use.
func (p *Provider) touch(tx rdfstore.Tx, id string) error {
	registered, err := clients.Get(tx, id)
	if missing(err) {
		return nil // has a document, or the registration went
	}
	if err != nil || registered.Expires.Sub(p.now()) > usedClientLifetime/2 {
		return err
	}
	registered.Expires = p.now().Add(usedClientLifetime)
	return clients.Set(tx, id, registered, registered.Expires)
}

// allowsRedirect reports whether uri is one that the client registered: the
// same bytes, or for native apps the same but for a loopback port (RFC 8252
// §7.3, RFC 9700 §2.1).
func (c client) allowsRedirect(uri string) bool {
	if slices.Contains(c.Metadata.RedirectURIs, uri) {
		return true
	}
	if c.Metadata.ApplicationType != native {
		return false
	}
	wanted, ok := withoutLoopbackPort(uri)
	if !ok {
		return false
	}
	return slices.ContainsFunc(c.Metadata.RedirectURIs, func(registered string) bool {
		got, ok := withoutLoopbackPort(registered)
		return ok && got == wanted
	})
}

func withoutLoopbackPort(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || !isLoopback(u.Hostname()) || u.User != nil || strings.Contains(uri, "#") {
		return "", false
	}
	u.Host = u.Hostname()
	return u.String(), true
}

// checkRedirectURI says what is wrong with a redirect URI (OIDC-DCR-03).
func checkRedirectURI(uri, applicationType string) error {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "" || len(uri) > maxURILength || strings.ContainsFunc(uri, unicode.IsControl):
		return because("a redirect URI is not an absolute URI")
	case strings.Contains(uri, "#"):
		return because("a redirect URI has a fragment")
	case u.User != nil:
		return because("a redirect URI has user information")
	case u.Scheme == "https" && u.Hostname() != "":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "https" || u.Scheme == "http":
		return because("redirect URIs are https, or http on localhost")
	case applicationType != native:
		return because("private-use URI schemes are for application_type native")
	case !strings.Contains(u.Scheme, "."):
		// RFC 8252 §7.1; also keeps javascript: and data: out.
		return because("a private-use URI scheme is a reversed domain name")
	}
	return nil
}

const maxURILength = 2048

// isLoopback reports whether a host name is this machine (RFC 6761 §6.3).
func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// isClientURL reports whether a client identifier names a document.
func isClientURL(id string) bool {
	return strings.HasPrefix(id, "https://") || strings.HasPrefix(id, "http://")
}

// hostOf is the host that a person is shown for a URL, with its port; for a
// private-use scheme it is the scheme.
func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Host == "" {
		return u.Scheme
	}
	return u.Host
}

// displayName is the client's name without characters that could disguise it.
func (c client) displayName() string {
	name := strings.Map(func(r rune) rune {
		if isDisguise(r) {
			return -1
		}
		return r
	}, c.Metadata.Name)
	if runes := []rune(name); len(runes) > maxNameLength {
		name = string(runes[:maxNameLength])
	}
	return strings.TrimSpace(name)
}

const maxNameLength = 100

// isWebURL reports whether a person can be shown uri as a link.
func isWebURL(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(uri) <= maxURILength
}

// remoteHost is the address that a request came from, without its port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
