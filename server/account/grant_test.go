package account

import (
	"slices"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
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
