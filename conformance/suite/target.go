package suite

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"domicile/clients/solid"
	"domicile/rdfstore/rdf"
)

// Identity is an agent that a run can act as.
type Identity struct {
	Name    string // in reports
	WebID   string
	Storage string // URL of a container that is the agent's
	// Session gets and sends the agent's tokens; nil for nobody and for an
	// agent with a token of its own.
	Session *solid.Session
	// Credentials are what Session signs in with.
	Credentials solid.Credentials
	// Account is nil unless the run made one, with a login by Email and
	// Password.
	Account         *solid.Account
	Email, Password string

	transport http.RoundTripper
}

// Target is the server of a run and what the run found out about it.
type Target struct {
	URL    string // ends in a slash
	Issuer string // of the agents' tokens
	Alice  *Identity
	Bob    *Identity // nil when the run was given one agent
	nobody *Identity
	Made   bool   // the agents and their storages were made by the run
	Root   string // URL of the root of Alice's storage
	// Reach is the host name by which the server reaches the run, for what it
	// has to fetch or to send; "" when it does not.
	Reach string

	WAC         bool   // the server uses Web Access Control
	AcceptPatch string // of a container
	Software    string // what the server says it is

	container string // of the run
}

// transport is shared so that its connections are.
var transport = solid.NewTransport()

// SignUp makes two accounts with a pod each at a server with the account API
// of Community Solid Server. The API is at accounts, "" for the server itself.
func SignUp(ctx context.Context, server, accounts string) (*Target, error) {
	target, err := newTarget(server)
	if err != nil {
		return nil, err
	}
	target.Made = true
	if target.Issuer = accounts; accounts == "" {
		target.Issuer = target.URL
	}
	run := strings.ToLower(rand.Text()[:8])
	for _, agent := range []struct {
		name string
		is   **Identity
	}{{"Alice", &target.Alice}, {"Bob", &target.Bob}} {
		if *agent.is, err = signUp(ctx, target.Issuer, agent.name, run); err != nil {
			return nil, fmt.Errorf("making an account and a pod for %s: %w", agent.name, err)
		}
	}
	target.Root = target.Alice.Storage
	return target, target.prepare(ctx)
}

func signUp(ctx context.Context, server, name, run string) (*Identity, error) {
	id := strings.ToLower(name) + "-" + run
	email, password := id+"@conformance.example", rand.Text()
	account, err := solid.SignUp(ctx, server, email, password)
	if err != nil {
		return nil, err
	}
	pod, err := account.CreatePod(ctx, id)
	if err != nil {
		return nil, err
	}
	credentials, err := account.CreateCredentials(ctx, "conformance", pod.WebID)
	if err != nil {
		return nil, err
	}
	identity := &Identity{Name: name, WebID: pod.WebID, Storage: pod.URL, Credentials: credentials,
		Account: account, Email: email, Password: password}
	return identity, identity.login(ctx, server)
}

