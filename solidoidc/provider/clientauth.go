package provider

import (
	"net/http"
	"net/url"
	"strings"

	"domicile/rdfstore"
)

// caller is a client that has proven who it is as well as it can.
type caller struct {
	ID string
	// Public clients have no secret: anybody can claim to be one. PKCE and
	// DPoP bind what they get (OIDC-CID-04).
	Public bool
	// Credentials is set for a person's own client credentials.
	Credentials *storedCredentials
}

// authenticate finds out which client calls the token or revocation endpoint:
// by Basic, by members of the form, or by name only for public clients (RFC
// 6749 §2.3).
func (p *Provider) authenticate(r *http.Request, form url.Values) (caller, error) {
	id, secret, err := clientSecret(r, form)
	if err != nil {
		return caller{}, err
	}
	if isClientURL(id) {
		// Its document was read when it asked for the code; what it shows here
		// is bound to its identifier.
		if secret != "" {
			return caller{}, invalidClient("a client with a client identifier document has no secret")
		}
		return caller{ID: id, Public: true}, nil
	}
	found := caller{ID: id}
	var hash string
	err = p.config.Store.View(r.Context(), func(reader rdfstore.Reader) error {
		registered, err := find(clients, reader, id)
		if err == nil && p.now().Before(registered.Expires) {
			hash, found.Public = registered.SecretHash, registered.SecretHash == ""
			return nil
		}
		if err != nil && !missing(err) {
			return err
		}
		stored, err := find(credentials, reader, id)
		hash, found.Credentials = stored.SecretHash, &stored
		return err
	})
	switch {
	case missing(err):
		return caller{}, invalidClient("unknown client: clear its stored registration or register again")
	case err != nil:
		return caller{}, err
	case found.Public && secret != "":
		return caller{}, invalidClient("the client has no secret")
	case !found.Public && !matches(secret, hash):
		return caller{}, invalidClient("wrong client secret")
	}
	return found, nil
}

// clientSecret reads identifier and secret from where the client put them.
func clientSecret(r *http.Request, form url.Values) (id, secret string, err error) {
	id, secret = form.Get("client_id"), form.Get("client_secret")
	lines := r.Header.Values("Authorization")
	if len(lines) == 0 {
		if id == "" {
			return "", "", invalidClient("there is neither client_id nor Basic authentication")
		}
		return id, secret, nil
	}
	basicID, basicSecret, ok := r.BasicAuth()
	if !ok || len(lines) > 1 {
		return "", "", invalidClient("clients authenticate with Basic or client_secret_post")
	}
	basicID, basicSecret = formDecoded(basicID), formDecoded(basicSecret)
	if secret != "" || id != "" && id != basicID {
		return "", "", oauthError("invalid_request", "the client authenticates in two ways")
	}
	return basicID, basicSecret, nil
}

// formDecoded undoes the encoding that RFC 6749 §2.3.1 asks for. Identifiers
// and secrets made here are the same with and without it (OIDC-DCR-04).
func formDecoded(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}
