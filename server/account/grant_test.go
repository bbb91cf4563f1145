package account

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
	"domicile/server/language"
	"domicile/wac"
)

// grantOf reads the grant that an approval or the making of credentials left.
func (b *bench) grantOf(id string) (g grant.Grant) {
	b.t.Helper()
	err := b.store.View(b.t.Context(), func(r rdfstore.Reader) (err error) {
		g, err = grant.ByID(r, id)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

func TestGrantAPI(t *testing.T) {
	b := newBench(t, options{})
	a, other := b.resident("anna"), b.resident("bert")
	index := a.must(200, "GET", "/.account/", nil)
	const webID, notes = "https://pods.example/anna/profile/card#me", "https://pods.example/anna/notes/"

	a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"name": "old script", "webId": webID})
	until := b.now.Add(24 * time.Hour).UTC().Truncate(time.Second)
	a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{
		"name": "library", "webId": webID, "until": until.Format(time.RFC3339),
		"access": []any{map[string]any{"location": notes, "actions": []any{"read", "add"}}},
	})
	listed := a.must(200, "GET", index.control("account.grant"), nil).json["grants"].([]any)
	if len(listed) != 2 {
		t.Fatalf("grants: %v", listed)
	}
	byName := map[string]map[string]any{}
	for _, one := range listed {
		g := one.(map[string]any)
		byName[g["client"].(map[string]any)["client_name"].(string)] = g
	}
	if g := byName["old script"]; g["everything"] != true || g["until"] != nil {
		t.Errorf("credentials made as for Community Solid Server may do %v", g)
	}
	library := byName["library"]
	sameJSON(t, "access", library["access"], `[{"actions":["read","add"],"location":"`+notes+`"}]`)
	resource := library["resource"].(string)

	t.Run("change", func(t *testing.T) {
		changed := a.must(200, "POST", resource, map[string]any{"access": []any{map[string]any{"location": notes, "actions": []any{"edit"}}}})
		sameJSON(t, "access", changed.json["access"], `[{"actions":["edit"],"location":"`+notes+`"}]`)
		g := b.grantOf(library["id"].(string))
		if want := []grant.Part{{Storage: "anna", Path: "notes/", Modes: wac.Write | wac.Append}}; !slices.Equal(g.Parts, want) || !g.Until.IsZero() {
			t.Errorf("kept as %+v", g.Access)
		}
	})
	t.Run("refusals change nothing", func(t *testing.T) {
		before := a.must(200, "GET", resource, nil)
		for _, body := range []map[string]any{
			{},
			{"everything": true, "access": []any{map[string]any{"location": notes, "actions": []any{"read"}}}},
			{"access": []any{map[string]any{"location": "https://elsewhere.example/x/", "actions": []any{"read"}}}},
			{"access": []any{map[string]any{"location": notes + ".acl", "actions": []any{"read"}}}},
			{"access": []any{map[string]any{"location": notes, "actions": []any{"own"}}}},
			{"access": []any{map[string]any{"location": notes, "actions": []any{}}}},
			{"access": []any{notes}},
			{"access": "everything"},
			{"everything": true, "until": "tomorrow"},
			{"everything": true, "until": b.now.Add(-time.Second).Format(time.RFC3339)},
		} {
			a.must(400, "POST", resource, body)
		}
		other.must(403, "POST", resource, map[string]any{"everything": true})
		other.must(403, "DELETE", resource, nil)
		if after := a.must(200, "GET", resource, nil); after.Body.String() != before.Body.String() {
			t.Errorf("%s became %s", before.Body, after.Body)
		}
	})
	t.Run("withdraw", func(t *testing.T) {
		a.must(200, "DELETE", resource, nil)
		a.must(404, "GET", resource, nil)
		a.must(404, "DELETE", resource, nil)
		left := a.must(200, "GET", index.control("account.clientCredentials"), nil).json["clientCredentials"].(map[string]any)
		if len(left) != 1 {
			t.Errorf("credentials left: %v", left)
		}
		if want := "grant " + accountOf(index) + " " + library["id"].(string); !slices.Contains(b.oidc.withheld, want) {
			t.Errorf("the provider ended %q, not %q", b.oidc.withheld, want)
		}
	})
	t.Run("credentials take their grant along", func(t *testing.T) {
		a.must(200, "DELETE", firstOf(a, index.control("account.clientCredentials"), "clientCredentials"), nil)
		if left := a.must(200, "GET", index.control("account.grant"), nil).json["grants"].([]any); len(left) != 0 {
			t.Errorf("grants left: %v", left)
		}
	})
}

