package account

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
	"domicile/wac"
)

// TestAppAsks: what an app asks for is proposed, never more, and given only as
// the person leaves it (RFC 9396, design §8.2).
func TestAppAsks(t *testing.T) {
	const consent, pod = "/.account/oidc/consent/?interaction=req", "https://pods.example/anna/"
	const webID, class = pod + "profile/card#me", "http://schema.org/Recipe"
	me := rdf.IRI(webID)
	solid := func(name string) rdf.Term { return rdf.IRI(rdf.Solid + name) }
	documents := web{
		pod + "profile/card":                 rdf.Triple{S: me, P: solid("publicTypeIndex"), O: rdf.IRI(pod + "settings/index")},
		"https://pods.example/bert/settings": rdf.Triple{S: me, P: solid("forClass"), O: rdf.IRI(class)},
	}
	until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	loans := provider.AccessDetail{
		Type: provider.DomicileAccess, Locations: []string{pod + "library/loans/"}, Actions: []string{"read", "add"},
		Purpose: "To show what you borrowed.", Until: &until,
	}
	ask := func(t *testing.T, details ...provider.AccessDetail) (*bench, *agent, reply) {
		b := newBench(t, options{profiles: documents})
		b.oidc.request.Details = details
		a := b.person()
		a.submit("/.account/login/password/register/?interaction=req", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}})
		page := a.must(200, "GET", consent, nil)
		accessible(t, page.html, "en")
		return b, a, page
	}
	t.Run("it is proposed and can be left as it is", func(t *testing.T) {
		b, a, page := ask(t, loans)
		for _, part := range []string{"To show what you borrowed.", `name="part ` + pod + `library/loans/"`, `value="add" selected`, `value="until" selected`} {
			if !strings.Contains(page.html, part) {
				t.Errorf("the page lacks %s", part)
			}
		}
		if strings.Count(page.html, " selected") != 2+strings.Count(page.html, `value="none" selected`) {
			t.Error("more is proposed than was asked for")
		}
		r := a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"parts"}, "part " + pod + "library/loans/": {"add"}, "term": {"until"}})
		if r.Code != 303 {
			t.Fatalf("answered %d", r.Code)
		}
		g := b.grantOf(b.oidc.grant)
		if want := []grant.Part{{Storage: "anna", Path: "library/loans/", Modes: wac.Read | wac.Append}}; !slices.Equal(g.Parts, want) || !g.Until.Equal(until) || g.Purpose != loans.Purpose {
			t.Errorf("kept %+v", g)
		}
		t.Run("and there is room for it", func(t *testing.T) {
			err := b.store.View(t.Context(), func(r rdfstore.Reader) error {
				_, err := r.Resource(resource.Root("anna").Entry("library/loans/"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("she may leave less, and none is made for reading", func(t *testing.T) {
		b, a, _ := ask(t, loans)
		a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"parts"}, "part " + pod + "library/loans/": {"see"}, "term": {"day"}})
		if g := b.grantOf(b.oidc.grant); g.Parts[0].Modes != wac.Read || !g.Until.Before(until) {
			t.Errorf("kept %+v", g.Access)
		}
		err := b.store.View(t.Context(), func(r rdfstore.Reader) error {
			_, err := r.Resource(resource.Root("anna").Entry("library/"))
			return err
		})
		if err == nil {
			t.Error("a container was made")
		}
	})
	t.Run("a program that says nothing gives what was asked, not everything", func(t *testing.T) {
		b := newBench(t, options{})
		b.oidc.request.Details = []provider.AccessDetail{loans}
		a := b.resident("anna")
		a.must(200, "POST", consent, map[string]any{})
		if g := b.grantOf(b.oidc.grant); g.Everything || len(g.Parts) != 1 {
			t.Errorf("kept %+v", g.Access)
		}
	})
	t.Run("what is elsewhere is said and not proposed", func(t *testing.T) {
		_, _, page := ask(t, provider.AccessDetail{Locations: []string{"https://elsewhere.example/x/", pod + ".acl"}, Actions: []string{"control"}})
		if !strings.Contains(page.html, "<code>https://elsewhere.example/x/</code>") || strings.Contains(page.html, `name="part https://elsewhere`) || strings.Contains(page.html, "yes\" checked>\n<label for=\"control") {
			t.Errorf("the page is\n%s", page.html)
		}
	})
	index := pod + "settings/index"
	recipes := provider.AccessDetail{Classes: []string{class}, Actions: []string{"read"}}
	t.Run("a class that no index has", func(t *testing.T) {
		_, _, page := ask(t, recipes)
		if !strings.Contains(page.html, "<code>"+class+"</code>") {
			t.Errorf("the page is\n%s", page.html)
		}
	})
	t.Run("a class that her index has", func(t *testing.T) {
		documents[index] = rdf.Triple{S: rdf.IRI(index + "#r"), P: solid("forClass"), O: rdf.IRI(class)}
		both := registered{documents, index, rdf.Triple{S: rdf.IRI(index + "#r"), P: solid("instanceContainer"), O: rdf.IRI(pod + "recipes/")}}
		b := newBench(t, options{profiles: both})
		b.oidc.request.Details = []provider.AccessDetail{recipes}
		a := b.person()
		a.submit("/.account/login/password/register/?interaction=req", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}})
		if page := a.must(200, "GET", consent, nil).html; !strings.Contains(page, `name="part `+pod+`recipes/"`) || !strings.Contains(page, `value="see" selected`) {
			t.Errorf("the page is\n%s", page)
		}
	})
	t.Run("an index in another's pod is not read", func(t *testing.T) {
		documents[pod+"profile/card"] = rdf.Triple{S: me, P: solid("publicTypeIndex"), O: rdf.IRI("https://pods.example/bert/settings")}
		both := registered{documents, "https://pods.example/bert/settings", rdf.Triple{S: me, P: solid("instanceContainer"), O: rdf.IRI("https://pods.example/bert/secret/")}}
		b := newBench(t, options{profiles: both})
		b.resident("bert")
		b.oidc.request.Details = []provider.AccessDetail{recipes}
		a := b.person()
		a.submit("/.account/login/password/register/?interaction=req", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}})
		if page := a.must(200, "GET", consent, nil).html; strings.Contains(page, "secret") {
			t.Errorf("the page tells what is in another's pod:\n%s", page)
		}
	})
}

// registered is documents of which one has a second statement.
type registered struct {
	web
	document string
	more     rdf.Triple
}

func (r registered) Profile(ctx context.Context, iri string) (*rdf.Graph, error) {
	graph, err := r.web.Profile(ctx, iri)
	if err == nil && documentOf(iri) == r.document {
		graph.Add(r.more)
	}
	return graph, err
}
