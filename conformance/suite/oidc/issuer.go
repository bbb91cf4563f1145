package oidc

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"domicile/conformance/suite"
)

// issuer is one of the case's own, with the documents of some WebIDs.
type issuer struct {
	url              string
	agent            key // of the proofs
	asked, keysAsked atomic.Int32

	key   key
	mu    sync.Mutex
	leads map[string]string // redirects by path
}

func newIssuer(t *suite.T) *issuer {
	i := &issuer{key: newKey(), agent: newKey(), leads: map[string]string{}}
	i.url = t.Serve(i)
	i.leads["/once"], i.leads["/twice"], i.leads["/hashless"] = i.url+"last", i.url+"once", i.url+"hashless.ttl"
	return i
}

// lead has a path redirect.
func (i *issuer) lead(path, target string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.leads["/"+path] = target
}

// ServeHTTP answers what a resource server asks.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.asked.Add(1)
	i.mu.Lock()
	defer i.mu.Unlock()
	const names = "<http://www.w3.org/ns/solid/terms#oidcIssuer>"
	documents := map[string]string{
		"/card":         fmt.Sprintf("<#me> %s <%s>.", names, i.url),
		"/stranger":     fmt.Sprintf("<#me> %s <https://issuer.example/>.", names),
		"/text":         fmt.Sprintf("<#me> %s %q.", names, i.url),
		"/longer":       fmt.Sprintf("<#me> %s <%slonger/>.", names, i.url),
		"/othercard":    fmt.Sprintf("<#me> %s <%sother>.", names, i.url),
		"/hashless.ttl": fmt.Sprintf("<%shashless> %s <%[3]s>.", i.url, names, i.url),
		"/large":        fmt.Sprintf("<#me> %s <%s>. # %s", names, i.url, strings.Repeat("a", 3<<20)),
	}
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/.well-known/openid-configuration"):
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(marshal(object{"issuer": i.url, "jwks_uri": i.url + "jwks"}))
	case path == "/jwks":
		i.keysAsked.Add(1)
		public := object{"kid": "key", "alg": "ES256", "use": "sig"}
		for name, value := range i.key.public {
			public[name] = value
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(marshal(object{"keys": []object{public}}))
	case i.leads[path] != "":
		http.Redirect(w, r, i.leads[path], http.StatusSeeOther)
	case documents[path] != "":
		w.Header().Set("Content-Type", "text/turtle")
		_, _ = w.Write([]byte(documents[path]))
	default:
		http.NotFound(w, r)
	}
}

// get reads a resource with a token in which something may be changed, and a
// proof that is right.
func (i *issuer) get(t *suite.T, target string, change func(i *issuer, header, claims object)) *suite.Answer {
	return i.getSigned(t, i.key, target, change)
}

func (i *issuer) getSigned(t *suite.T, by key, target string, change func(i *issuer, header, claims object)) *suite.Answer {
	header := object{"typ": "at+jwt", "kid": "key"}
	claims := object{
		"iss": i.url, "webid": i.url + "card#me", "sub": i.url + "card#me", "client_id": i.url + "client", "aud": "solid",
		"iat": ago(0), "exp": ago(-5 * time.Minute), "jti": rand.Text(), "cnf": object{"jkt": i.agent.thumbprint()},
	}
	if change != nil {
		change(i, header, claims)
	}
	return bound{t, by.sign(header, claims), i.agent}.get(target, nil)
}

// welcome puts a document that the issuer's WebIDs may read and returns its
// URL. Does the server not take a token that is right, the case does not apply.
func (i *issuer) welcome(t *suite.T) string {
	target := private(t)
	t.SetACL(target, "acl:agentClass acl:AuthenticatedAgent; acl:accessTo <"+target+">; acl:mode acl:Read")
	if answer := i.get(t, target, nil); answer.Status != http.StatusOK {
		t.NotApplicable("the server takes no tokens of an issuer at %s", i.url)
	}
	return target
}

// trap counts who connects to an address of loopback that is not the usual one.
type trap struct {
	url         string
	connections atomic.Int32
}

func newTrap(t *suite.T) *trap {
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.NotApplicable("this machine has no second address at loopback: %v", err)
	}
	found := &trap{url: "http://" + listener.Addr().String() + "/"}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Listener = listener
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			found.connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(func(context.Context) { server.Close() })
	return found
}
