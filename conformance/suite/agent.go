package suite

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"domicile/clients/solid"
)

// Token returns the agent's access token. The case is untested when it was
// given one that belongs to no session.
func (a *Agent) Token() string {
	if a.Session == nil {
		a.t.untested(a.Name + " has no client credentials")
	}
	token, err := a.Session.Token(a.t.ctx)
	if err != nil {
		a.t.Failf("no access token for %s: %v", a.Name, err)
	}
	return token
}

// Claims returns what the agent's access token says.
func (a *Agent) Claims() map[string]any { return a.t.Claims(a.Token()) }

// Claims reads what a JWT says; the signature is not looked at.
func (t *T) Claims(token string) map[string]any {
	parts := strings.Split(token, ".")
	var claims map[string]any
	if len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil && json.Unmarshal(payload, &claims) == nil {
			return claims
		}
	}
	t.Failf("the token is no JWT")
	return nil
}

// Host returns the host name of the server.
func (t *Target) Host() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// As returns an agent that sends with a session of the case's own, such as one
// of other credentials of the agent.
func (a *Agent) As(name string, session *solid.Session) *Agent {
	identity := *a.Identity
	identity.Name, identity.Session, identity.transport = name, session, session
	return &Agent{a.t, &identity}
}

// NewAgent makes an account with a pod for one more agent, for cases that would
// be in the way of others in Alice's or Bob's. They stay: accounts cannot be
// deleted by the API. Such cases need [Accounts].
func (t *T) NewAgent(name string) *Agent {
	identity, err := signUp(t.ctx, t.Target.Issuer, name, strings.ToLower(rand.Text()[:8]))
	if err != nil {
		t.Failf("no account for %s: %v", name, err)
	}
	t.Cleanup(func(ctx context.Context) { _ = identity.Account.DeleteCredentials(ctx, identity.Credentials) })
	return &Agent{t, identity}
}

// Transport sends as the agent what no method does: answers without end.
func (a *Agent) Transport() http.RoundTripper { return a.transport }
