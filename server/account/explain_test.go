package account

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// fakeExplainer notes what it was asked.
type fakeExplainer struct {
	asker  *ldp.Asker
	asked  ldp.Question
	answer ldp.Access
	err    error
}

func (f *fakeExplainer) Explain(_ context.Context, asker *ldp.Asker, q ldp.Question) (ldp.Access, error) {
	f.asker, f.asked = asker, q
	return f.answer, f.err
}

func TestExplainAPI(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	control := a.must(200, "GET", "/.account/", nil).control("account.explain")
	const webID, note = "https://pods.example/anna/profile/card#me", "https://pods.example/anna/note"
	ask := func(status int, query ...string) reply {
		values := url.Values{}
		for i := 0; i < len(query); i += 2 {
			values.Set(query[i], query[i+1])
		}
		return a.must(status, "GET", control+"?"+values.Encode(), nil)
	}
	t.Run("without a resource it says how to ask", func(t *testing.T) {
		if fields, _ := ask(200).json["fields"].(map[string]any); len(fields) != 6 {
			t.Errorf("fields %v", fields)
		}
	})
	t.Run("it asks for the account with its WebIDs", func(t *testing.T) {
		b.explainer.answer = ldp.Access{Resource: note, ACL: "https://pods.example/anna/.acl"}
		got := ask(200, "resource", note, "webid", "https://bob.example/#me", "client", "urn:app", "origin", "https://app.example", "after", "x")
		if access, _ := got.json["access"].(map[string]any); access["resource"] != note || access["acl"] != "https://pods.example/anna/.acl" {
			t.Errorf("answer %s", got.Body)
		}
		if !slices.Equal(b.explainer.asker.WebIDs, []string{webID}) || b.explainer.asker.Account == "" {
			t.Errorf("asked for %+v", b.explainer.asker)
		}
		want := ldp.Question{Resource: note, After: "x", Agent: wac.Agent{
			WebID: "https://bob.example/#me", Client: "urn:app", Issuer: b.base, Origin: "https://app.example"}}
		if b.explainer.asked != want {
			t.Errorf("asked %+v, want %+v", b.explainer.asked, want)
		}
		ask(200, "resource", note)
		if b.explainer.asked.Agent != (wac.Agent{}) {
			t.Errorf("the public is %+v", b.explainer.asked.Agent)
		}
	})
	t.Run("an own app is narrowed as it was granted", func(t *testing.T) {
		index := a.must(200, "GET", "/.account/", nil)
		made := a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"name": "script", "webId": webID})
		ask(200, "resource", note, "webid", webID, "client", made.text("id"))
		if g := b.grantOf(b.explainer.asked.Agent.Grant); g.Client.ID != made.text("id") {
			t.Errorf("narrowed by %+v", g)
		}
		ask(200, "resource", note, "webid", webID, "client", "urn:unknown")
		if b.explainer.asked.Agent.Grant != "none" {
			t.Errorf("an app that was granted nothing has grant %q", b.explainer.asked.Agent.Grant)
		}
		ask(200, "resource", note, "webid", webID, "client", "urn:unknown", "issuer", "https://other.example/")
		if b.explainer.asked.Agent.Grant != "" {
			t.Errorf("another issuer's token has grant %q", b.explainer.asked.Agent.Grant)
		}
	})
	for _, c := range []struct {
		name   string
		err    error
		status int
	}{
		{"not a controller", ldp.ErrNotController, 403},
		{"elsewhere", resource.ErrOutside, 400},
		{"no URL", resource.ErrMalformed, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.explainer.err = c.err
			ask(c.status, "resource", note)
		})
	}
	t.Run("others and strangers", func(t *testing.T) {
		b.resident("bert").must(403, "GET", control+"?resource="+note, nil)
		b.program().must(401, "GET", control+"?resource="+note, nil)
		a.must(405, "POST", control, map[string]any{"resource": note})
	})
}

// TestContentsPage: a person sees what is in her pod, goes down into containers, and
// is led to no document that refuses her browser.
func TestContentsPage(t *testing.T) {
	b := newBench(t, options{})
	signedIn := b.person()
	home := signedIn.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	const root = "https://pods.example/anna/"
	page := func(resource string) string { return home + "explain/?resource=" + url.QueryEscape(resource) }
	if html := signedIn.must(200, "GET", home, nil).html; !strings.Contains(html, `href="`+page(root)+`"`) {
		t.Error("the account page does not link it")
	}
	b.explainer.answer = ldp.Access{Resource: root, Exists: true, Next: "z", Members: []ldp.MemberAccess{{Resource: root + "foto%27s/"}, {Resource: root + "secret"}, {Resource: root + "open"}}}
	b.explainer.answer.Members[2].Public = []string{"read"}
	html := signedIn.must(200, "GET", page(root), nil, "Accept-Language: nl").html
	accessible(t, html, "nl")
	for part, has := range map[string]bool{
		`href="` + page(root+"foto%27s/") + `"`: true,
		"foto&#39;s/":                           true,
		">secret":                               true,
		`href="` + root + `secret"`:             false,
		`href="` + root + `open"`:               true,
		"iedereen kan dit bekijken":             true,
		"Alleen jij":                            true,
		"Eén map omhoog":                        false,
		"after=z":                               true,
		`href="?lang=fr&amp;resource=https`:     true,
	} {
		if strings.Contains(html, part) != has {
			t.Errorf("%s is in the page: %t", part, !has)
		}
	}
	if b.explainer.asker.Account == "" || b.explainer.asked.Agent != (wac.Agent{}) {
		t.Errorf("%+v asked %+v", b.explainer.asker, b.explainer.asked)
	}
	b.explainer.answer = ldp.Access{Resource: root + "open/", Exists: true}
	if html := signedIn.must(200, "GET", page(root+"open/"), nil, "Accept-Language: nl").html; !strings.Contains(html, `href="`+page(root)+`"`) || !strings.Contains(html, "Hier staat nog niets") {
		t.Error("no way up, or members")
	}
	b.explainer.answer = ldp.Access{Resource: root + "gone/"}
	signedIn.must(404, "GET", page(root+"gone/"), nil)
	signedIn.must(404, "GET", page(root+"secret"), nil)
	signedIn.must(404, "GET", page("https://elsewhere.example/"), nil)
	b.explainer.err = ldp.ErrNotController
	signedIn.must(403, "GET", page("https://pods.example/bert/"), nil)
}