// TestConsentChoices: what a person chooses on the consent page is what is
// kept, and what is not clearly chosen lets nobody in.
func TestConsentChoices(t *testing.T) {
	const consent = "/.account/oidc/consent/?interaction=req"
	const pod, webID = "https://pods.example/anna/", "https://pods.example/anna/profile/card#me"
	const notes = pod + "notes/"
	signUp := url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}
	form := func(pairs ...string) url.Values {
		values := url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"parts"}, "term": {"month"}}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	part := func(path string, modes wac.Modes) []grant.Part {
		return []grant.Part{{Storage: "anna", Path: path, Modes: modes}}
	}
	for _, c := range []struct {
		name string
		form url.Values
		want *grant.Access // nil: the page again, with a problem
	}{
		{"a folder to see", form("part "+notes, "see", "part "+pod, "none"), &grant.Access{Parts: part("notes/", wac.Read)}},
		{"a folder to drop into", form("part "+notes, "drop"), &grant.Access{Parts: part("notes/", wac.Append)}},
		{"the pod to edit, with control", form("part "+pod, "edit", "control "+pod, "yes"), &grant.Access{Parts: part("", wac.Read|wac.Append|wac.Write|wac.Control)}},
		{"control has a tick of its own", form("part "+notes, "none", "control "+notes, "yes"), &grant.Access{Parts: part("notes/", wac.Control)}},
		{"nothing but who she is", form("amount", "nothing", "part "+notes, "edit"), &grant.Access{}},
		{"everything", form("amount", "everything", "part "+notes, "see"), &grant.Access{Everything: true}},
		{"parts, but none", form("part "+notes, "none"), nil},
		{"no amount", form("amount", "", "part "+notes, "see"), nil},
		{"an unknown level", form("part "+notes, "own"), nil},
		{"an unknown term", form("part "+notes, "see", "term", "century"), nil},
		{"an end that nobody proposed", form("part "+notes, "see", "term", "until"), nil},
		{"a resource elsewhere", form("part https://elsewhere.example/x/", "see"), nil},
		{"an ACL", form("part "+notes+".acl", "see"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, options{})
			a := b.person()
			a.submit("/.account/login/password/register/?interaction=req", "", signUp)
			page := a.must(200, "GET", consent, nil)
			if !strings.Contains(page.html, `name="part `+notes+`"`) || !strings.Contains(page.html, `value="parts" checked`) || strings.Contains(page.html, `value="see" selected`) {
				t.Errorf("the page proposes something else than to choose:\n%s", page.html)
			}
			r := a.submit(consent, "", c.form)
			if c.want == nil {
				if r.Code != 400 || b.oidc.answered != "" {
					t.Fatalf("answered %d; the provider heard %q", r.Code, b.oidc.answered)
				}
				accessible(t, r.html, "en")
				return
			}
			if r.Code != 303 {
				t.Fatalf("answered %d: %s", r.Code, r.Body)
			}
			g := b.grantOf(b.oidc.grant)
			if g.Everything != c.want.Everything || !slices.Equal(g.Parts, c.want.Parts) {
				t.Errorf("kept %+v, want %+v", g.Access, *c.want)
			}
			if want := b.now.AddDate(0, 1, 0); g.Until.Sub(want).Abs() > time.Second {
				t.Errorf("it ends at %s, want %s", g.Until, want)
			}
			if g.Client.ID != "https://app.example/id" || g.WebID != webID || !g.Client.Verified || g.Client.Host != "app.example" {
				t.Errorf("it is for %+v as %s", g.Client, g.WebID)
			}
		})
	}
}

// TestGrantPage: an app that was let in is listed, shown, changed, prolonged
// and stopped.
func TestGrantPage(t *testing.T) {
	const consent = "/.account/oidc/consent/?interaction=req"
	const notes, webID = "https://pods.example/anna/notes/", "https://pods.example/anna/profile/card#me"
	b := newBench(t, options{})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"parts"}, "part " + notes: {"see"}, "term": {"day"}})
	address := home + "grant/" + b.oidc.grant + "/"
	if page := a.must(200, "GET", home, nil).html; !strings.Contains(page, `href="`+address+`"`) || !strings.Contains(page, "Notes") {
		t.Fatalf("the account page does not list the app:\n%s", page)
	}
	for _, lang := range language.All {
		page := a.must(200, "GET", address, nil, "Accept-Language: "+lang).html
		accessible(t, page, lang)
		for _, part := range []string{"app.example", webID, `value="see" selected`, `value="until" selected`, `value="withdraw"`} {
			if !strings.Contains(page, part) {
				t.Errorf("%s: the page lacks %s", lang, part)
			}
		}
	}
	until := b.grantOf(b.oidc.grant).Until
	change := func(pairs ...string) reply {
		form := url.Values{"decision": {"change"}, "amount": {"parts"}, "term": {"until"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return a.submit(address, "", form)
	}
	if r := change("part "+notes, "edit"); r.Code != 200 || !strings.Contains(r.html, `role="status"`) {
		t.Errorf("the change answered %d", r.Code)
	}
	if g := b.grantOf(b.oidc.grant); !g.Parts[0].Modes.Has(wac.Write) || !g.Until.Equal(until) {
		t.Errorf("changed to %+v", g.Access)
	}
	if r := change("part "+notes, "none"); r.Code != 400 || !b.grantOf(b.oidc.grant).Parts[0].Modes.Has(wac.Write) {
		t.Errorf("a change to nothing answered %d", r.Code)
	}
	b.now = b.now.AddDate(0, 0, 2)
	if page := a.must(200, "GET", address, nil).html; !strings.Contains(page, "The time is over") || strings.Contains(page, `value="until"`) {
		t.Errorf("the page does not say that it has ended:\n%s", page)
	}
	change("part "+notes, "see", "term", "week")
	if g := b.grantOf(b.oidc.grant); g.Ended(b.now.AddDate(0, 0, 6)) || !g.Ended(b.now.AddDate(0, 0, 8)) {
		t.Errorf("prolonged until %s", g.Until)
	}
	if r := a.submit(address, "", url.Values{"decision": {"withdraw"}}); r.Header().Get("Location") != home {
		t.Errorf("withdrawing answered %d", r.Code)
	}
	a.must(404, "GET", address, nil)
	other := b.person()
	other.submit("/.account/login/password/register/", "", url.Values{"email": {"bert@example.org"}, "password": {"long enough"}, "name": {"bert"}})
	other.must(403, "GET", address, nil)
}
