package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"domicile/conformance/internal/harness"
)

// TestAccountContract runs one script of calls of the account API against
// Community Solid Server and against ours: what theirs answers, ours answers
// too, with the same status, member names and types. Ours may answer more.
func TestAccountContract(t *testing.T) {
	theirs := runAccountScript(t, css.BaseURL(t))
	ours := runAccountScript(t, program.Start(t).IdentityURL)
	met := make([]bool, len(deviations))
	for i, want := range theirs {
		t.Run(want.step, func(t *testing.T) {
			for _, d := range want.differences(ours[i]) {
				allowed := slices.IndexFunc(deviations, func(known deviation) bool { return known.covers(want.step, d.what) })
				if allowed < 0 {
					t.Errorf("%s: theirs %s, ours %q", d.what, d.theirs, d.ours)
					continue
				}
				met[allowed] = true
			}
		})
	}
	for i, known := range deviations {
		if !met[i] {
			t.Errorf("not met, so not needed: %+v", known)
		}
	}
}

// deviation is a difference that stays, with the members below it.
type deviation struct{ step, what, reason string } // no step: any

var deviations = []deviation{
	{"", "controls.html.password.create", "no page adds a second login: the control password.create does"},
	{"a WebID", "status", "theirs fails with 500: each resource can be read here (design §7)"},
	{"a method that is not there", "status", "theirs takes PUT of the index for GET: ours says that it is not allowed"},
	{"link it again", "status", "theirs asks for a triple in the profile: that this is in a pod of the account proves as much"},
	{"sign out", "cookie css-account", "theirs ends the cookie of a browser whose program came with a token: that may be another session"},
	{"sign out", "controls", "theirs still are those of the account just left: they would answer 401"},
}

func (d deviation) covers(step, what string) bool {
	return (d.step == "" || d.step == step) && (d.what == what || strings.HasPrefix(what, d.what+"."))
}

// difference is one way in which our answer to a step is not theirs.
type difference struct{ what, theirs, ours string }

// accountAnswer is what a caller can build on in an answer of the account API.
type accountAnswer struct {
	step   string
	status int
	shape  map[string]string // JSON types by the path of the member, and cookies
}

func (a accountAnswer) differences(ours accountAnswer) []difference {
	if a.status != ours.status {
		return []difference{{"status", fmt.Sprint(a.status), fmt.Sprint(ours.status)}}
	}
	var found []difference
	for _, member := range slices.Sorted(maps.Keys(a.shape)) {
		if theirs, ours := a.shape[member], ours.shape[member]; theirs != ours {
			found = append(found, difference{member, theirs, ours})
		}
	}
	return found
}

// keyedByData are the members whose own members are named by what was made.
var keyedByData = []string{"clientCredentials", "passwordLogins", "pods", "webIdLinks"}

// addShape adds the types below one member: one entry stands for those of an
// array or of a map that is keyed by data, and a URL is a type of its own. What
// describes input is compared by value.
func addShape(shape map[string]string, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		shape[path] = "object"
		for name, member := range value {
			if slices.Contains(keyedByData, path) {
				name = "*"
			}
			addShape(shape, strings.TrimPrefix(path+"."+name, "."), member)
		}
	case []any:
		shape[path] = "array"
		for _, entry := range value {
			addShape(shape, path+".*", entry)
		}
	case string:
		shape[path] = "string"
		if u, err := url.Parse(value); err == nil && u.Host != "" && !strings.Contains(value, " ") {
			shape[path] = "URL"
		}
	default:
		shape[path] = fmt.Sprintf("%T", value)
	}
	if _, isObject := value.(map[string]any); !isObject && strings.HasPrefix(path, "fields.") {
		shape[path] = fmt.Sprint(value)
	}
}

// accountCaller calls the account API as a script does: it knows the URL of
// the index and takes all others from answers.
type accountCaller struct {
	t       *testing.T
	index   string
	token   string // "" when signed out
	answers []accountAnswer
}

// call takes one step, with a JSON body unless that is nil, and returns the
// members of the answer.
func (c *accountCaller) call(step, method, url string, in any) map[string]any {
	c.t.Helper()
	header := []string{"Accept", "application/json"}
	if c.token != "" {
		header = append(header, "Authorization", "CSS-Account-Token "+c.token)
	}
	var body string
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			c.t.Fatal(err)
		}
		body, header = string(text), append(header, "Content-Type", "application/json")
	}
	answer := harness.Anonymous(c.t, method, url, body, header...)
	var members map[string]any
	if err := json.Unmarshal([]byte(answer.Body), &members); err != nil {
		c.t.Fatalf("%s: %s %s answered %d and no JSON object: %v\n%s", step, method, url, answer.Status, err, answer.Body)
	}
	shape := map[string]string{}
	addShape(shape, "", members)
	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		shape["cookie "+cookie.Name] = "set"
	}
	c.answers = append(c.answers, accountAnswer{step, answer.Status, shape})
	return members
}

// url returns the URL at a path of member names; "*" is the only member.
func (c *accountCaller) url(members map[string]any, path ...string) string {
	c.t.Helper()
	var value any = members
	for _, name := range path {
		object, _ := value.(map[string]any)
		if value = object[name]; name == "*" && len(object) == 1 {
			value = slices.Collect(maps.Values(object))[0]
		}
	}
	text, ok := value.(string)
	if !ok {
		c.t.Fatalf("%s lacks %v: %v", c.index, path, members)
	}
	return text
}

