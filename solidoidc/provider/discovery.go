package provider

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"domicile/solidoidc/internal/jose"
)

// scopes are those that the provider knows; `webid` is the mark of Solid-OIDC
// (OIDC-OP-02). Others that are asked for are ignored (OIDC Core §3.1.2.1).
var scopes = []string{"openid", "profile", "offline_access", "webid"}

var (
	grantTypes    = []string{"authorization_code", "refresh_token", "client_credentials"}
	secretMethods = []string{"client_secret_basic", "client_secret_post"}
	clientMethods = append(slices.Clone(secretMethods), "none")
)

// metadataLifetime is how long discovery and keys may be cached (OIDC-OP-04).
const metadataLifetime = 5 * time.Minute

// discoveryDocument writes the metadata of the provider (OIDC-OP-01…03).
func (p *Provider) discoveryDocument() ([]byte, error) {
	return json.Marshal(map[string]any{
		"issuer":                                         p.config.Issuer,
		"authorization_endpoint":                         p.base + authorizePath,
		"token_endpoint":                                 p.base + tokenPath,
		"registration_endpoint":                          p.base + registerPath,
		"jwks_uri":                                       p.base + keysPath,
		"userinfo_endpoint":                              p.base + userinfoPath,
		"end_session_endpoint":                           p.base + logoutPath,
		"revocation_endpoint":                            p.base + revokePath,
		"introspection_endpoint":                         p.base + introspectPath,
		"scopes_supported":                               scopes,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          grantTypes,
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          signingAlgorithms,
		"token_endpoint_auth_methods_supported":          clientMethods,
		"revocation_endpoint_auth_methods_supported":     clientMethods,
		"introspection_endpoint_auth_methods_supported":  secretMethods,
		"authorization_details_types_supported":          []string{DomicileAccess},
		"code_challenge_methods_supported":               []string{"S256"},
		"dpop_signing_alg_values_supported":              jose.Algorithms(),
		"prompt_values_supported":                        prompts,
		"claims_supported":                               []string{"sub", "webid", "iss", "aud", "exp", "iat", "azp", "auth_time", "nonce"},
		"authorization_response_iss_parameter_supported": true,
		"claims_parameter_supported":                     false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
	})
}

func serveJSON(current func() []byte) func(http.ResponseWriter, *http.Request) error {
	return serveAs("application/json", current)
}

func serveAs(mediaType string, current func() []byte) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		document := current()
		w.Header().Set("Content-Type", mediaType)
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
