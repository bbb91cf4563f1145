package provider

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"domicile/solidoidc/internal/jose"
)

// scopes are those that the provider knows; `webid` is the mark of Solid-OIDC
// (OIDC-OP-02). Others that are asked for are ignored (OIDC Core §3.1.2.1).
var scopes = []string{"openid", "profile", "offline_access", "webid"}

var (
	grantTypes    = []string{"authorization_code", "refresh_token", "client_credentials"}
	clientMethods = []string{"client_secret_basic", "client_secret_post", "none"}
)

// metadataLifetime is how long discovery and keys may be cached (OIDC-OP-04).
const metadataLifetime = 5 * time.Minute

// documentsOfProvider writes the discovery document (OIDC-OP-01…03) and the
// key set.
func (p *Provider) documentsOfProvider() (metadata, keySet []byte, err error) {
	metadata, err = json.Marshal(map[string]any{
		"issuer":                                         p.config.Issuer,
		"authorization_endpoint":                         p.base + authorizePath,
		"token_endpoint":                                 p.base + tokenPath,
		"registration_endpoint":                          p.base + registerPath,
		"jwks_uri":                                       p.base + keysPath,
		"userinfo_endpoint":                              p.base + userinfoPath,
		"end_session_endpoint":                           p.base + logoutPath,
		"revocation_endpoint":                            p.base + revokePath,
		"scopes_supported":                               scopes,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          grantTypes,
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          signingAlgorithms,
		"token_endpoint_auth_methods_supported":          clientMethods,
		"revocation_endpoint_auth_methods_supported":     clientMethods,
		"code_challenge_methods_supported":               []string{"S256"},
		"dpop_signing_alg_values_supported":              jose.Algorithms(),
		"prompt_values_supported":                        prompts,
		"claims_supported":                               []string{"sub", "webid", "iss", "aud", "exp", "iat", "azp", "auth_time", "nonce"},
		"authorization_response_iss_parameter_supported": true,
		"claims_parameter_supported":                     false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
	})
	if err != nil {
		return nil, nil, err
	}
	keySet, err = json.Marshal(p.keys.public())
	return metadata, keySet, err
}

func serveJSON(document []byte) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(document)))
		w.Header().Set("Cache-Control", "public, max-age="+seconds(metadataLifetime))
		if r.Method == http.MethodHead {
			return nil
		}
		_, _ = w.Write(document) // fails only when the client is gone
		return nil
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