// Given is an agent that the run is given: with client credentials of an
// issuer, or with a bearer token.
type Given struct {
	WebID   string `json:"webId"`
	Storage string `json:"storage"` // URL of a container that the agent controls
	Issuer  string `json:"issuer,omitempty"`
	ID      string `json:"id,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Token   string `json:"token,omitempty"`
}

// UseGiven signs in the agents that a run is given: Alice, and Bob if there
// are two.
func UseGiven(ctx context.Context, server string, agents []Given) (*Target, error) {
	target, err := newTarget(server)
	if err != nil {
		return nil, err
	}
	if len(agents) < 1 || len(agents) > 2 {
		return nil, fmt.Errorf("want one agent or two, got %d", len(agents))
	}
	target.Issuer = agents[0].Issuer
	if target.Alice, err = agents[0].identity(ctx, "Alice"); err != nil {
		return nil, err
	}
	if len(agents) == 2 {
		if target.Bob, err = agents[1].identity(ctx, "Bob"); err != nil {
			return nil, err
		}
	}
	if target.Root, err = target.findRoot(ctx); err != nil {
		return nil, err
	}
	return target, target.prepare(ctx)
}

func (g Given) identity(ctx context.Context, name string) (*Identity, error) {
	if g.WebID == "" || !strings.HasSuffix(g.Storage, "/") {
		return nil, fmt.Errorf("%s needs a webId and a storage that ends in a slash", name)
	}
	identity := &Identity{Name: name, WebID: g.WebID, Storage: g.Storage}
	if g.Token != "" {
		identity.transport = bearer{g.Token, transport}
		return identity, nil
	}
	if g.Issuer == "" || g.ID == "" || g.Secret == "" {
		return nil, fmt.Errorf("%s needs a token, or issuer, id and secret", name)
	}
	identity.Credentials = solid.Credentials{ID: g.ID, Secret: g.Secret}
	return identity, identity.login(ctx, g.Issuer)
}

func (i *Identity) login(ctx context.Context, issuer string) (err error) {
	if i.Session, err = solid.Login(ctx, issuer, i.Credentials); err != nil {
		return fmt.Errorf("signing in %s: %w", i.Name, err)
	}
	i.transport = i.Session
	return nil
}

// bearer sends a token that is bound to no key.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(request)
}

func newTarget(server string) (*Target, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no URL of a server", server)
	}
	return &Target{
		URL:    strings.TrimSuffix(server, "/") + "/",
		nobody: &Identity{Name: "nobody", transport: transport},
	}, nil
}

// findRoot climbs from Alice's storage, as clients find it, to the first
// container that says to be a storage.
func (t *Target) findRoot(ctx context.Context) (string, error) {
	for at := t.Alice.Storage; ; {
		answer, err := t.ask(ctx, http.MethodHead, at)
		if err != nil {
			return "", err
		}
		for _, link := range parseLinks(answer.Header, at) {
			if link.rel == "type" && link.target == rdf.PIM+"Storage" {
				return at, nil
			}
		}
		parent := at[:strings.LastIndexByte(strings.TrimSuffix(at, "/"), '/')+1]
		if u, err := url.Parse(parent); err != nil || u.Host == "" {
			return "", fmt.Errorf("no container from %s upwards says that it is a storage", t.Alice.Storage)
		}
		at = parent
	}
}

// prepare makes the container of the run, for Alice only, and looks at what
// the server offers.
func (t *Target) prepare(ctx context.Context) error {
	t.container = t.Alice.Storage + "conformance-" + strings.ToLower(rand.Text()[:8]) + "/"
	made, err := t.ask(ctx, http.MethodPut, t.container, Turtle(""), TypeLink(BasicContainer))
	if err != nil {
		return err
	}
	if made.Status/100 != 2 {
		return fmt.Errorf("%s cannot make %s: %s", t.Alice.Name, t.container, made.AnswerText())
	}
	seen, err := t.ask(ctx, http.MethodHead, t.container)
	if err != nil {
		return err
	}
	t.AcceptPatch = strings.Join(seen.Header.Values("Accept-Patch"), ",")
	t.Software = cmp.Or(seen.Header.Get("Server"), seen.Header.Get("X-Powered-By"))
	acl := linked(seen.Header, t.container, "acl")
	if len(acl) == 0 {
		return nil
	}
	about, err := t.ask(ctx, http.MethodHead, acl[0])
	if err != nil {
		return err
	}
	for _, link := range parseLinks(about.Header, acl[0]) {
		if link.rel == "type" && strings.HasPrefix(link.target, acp) {
			return nil
		}
	}
	t.WAC = true
	kept, err := t.ask(ctx, http.MethodPut, acl[0], Turtle(onlyFor(t.Alice.WebID, t.container)))
	if err == nil && kept.Status/100 != 2 {
		err = fmt.Errorf("%s cannot keep %s to herself: %s", t.Alice.Name, t.container, kept.AnswerText())
	}
	return err
}

// acp is the namespace of Access Control Policies.
const acp = "http://www.w3.org/ns/solid/acp#"

// onlyFor is an ACL that gives everything in a container to one agent.
func onlyFor(webID, container string) string {
	return fmt.Sprintf(`@prefix acl: <%s>.
<#owner> a acl:Authorization; acl:agent <%s>; acl:accessTo <%s>; acl:default <%[3]s>;
  acl:mode acl:Read, acl:Write, acl:Control.
`, rdf.ACL, webID, container)
}

// ask sends a request as Alice outside of any case.
func (t *Target) ask(ctx context.Context, method, url string, parts ...Part) (Exchange, error) {
	answer := send(ctx, t.Alice, method, url, parts)
	if answer.Status == 0 {
		return Exchange{}, fmt.Errorf("%s %s: %s", method, url, answer.Error)
	}
	return answer.Exchange, nil
}

// Close deletes what the run made, as far as the server lets it: accounts
// cannot be deleted by the API.
func (t *Target) Close(ctx context.Context) error {
	t.remove(ctx, t.container)
	var errs []error
	for _, identity := range []*Identity{t.Alice, t.Bob} {
		if identity != nil && identity.Account != nil {
			errs = append(errs, identity.Account.DeleteCredentials(ctx, identity.Credentials))
		}
	}
	return errors.Join(errs...)
}

// remove deletes a container and all that it lists below itself.
func (t *Target) remove(ctx context.Context, container string) {
	listing := send(ctx, t.Alice, http.MethodGet, container, []Part{Accept(turtle)})
	if document, err := listing.parse(ctx); err == nil {
		for member := range document.Default.Objects(rdf.IRI(container), rdf.IRI(rdf.LDP+"contains")) {
			switch below, ok := strings.CutPrefix(member.Value(), container); {
			case !ok || strings.Trim(below, "/") == "" || strings.Contains(below, ".."): // nothing that a server at fault may have lost
			case strings.HasSuffix(below, "/"):
				t.remove(ctx, member.Value())
			default:
				send(ctx, t.Alice, http.MethodDelete, member.Value(), nil)
			}
		}
	}
	send(ctx, t.Alice, http.MethodDelete, container, nil)
}
