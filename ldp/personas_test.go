package ldp_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/wac/wactest"
)

// TestPersonas compares what the handler answers with what the text of Web
// Access Control says, for everyone, every way of writing an authorization and
// every operation. The text is read by package wactest and by permits, below.

const (
	member    = "https://carol.example/card#me" // of the group of the tests
	clerk     = "https://clerk.example/id"      // an app
	clerkHome = "https://clerk.example"         // its web origin
	otherHome = "https://evil.example"
)

// askers are the personas: who asks, with which app, from which web origin.
var askers = []struct {
	name string
	wactest.Request
}{
	{"owner", wactest.Request{WebID: alice, Client: "https://notes.example/id", Issuer: issuer}},
	{"owner by an app", wactest.Request{WebID: alice, Client: clerk, Issuer: issuer, Origin: clerkHome}},
	{"owner by an app from elsewhere", wactest.Request{WebID: alice, Client: clerk, Issuer: issuer, Origin: otherHome}},
	{"agent", wactest.Request{WebID: bob, Issuer: issuer}},
	{"stranger", wactest.Request{WebID: stranger, Issuer: issuer}},
	{"member", wactest.Request{WebID: member, Issuer: issuer}},
	{"public", wactest.Request{}},
}

// rulesFor are the ways in which an authorization says for whom it is.
var rulesFor = []struct {
	name, text string
	strict     bool // acl:origin counts
}{
	{"WAC-SUBJ-01 agent", `acl:agent <` + bob + `>`, false},
	{"owner", `acl:agent <` + alice + `>`, false},
	{"WAC-SUBJ-02 everyone", `acl:agentClass foaf:Agent`, false},
	{"WAC-SUBJ-02 authenticated", `acl:agentClass acl:AuthenticatedAgent`, false},
	{"WAC-SUBJ-03 group", `acl:agentGroup <` + root + `team#us>`, false},
	{"WAC-COND-01 owner by one app", `acl:agent <` + alice + `>; acl:condition [a acl:ClientCondition; acl:client <` + clerk + `>]`, false},
	{"owner, origins count", `acl:agent <` + alice + `>`, true},
	{"WAC-ORIG-01 owner by one origin", `acl:agent <` + alice + `>; acl:origin <` + clerkHome + `>`, true},
	{"everyone, origins count", `acl:agentClass foaf:Agent`, true},
}

// placements are where the authorization is and what it is about. The target is
// in c/; %s is the authorization without its object.
var placements = []struct {
	name string
	acls map[string]string // path of the subject → objects; "" for an empty ACL
}{
	{"WAC-EFF-02 accessTo", map[string]string{"c/": `acl:accessTo <` + root + `c/>`}},
	{"WAC-EFF-02 default", map[string]string{"c/": `acl:default <` + root + `c/>`}},
	{"both", map[string]string{"c/": `acl:accessTo <` + root + `c/>; acl:default <` + root + `c/>`}},
	{"none", map[string]string{"c/": `acl:accessTo <` + root + `d/>`}},
	{"WAC-EFF-01 deeper ACL without it", map[string]string{"c/": `acl:accessTo <` + root + `c/>; acl:default <` + root + `c/>`, "c/r": "", "c/d/": ""}},
	{"deeper ACL with it", map[string]string{"c/": "", "c/r": `acl:accessTo <` + root + `c/r>`, "c/d/": `acl:accessTo <` + root + `c/d/>`}},
}

type operation struct{ name, method, path, mediaType, body string }

// asks are the operations.
var asks = []operation{
	{"GET", "GET", "c/r", "", ""},
	{"GET container", "GET", "c/", "", ""},
	{"GET absent", "GET", "c/none", "", ""},
	{"PUT new", "PUT", "c/new", ttl, ""},
	{"PUT new below", "PUT", "c/x/y/new", ttl, ""},
	{"PUT replace", "PUT", "c/r", ttl, ""},
	{"POST", "POST", "c/", ttl, ""},
	{"PATCH insert", "PATCH", "c/r", n3, insertDelete("", "", "<#new> ex:p 1.")},
	{"PATCH insert new", "PATCH", "c/new", n3, insertDelete("", "", "<#new> ex:p 1.")},
	{"PATCH where", "PATCH", "c/r", n3, insertDelete("<#it> ex:name ?n.", "", "<#new> ex:p 1.")},
	{"PATCH delete", "PATCH", "c/r", n3, insertDelete("", "<#it> ex:name 'Milk'.", "")},
	{"DELETE", "DELETE", "c/r", "", ""},
	{"DELETE container", "DELETE", "c/d/", "", ""},
	{"DELETE absent", "DELETE", "c/none", "", ""},
	{"ACL read", "GET", "c/r.acl", "", ""},
	{"ACL write", "PUT", "c/r.acl", ttl, acl(root+"c/r", mine)},
}