func runAccountScript(t *testing.T, server string) []accountAnswer {
	t.Helper()
	type input map[string]any
	const email, newPassword, wrong = "contract@example.org", "staple battery horse", "not the password at all"
	c := &accountCaller{t: t, index: server + ".account/"}

	index := c.call("the index, signed out", http.MethodGet, c.index, nil)
	control := func(group, name string) string { return c.url(index, "controls", group, name) }
	signIn := control("password", "login")
	c.call("ways to sign in", http.MethodGet, control("main", "logins"), nil)
	c.call("what making an account takes", http.MethodGet, control("account", "create"), nil)
	c.call("what signing in takes", http.MethodGet, signIn, nil)
	c.token = c.url(c.call("make an account", http.MethodPost, control("account", "create"), input{}), "authorization")

	index = c.call("the index, signed in", http.MethodGet, c.index, nil)
	c.call("no password logins", http.MethodGet, control("password", "create"), nil)
	c.call("a pod before there is a login", http.MethodPost, control("account", "pod"), input{"name": "contract"})
	c.call("a login without a password", http.MethodPost, control("password", "create"), input{"email": email})
	c.call("make a login", http.MethodPost, control("password", "create"), input{"email": email, "password": harness.Password})
	c.call("a login that there is", http.MethodPost, control("password", "create"), input{"email": email, "password": harness.Password})
	login := c.url(c.call("the password logins", http.MethodGet, control("password", "create"), nil), "passwordLogins", "*")
	c.call("a password login", http.MethodGet, login, nil)

	c.call("no pods", http.MethodGet, control("account", "pod"), nil)
	pod := c.call("make a pod", http.MethodPost, control("account", "pod"), input{"name": "contract"})
	c.call("a pod name that is taken", http.MethodPost, control("account", "pod"), input{"name": "contract"})
	c.call("the pods", http.MethodGet, control("account", "pod"), nil)
	c.call("a pod", http.MethodGet, c.url(pod, "podResource"), nil)
	owners := func(step string, in input) { c.call(step, http.MethodPost, c.url(pod, "podResource"), in) }
	owners("an owner", input{"webId": "https://elsewhere.example/#me"})
	owners("an owner who is seen", input{"webId": "https://elsewhere.example/#me", "visible": true})
	owners("the first owner goes", input{"webId": pod["webId"], "remove": true})
	c.call("a pod with another owner", http.MethodGet, c.url(pod, "podResource"), nil)
	owners("the last owner goes", input{"webId": "https://elsewhere.example/#me", "remove": true})
	owners("somebody else goes", input{"webId": "https://nobody.example/#me", "remove": true})
	owners("visible is no boolean", input{"webId": pod["webId"], "visible": "yes"})
	owners("an owner without a WebID", input{"visible": true})
	owners("the first owner comes back", input{"webId": pod["webId"]})
	c.call("the WebIDs", http.MethodGet, control("account", "webId"), nil)
	c.call("a WebID", http.MethodGet, c.url(pod, "webIdResource"), nil)
	c.call("a WebID that is linked", http.MethodPost, control("account", "webId"), input{"webId": pod["webId"]})

	c.call("no client credentials", http.MethodGet, control("account", "clientCredentials"), nil)
	c.call("client credentials for no WebID", http.MethodPost, control("account", "clientCredentials"), input{"name": "script"})
	c.call("client credentials for another's WebID", http.MethodPost, control("account", "clientCredentials"), input{"name": "script", "webId": "https://elsewhere.example/#me"})
	made := c.call("make client credentials", http.MethodPost, control("account", "clientCredentials"), input{"name": "script", "webId": pod["webId"]})
	c.call("the client credentials", http.MethodGet, control("account", "clientCredentials"), nil)
	c.call("one of the client credentials", http.MethodGet, c.url(made, "resource"), nil)
	c.call("delete client credentials", http.MethodDelete, c.url(made, "resource"), nil)
	c.call("deleted client credentials", http.MethodGet, c.url(made, "resource"), nil)

	c.call("change a password with a wrong one", http.MethodPost, login, input{"oldPassword": wrong, "newPassword": newPassword})
	c.call("change a password", http.MethodPost, login, input{"oldPassword": harness.Password, "newPassword": newPassword})
	c.call("unlink a WebID", http.MethodDelete, c.url(pod, "webIdResource"), nil)
	c.call("the WebID after that", http.MethodGet, control("account", "webId"), nil)
	c.call("link it again", http.MethodPost, control("account", "webId"), input{"webId": pod["webId"]})
	c.call("delete the last login", http.MethodDelete, login, nil)
	c.call("a method that is not there", http.MethodPut, c.index, input{})
	c.call("a body that is no JSON object", http.MethodPost, control("account", "pod"), "contract")
	c.call("sign out", http.MethodPost, control("account", "logout"), input{})

	c.call("the token after signing out", http.MethodGet, control("account", "pod"), nil)
	c.call("the index after signing out", http.MethodGet, c.index, nil)
	c.token = ""
	c.call("a resource of an account, signed out", http.MethodGet, c.url(pod, "podResource"), nil)
	c.call("sign in with no password", http.MethodPost, signIn, input{"email": email})
	c.call("sign in with the old password", http.MethodPost, signIn, input{"email": email, "password": harness.Password})
	c.call("sign in with an address that nobody has", http.MethodPost, signIn, input{"email": "nobody@example.org", "password": wrong})
	c.token = c.url(c.call("sign in", http.MethodPost, signIn, input{"email": email, "password": newPassword}), "authorization")
	c.call("the index, signed in again", http.MethodGet, c.index, nil)
	return c.answers
}
