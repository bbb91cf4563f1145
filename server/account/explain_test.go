package account

import (
	"context"
	"net/url"
	"slices"
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
