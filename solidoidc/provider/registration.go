package provider

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

const (
	maxRegistrationBytes = 8 << 10
	maxRedirectURIs      = 20
	// defaultScope is what a client may ask for that registered without scope
	// (OIDC-DCR-02).
	defaultScope = "openid offline_access webid profile"
)

// registration is the answer to a registration (RFC 7591 §3.2.1).
type registration struct {
	ID            string `json:"client_id"`
	IssuedAt      int64  `json:"client_id_issued_at"`
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires *int64 `json:"client_secret_expires_at,omitempty"` // 0 = with the registration only
	clientMetadata
}

// register serves dynamic client registration (OIDC-DCR-01…04), open to all.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) error {
	noStore(w)
	if wait := p.registrations.Wait(remoteHost(r)); wait > 0 {
		return &protocolError{
			status: http.StatusTooManyRequests, code: "temporarily_unavailable",
			description: "too many registrations from this address", retryAfter: wait,
		}
	}
	metadata, err := readMetadata(w, r)
	if err != nil {
		return err
	}
	now := p.now()
	registered := client{ID: newID(), Registered: now, Expires: now.Add(unusedClientLifetime)}
	answer := registration{ID: registered.ID, IssuedAt: now.Unix()}
	if metadata.AuthMethod != "none" {
		answer.Secret, answer.SecretExpires = newSecret(), new(int64)
		registered.SecretHash = hashSecret(answer.Secret)
	}
	answer.clientMetadata, registered.Metadata = metadata, metadata
	err = p.config.Store.Update(r.Context(), func(tx rdfstore.Tx) error {
		return clients.Set(tx, registered.ID, registered, registered.Expires)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, answer)
}

func readMetadata(w http.ResponseWriter, r *http.Request) (clientMetadata, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return clientMetadata{}, oauthError("invalid_client_metadata", "the content type is not application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistrationBytes))
	if err != nil {
		return clientMetadata{}, bodyError(err)
	}
	var metadata clientMetadata
	if err := json.Unmarshal(body, &metadata); err != nil {
		return clientMetadata{}, oauthError("invalid_client_metadata", "the registration: "+malformation(err).Error())
	}
	if problem := metadata.normalize(); problem != nil {
		return clientMetadata{}, problem
	}
	return metadata, nil
}

// malformation says why client metadata could not be read, naming the member.
func malformation(err error) error {
	var details *protocolError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &details):
		return details.why
	case errors.As(err, &wrong) && wrong.Field != "":
		name := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
		kind, _, _ := strings.Cut(wrong.Value, " ") // a number comes with its digits
		return because("the member %s holds, or is, a JSON %s where another type belongs", name, kind)
	}
	return because("it is not a JSON object")
}

// bodyError tells a body that is too large from one that broke off.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &protocolError{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "the request is too large"}
	}
	return oauthError("invalid_request", "the request body could not be read")
}

// choices are the members of client metadata that hold one of a few values;
// the first is the default (RFC 7591 §2).
var choices = []struct {
	member  string
	value   func(*clientMetadata) *string
	allowed []string
}{
	{"application_type", func(m *clientMetadata) *string { return &m.ApplicationType }, []string{"web", native}},
	{"token_endpoint_auth_method", func(m *clientMetadata) *string { return &m.AuthMethod }, clientMethods},
	{"id_token_signed_response_alg", func(m *clientMetadata) *string { return &m.IDTokenAlgorithm }, []string{"", jose.ES256, jose.RS256}},
	// Nobody gets pairwise subjects: a WebID is public by nature (OIDC-DCR-02).
	{"subject_type", func(m *clientMetadata) *string { return &m.SubjectType }, []string{"public", "pairwise"}},
}

// normalize checks metadata, fills in defaults and drops what means nothing.
func (m *clientMetadata) normalize() *protocolError {
	for _, c := range choices {
		value := c.value(m)
		if *value == "" {
			*value = c.allowed[0]
		}
		if !slices.Contains(c.allowed, *value) {
			return metadataError("invalid_client_metadata", because("%s has a value that is not supported", c.member))
		}
	}
	m.SubjectType = "public"
	if problem := m.checkRedirects(); problem != nil {
		return problem
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{"authorization_code"}
	}
	if !slices.Contains(m.GrantTypes, "authorization_code") {
		return metadataError("invalid_client_metadata", because("grant_types does not contain authorization_code"))
	}
	// Client credentials come from a person's account, not from registration;
	// others do not exist. A server may leave out what it does not support.
	m.GrantTypes = slices.DeleteFunc(slices.Clone(m.GrantTypes), func(g string) bool { return g != "authorization_code" && g != "refresh_token" })
	if len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code") {
		return metadataError("invalid_client_metadata", because("response_types does not contain code"))
	}
	m.ResponseTypes = []string{"code"}
	if strings.TrimSpace(m.Scope) == "" {
		m.Scope = defaultScope
	}
	// Whether `until` is past shows when the client asks.
	if problem := problemOf(m.Details, time.Time{}); problem != nil {
		return metadataError("invalid_client_metadata", ofDetails(problem))
	}
	if m.DefaultMaxAge != nil && *m.DefaultMaxAge < 0 {
		return metadataError("invalid_client_metadata", because("default_max_age is negative"))
	}
	for _, uri := range []*string{&m.URI, &m.LogoURI, &m.PolicyURI, &m.TermsURI} {
		if !isWebURL(*uri) {
			*uri = ""
		}
	}
	return nil
}

func (m *clientMetadata) checkRedirects() *protocolError {
	if len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > maxRedirectURIs || len(m.PostLogoutRedirectURIs) > maxRedirectURIs {
		return metadataError("invalid_redirect_uri", because("there must be 1 to 20 redirect_uris"))
	}
	for _, uri := range slices.Concat(m.RedirectURIs, m.PostLogoutRedirectURIs) {
		if problem := checkRedirectURI(uri, m.ApplicationType); problem != nil {
			return metadataError("invalid_redirect_uri", problem)
		}
	}
	return nil
}
