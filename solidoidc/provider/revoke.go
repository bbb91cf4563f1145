package provider

import (
	"net/http"
	"strings"

	"domicile/rdfstore"
)

// revoke serves token revocation (RFC 7009) for refresh tokens. What is
// unknown, or another client's, is answered like success (§2.2).
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) error {
	noStore(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	from, err := p.authenticate(r, form)
	if err != nil {
		return err
	}
	token := form.Get("token")
	if token == "" {
		return oauthError("invalid_request", "token is missing")
	}
	handle, secret, ok := strings.Cut(token, ".")
	if strings.Contains(secret, ".") {
		return oauthError("unsupported_token_type", "revoke the refresh token, its access tokens end with it")
	}
	if ok {
		err = p.config.Store.Update(r.Context(), func(tx rdfstore.Tx) error {
			id := hashSecret(handle)
			f, err := families.Get(tx, id)
			if missing(err) || err == nil && (f.Subject.ClientID != from.ID || f.Public != from.Public) {
				return nil
			}
			if err != nil {
				return err
			}
			// A used token of the family is as good a reason as the newest.
			return p.revokeFamily(tx, id)
		})
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