// permits is the text on which operation takes which modes (WAC §4 and the
// Solid Protocol on N3 Patch), read by name of the operation.
func permits(modes func(path string) map[string]bool, operation string) bool {
	r, c := modes("c/r"), modes("c/")
	grows := c["Append"] || c["Write"]
	switch operation {
	case "GET":
		return r["Read"]
	case "GET container":
		return c["Read"]
	case "GET absent", "DELETE absent": // where nothing is, reading tells so
		return modes("c/none")["Read"]
	case "PUT new":
		return modes("c/new")["Write"] && grows
	case "PUT new below":
		below := modes("c/x/")
		return modes("c/x/y/new")["Write"] && grows && (below["Append"] || below["Write"])
	case "PUT replace":
		return r["Write"]
	case "POST":
		return grows
	case "PATCH insert":
		return r["Append"] || r["Write"]
	case "PATCH insert new":
		fresh := modes("c/new")
		return (fresh["Append"] || fresh["Write"]) && grows
	case "PATCH where":
		return r["Read"] && (r["Append"] || r["Write"])
	case "PATCH delete":
		return r["Read"] && r["Write"]
	case "DELETE":
		return r["Write"] && c["Write"]
	case "DELETE container":
		d := modes("c/d/")
		return d["Read"] && d["Write"] && c["Write"]
	case "ACL read", "ACL write":
		return r["Control"]
	}
	panic(operation)
}

func TestPersonas(t *testing.T) {
	for _, who := range rulesFor {
		for _, place := range placements {
			t.Run(who.name+"/"+place.name, func(t *testing.T) {
				t.Parallel()
				for set := range 1 << len(modeNames) {
					checkPersonas(t, authorizationOf(who.text, modesOf(set)), place.acls, who.strict)
				}
			})
		}
	}
}

// modeNames are the modes in the order of package wac's bits.
var modeNames = []string{"Read", "Append", "Write", "Control"}

func modesOf(set int) []string {
	var modes []string
	for i, mode := range modeNames {
		if set&(1<<i) != 0 {
			modes = append(modes, mode)
		}
	}
	return modes
}

// authorizationOf is an authorization without its object.
func authorizationOf(who string, modes []string) string {
	text := "@prefix acl: <http://www.w3.org/ns/auth/acl#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>. <#a> a acl:Authorization; " + who + "; "
	for _, mode := range modes {
		text += "acl:mode acl:" + mode + "; "
	}
	return text
}

// newWorld is what stands, to be put into a pod and to be read as the text.
func newWorld(t *testing.T, authorization string, placed map[string]string, strict bool) ([]given, wactest.World) {
	standing := []given{{"c/", "", ""}, {"c/r", ttl, note}, {"c/d/", "", ""},
		{"team", ttl, "<#us> <" + rdf.VCard + "hasMember> <" + member + ">."}}
	world := wactest.World{Root: root, Owner: alice, ACLs: map[string]*rdf.Graph{}, Members: map[string][]string{root + "team#us": {member}}, StrictOrigin: strict}
	addACL := func(path, text string) {
		document, err := codec.Parse(t.Context(), ttl, strings.NewReader(text), root+path+".acl")
		if err != nil {
			t.Fatal(err)
		}
		world.ACLs[root+path] = document.Default
	}
	addACL("", acl(root, mine))
	for path, objects := range placed {
		text := ""
		if objects != "" {
			text = authorization + objects + "."
		}
		standing = append(standing, given{path + ".acl", ttl, text})
		addACL(path, text)
	}
	slices.SortFunc(standing, func(a, b given) int { return strings.Compare(a.path, b.path) })
	return standing, world
}

func checkPersonas(t *testing.T, authorization string, placed map[string]string, strict bool) {
	standing, world := newWorld(t, authorization, placed, strict)
	fresh := func() *pod { return newUnserved(t, standing, func(c *ldp.Config) { c.StrictOrigin = strict }) }
	p := fresh()
	for _, asker := range askers {
		granted := func(path string) map[string]bool { return world.Modes(root+path, asker.Request) }
		for _, ask := range asks {
			status := p.ask(asker.Request, ask).Code
			wanted := statusOf(asker.Request, ask.name, permits(granted, ask.name), world.ACLs[root+"c/r"] != nil)
			if status != wanted {
				t.Errorf("%s %s of %s: status %d, want %d\n%s\n%v", asker.name, ask.name, ask.path, status, wanted, authorization, placed)
			}
			if status < 300 && ask.method != "GET" {
				p.close()
				p = fresh()
			}
		}
	}
	p.close()
}

// statusOf is the answer to an operation that is permitted or not.
func statusOf(r wactest.Request, operation string, permitted, hasACL bool) int {
	switch {
	case !permitted && r.WebID == "":
		return http.StatusUnauthorized
	case !permitted:
		return http.StatusForbidden
	case strings.HasSuffix(operation, "absent"), operation == "ACL read" && !hasACL:
		return http.StatusNotFound
	case strings.HasPrefix(operation, "GET"), operation == "ACL read":
		return http.StatusOK
	case strings.Contains(operation, "new"), operation == "POST", operation == "ACL write" && !hasACL:
		return http.StatusCreated
	}
	return http.StatusNoContent
}

// ask makes a request without a network between.
func (p *pod) ask(as wactest.Request, o operation) *httptest.ResponseRecorder {
	r := httptest.NewRequest(o.method, root+o.path, strings.NewReader(o.body))
	for name, value := range map[string]string{agentHeader: as.WebID, "X-Test-Client": as.Client, "Origin": as.Origin, "Content-Type": o.mediaType} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w
}
