package provider

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
)

// Details as an app asks for them, and parts of them.
const (
	notes     = `[{"type":"domicile-access","locations":["http://localhost:3000/alice/notes/"],"actions":["read","add"],"purpose":"Show your notes"}]`
	oneNote   = `[{"type":"domicile-access","locations":["http://localhost:3000/alice/notes/1.ttl"],"actions":["read"]}]`
	editNotes = `[{"type":"domicile-access","locations":["http://localhost:3000/alice/notes/"],"actions":["read","edit"]}]`
	allNotes  = `[{"type":"domicile-access","locations":["http://localhost:3000/alice/"],"actions":["read"]}]`
)

func TestMalformedDetails(t *testing.T) {
	h := newHarness(t)
	a := h.register(publicRegistration)
	detail := func(members string) string {
		return `[{"type":"domicile-access","actions":["read"],"locations":["https://pod.example/"]` + members + `}]`
	}
	for name, text := range map[string]string{
		"not JSON":                      `locations`,
		"not an array":                  strings.Trim(notes, "[]"),
		"empty":                         `[]`,
		"an element that is no object":  `["domicile-access"]`,
		"null":                          `[null]`,
		"something after it":            notes + notes,
		"unknown type":                  `[{"type":"payment","actions":["read"],"locations":["https://pod.example/"]}]`,
		"type of another case":          strings.Replace(notes, "domicile-access", "Domicile-Access", 1),
		"unknown member":                detail(`,"datatypes":["x"]`),
		"no locations and classes":      `[{"type":"domicile-access","actions":["read"]}]`,
		"locations and classes":         detail(`,"classes":["https://schema.org/Note"]`),
		"no actions":                    strings.Replace(notes, `"read","add"`, ``, 1),
		"unknown action":                strings.Replace(notes, `"add"`, `"delete"`, 1),
		"actions is no array":           strings.Replace(notes, `["read","add"]`, `"read"`, 1),
		"location is relative":          strings.Replace(notes, "http://localhost:3000/", "/", 1),
		"location is no web URL":        strings.Replace(notes, "http://", "file://", 1),
		"location with a query":         strings.Replace(notes, "notes/", "notes/?a", 1),
		"location with a fragment":      strings.Replace(notes, "notes/", "notes/#a", 1),
		"location that climbs":          strings.Replace(notes, "notes/", "notes/../", 1),
		"location that climbs, encoded": strings.Replace(notes, "notes/", "notes/%2e%2E/", 1),
		"location with a password":      strings.Replace(notes, "localhost", "a:b@localhost", 1),
		"class is relative":             `[{"type":"domicile-access","actions":["read"],"classes":["Note"]}]`,
		"until is no time":              detail(`,"until":"tomorrow"`),
		"until is past":                 detail(`,"until":"2020-01-01T00:00:00Z"`),
		"purpose is too long":           detail(`,"purpose":"` + strings.Repeat("a", 301) + `"`),
		"purpose changes direction":     detail(`,"purpose":"\u202eevil"`),
		"too many":                      "[" + strings.Repeat(strings.Trim(oneNote, "[]")+",", 16) + strings.Trim(oneNote, "[]") + "]",
		"too large":                     strings.Replace(notes, "Show", strings.Repeat(" ", maxDetailsBytes), 1),
	} {
		t.Run(name, func(t *testing.T) {
			u := location(t, h.authorizeWith(authorizationForm(a.id, "authorization_details", text)))
			if got := u.Query(); got.Get("error") != "invalid_authorization_details" || got.Get("iss") != issuer || u.Host != "app.example" {
				t.Errorf("%s", u)
			}
		})
	}
}

// TestDetailsAreCarried: what an app asked for is shown to the person, granted
// with the code, and in every answer that comes of it; in an access token only
// when its request named them.
func TestDetailsAreCarried(t *testing.T) {
	h := newHarness(t, granting(notes))
	a := h.register(publicRegistration)
	session := h.signIn()
	form := authorizationForm(a.id, "authorization_details", notes)
	form.Set("prompt", "consent")
	id := h.interact(form)
	asked, err := h.Interaction(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := []AccessDetail{{
		Type: DomicileAccess, Locations: []string{"http://localhost:3000/alice/notes/"}, Actions: []string{"read", "add"}, Purpose: "Show your notes",
	}}
	if diff := cmp.Diff(want, asked.Details); diff != "" {
		t.Fatal(diff)
	}
	redirect, err := h.Approve(t.Context(), id, session, consentTo(alice, true))
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(redirect)
	answer := decode(t, h.redeem(a, codeForm(u.Query().Get("code")), h.key), 200)
	carries := func(what string, answer object, want string) {
		t.Helper()
		if diff := cmp.Diff(anything(t, want), answer["authorization_details"]); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	_, claims := h.claims(answer.text("access_token"))
	carries("token response", answer, notes)
	if got, ok := claims["authorization_details"]; ok {
		t.Errorf("a token that was not narrowed carries %v", got)
	}

	narrow := refreshForm(answer.text("refresh_token"))
	narrow.Set("authorization_details", oneNote)
	answer = decode(t, h.redeem(a, narrow, h.key), 200)
	carries("narrowed refresh", answer, oneNote)
	_, claims = h.claims(answer.text("access_token"))
	carries("narrowed access token", object(claims), oneNote)
	carries("introspection of the narrowed", h.operatorIntrospection(answer.text("access_token")), oneNote)
	for name, more := range map[string]string{"another action": editNotes, "a container above": allNotes} {
		form := refreshForm(answer.text("refresh_token"))
		form.Set("authorization_details", more)
		t.Run(name, func(t *testing.T) { refused(t, h.redeem(a, form, h.key), 400, "invalid_authorization_details") })
	}
	answer = decode(t, h.redeem(a, refreshForm(answer.text("refresh_token")), h.key), 200)
	carries("refresh", answer, notes)
	for _, token := range []string{answer.text("access_token"), answer.text("refresh_token")} {
		carries("introspection", h.operatorIntrospection(token), notes)
	}

	t.Run("silently only what was allowed", func(t *testing.T) {
		for details, want := range map[string]string{notes: "", oneNote: "", editNotes: "consent_required", allNotes: "consent_required"} {
			u := location(t, h.authorizeWith(authorizationForm(a.id, "prompt", "none", "authorization_details", details)))
			if got := u.Query().Get("error"); got != want {
				t.Errorf("%s: error %q, want %q", details, got, want)
			}
		}
	})
	t.Run("client credentials", func(t *testing.T) {
		c, secret := h.createCredentials("account-1", "script", alice)
		form := url.Values{"grant_type": {"client_credentials"}, "authorization_details": {oneNote}}
		carries("client credentials", decode(t, h.redeem(app{c.ID, secret}, form, h.key), 200), oneNote)
		form.Set("authorization_details", "[]")
		refused(t, h.redeem(app{c.ID, secret}, form, h.key), 400, "invalid_authorization_details")
	})
	t.Run("who asked the person nothing narrows what she gave (RFC 9396 §6)", func(t *testing.T) {
		form := codeForm(h.code(authorizationForm(a.id), session, alice))
		form.Set("authorization_details", oneNote)
		answer := decode(t, h.redeem(a, form, h.key), 200)
		carries("token response", answer, oneNote)
		_, claims := h.claims(answer.text("access_token"))
		carries("access token", object(claims), oneNote)
		if got, ok := decode(t, h.redeem(a, refreshForm(answer.text("refresh_token")), h.key), 200)["authorization_details"]; ok {
			t.Errorf("the next token, for which nobody asked for details, has %v", got)
		}
	})
	t.Run("a code is used up by asking for more", func(t *testing.T) {
		form := codeForm(h.code(authorizationForm(a.id), session, alice))
		form.Set("authorization_details", editNotes)
		refused(t, h.redeem(a, form, h.key), 400, "invalid_authorization_details")
		form.Del("authorization_details")
		refused(t, h.redeem(a, form, h.key), 400, "invalid_grant")
	})
}

// TestGrantedDetails: RFC 9396 §7, answers say what the person gave, whatever
// was asked, and what she gives now.
func TestGrantedDetails(t *testing.T) {
	given := oneNote
	h := newHarness(t, func(c *Config) {
		c.GrantDetails = func(_ rdfstore.StateReader, id string, asked []AccessDetail) ([]AccessDetail, error) {
			if !strings.HasPrefix(id, testGrant) || len(asked) == 0 {
				t.Errorf("grant %q, asked %v", id, asked)
			}
			return parseDetails(given, time.Time{})
		}
		c.Canonical = func(location string) string {
			return strings.Replace(location, "HTTP://LOCALHOST", "http://localhost", 1)
		}
	})
	a := h.register(publicRegistration)
	says := func(what string, answer object, want string) {
		t.Helper()
		if diff := cmp.Diff(anything(t, want), answer["authorization_details"]); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	introspected := func(answer object, want string) {
		t.Helper()
		for _, token := range []string{"access_token", "refresh_token"} {
			says("introspection of "+token, h.operatorIntrospection(answer.text(token)), want)
		}
	}
	answer := h.tokensOf(a, "authorization_details", notes)
	says("less than asked", answer, oneNote)
	introspected(answer, oneNote)
	narrow := refreshForm(answer.text("refresh_token"))
	narrow.Set("authorization_details", notes)
	refused(t, h.redeem(a, narrow, h.key), 400, "invalid_authorization_details")

	given = editNotes
	introspected(answer, editNotes)
	answer = decode(t, h.redeem(a, refreshForm(answer.text("refresh_token")), h.key), 200)
	says("refresh after a change", answer, editNotes)
	narrow = refreshForm(answer.text("refresh_token"))
	narrow.Set("authorization_details", notes)
	says("to edit includes to add", decode(t, h.redeem(a, narrow, h.key), 200), strings.Replace(notes, `,"purpose":"Show your notes"`, "", 1))

	c, secret := h.createCredentials("account-1", "script", alice)
	form := url.Values{"grant_type": {"client_credentials"}, "authorization_details": {allNotes}}
	refused(t, h.redeem(app{c.ID, secret}, form, h.key), 400, "invalid_authorization_details")
	form.Set("authorization_details", oneNote)
	says("client credentials", decode(t, h.redeem(app{c.ID, secret}, form, h.key), 200), oneNote)

	if _, ok := h.tokensOf(a)["authorization_details"]; ok {
		t.Error("who asked nothing is told of details")
	}

	given = editNotes
	spelled := strings.Replace(oneNote, "http://localhost", "HTTP://LOCALHOST", 1)
	answer = h.tokensOf(a, "authorization_details", spelled)
	narrow = refreshForm(answer.text("refresh_token"))
	narrow.Set("authorization_details", spelled)
	narrowed := decode(t, h.redeem(a, narrow, h.key), 200)
	says("a location in another spelling", narrowed, oneNote)
	given = ""
	says("introspection of a narrowed token when nothing is granted any more", h.operatorIntrospection(narrowed.text("access_token")), `[]`)
	answer = decode(t, h.redeem(a, refreshForm(narrowed.text("refresh_token")), h.key), 200)
	says("who asked and was given nothing is told so", answer, `[]`)
	introspected(answer, `[]`)
}

// granting makes each grant one of the details in text.
func granting(text string) func(*Config) {
	return func(c *Config) {
		c.GrantDetails = func(rdfstore.StateReader, string, []AccessDetail) ([]AccessDetail, error) {
			return parseDetails(text, time.Time{})
		}
	}
}

// TestCommonDetails: what introspection says of a token that was narrowed and
// of whose grant something is left.
func TestCommonDetails(t *testing.T) {
	soon, later, now := time.Unix(2000, 0), time.Unix(3000, 0), time.Unix(1000, 0)
	at := func(until *time.Time, actions string, locations ...string) []AccessDetail {
		return []AccessDetail{{Type: DomicileAccess, Locations: locations, Actions: strings.Fields(actions), Until: until}}
	}
	for name, c := range map[string]struct{ carried, granted, want []AccessDetail }{
		"the same":                {at(nil, "read", "https://a/x"), at(nil, "read", "https://a/x"), at(nil, "read", "https://a/x")},
		"a part of the granted":   {at(nil, "read", "https://a/x/y"), at(nil, "read", "https://a/x/"), at(nil, "read", "https://a/x/y")},
		"a part of it is left":    {at(nil, "read", "https://a/x/"), at(nil, "read", "https://a/x/y", "https://b/"), at(nil, "read", "https://a/x/y")},
		"fewer actions are left":  {at(nil, "read edit", "https://a/x"), at(nil, "read", "https://a/x"), at(nil, "read", "https://a/x")},
		"edit is left of add":     {at(nil, "read add", "https://a/x"), at(nil, "edit", "https://a/x"), at(nil, "add", "https://a/x")},
		"add is left of edit":     {at(nil, "edit", "https://a/x"), at(nil, "add", "https://a/x"), at(nil, "add", "https://a/x")},
		"edit twice":              {at(nil, "edit", "https://a/x"), at(nil, "edit", "https://a/x"), at(nil, "edit", "https://a/x")},
		"it ends sooner":          {at(&later, "read", "https://a/x"), at(&soon, "read", "https://a/x"), at(&soon, "read", "https://a/x")},
		"the token's ends sooner": {at(&soon, "read", "https://a/x"), at(&later, "read", "https://a/x"), at(&soon, "read", "https://a/x")},
		"another place is left":   {at(nil, "read", "https://a/x"), at(nil, "read", "https://a/y"), []AccessDetail{}},
		"another action is left":  {at(nil, "read", "https://a/x"), at(nil, "edit", "https://a/x"), []AccessDetail{}},
		"it has ended":            {at(&now, "read", "https://a/x"), at(nil, "read", "https://a/x"), []AccessDetail{}},
		"nothing is left":         {at(nil, "read", "https://a/x"), nil, []AccessDetail{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, common(c.carried, c.granted, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNarrowedDetails: each action on each location is judged by itself, and
// what names no end ends as the granted does.
func TestNarrowedDetails(t *testing.T) {
	end := time.Unix(2000, 0)
	at := func(until *time.Time, actions string, locations ...string) AccessDetail {
		return AccessDetail{Type: DomicileAccess, Locations: locations, Actions: strings.Fields(actions), Until: until}
	}
	granted := []AccessDetail{at(&end, "read", "https://pod.example/a/"), at(&end, "read edit", "https://pod.example/b")}
	for name, c := range map[string]struct {
		wanted AccessDetail
		ok     bool
	}{
		"over two":       {at(nil, "read", "https://pod.example/a/x", "https://pod.example/b"), true},
		"more on one":    {at(nil, "read edit", "https://pod.example/a/x", "https://pod.example/b"), false},
		"a place beside": {at(nil, "read", "https://pod.example/b", "https://pod.example/c"), false},
		"classes":        {AccessDetail{Type: DomicileAccess, Classes: []string{"urn:x"}, Actions: []string{"read"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := narrowDetails(granted, []AccessDetail{c.wanted})
			if (err == nil) != c.ok || c.ok && !got[0].Until.Equal(end) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestDetailsOfRegistration(t *testing.T) {
	h := newHarness(t)
	registration := strings.TrimSuffix(publicRegistration, "}") + `,"authorization_details":` + notes + `}`
	a := h.register(registration)
	asked, err := h.Interaction(t.Context(), h.interact(authorizationForm(a.id)))
	if err != nil || len(asked.Details) != 1 || asked.Details[0].Purpose != "Show your notes" {
		t.Errorf("%+v, %v", asked.Details, err)
	}
	asked, err = h.Interaction(t.Context(), h.interact(authorizationForm(a.id, "authorization_details", oneNote)))
	if err != nil || len(asked.Details) != 1 || asked.Details[0].Purpose != "" {
		t.Errorf("the request's own: %+v, %v", asked.Details, err)
	}
	w := h.do("POST", issuer+".oidc/reg", strings.Replace(registration, `"add"`, `"fly"`, 1), "Content-Type", "application/json")
	refused(t, w, 400, "invalid_client_metadata")
	until := h.now().Add(time.Hour).Format(time.RFC3339)
	a = h.register(strings.Replace(registration, `"purpose"`, fmt.Sprintf(`"until":%q,"purpose"`, until), 1))
	h.advance(time.Hour)
	if got := location(t, h.authorizeWith(authorizationForm(a.id))).Query().Get("error"); got != "invalid_authorization_details" {
		t.Errorf("what the registration asks has ended: error %q", got)
	}
}

// TestDetailCovers: whatever is covered is no more than what covers it.
func TestDetailCovers(t *testing.T) {
	soon, later := time.Unix(1000, 0), time.Unix(2000, 0)
	wide := AccessDetail{Locations: []string{"https://pod.example/a/", "https://pod.example/b"}, Actions: []string{"read", "edit"}, Purpose: "p", Until: &later}
	for name, c := range map[string]struct {
		change func(*AccessDetail)
		want   bool
	}{
		"itself":               {func(*AccessDetail) {}, true},
		"below":                {func(d *AccessDetail) { d.Locations = []string{"https://pod.example/a/x/y"} }, true},
		"a document's name":    {func(d *AccessDetail) { d.Locations = []string{"https://pod.example/b/x"} }, false},
		"the container's twin": {func(d *AccessDetail) { d.Locations = []string{"https://pod.example/a"} }, false},
		"another host":         {func(d *AccessDetail) { d.Locations = []string{"https://pod.example.evil/a/"} }, false},
		"classes":              {func(d *AccessDetail) { d.Locations, d.Classes = nil, []string{"https://schema.org/Note"} }, false},
		"fewer actions":        {func(d *AccessDetail) { d.Actions = []string{"edit"} }, true},
		"more actions":         {func(d *AccessDetail) { d.Actions = []string{"read", "control"} }, false},
		"no purpose":           {func(d *AccessDetail) { d.Purpose = "" }, true},
		"another purpose":      {func(d *AccessDetail) { d.Purpose = "q" }, false},
		"sooner":               {func(d *AccessDetail) { d.Until = &soon }, true},
		"for ever":             {func(d *AccessDetail) { d.Until = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			other := wide
			c.change(&other)
			if got := wide.covers(other); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func FuzzParseDetails(f *testing.F) {
	for _, seed := range []string{notes, oneNote, `[{"type":"domicile-access","classes":["urn:x"],"actions":["control"],"until":"2099-01-01T00:00:00Z"}]`} {
		f.Add(seed)
	}
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, text string) {
		details, err := parseDetails(text, now)
		if err != nil || details == nil {
			return
		}
		raw, err := json.Marshal(details)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseDetails(string(raw), now)
		if err != nil && len(raw) <= maxDetailsBytes {
			t.Fatalf("%s: %v", raw, err)
		}
		if err == nil && !cover(details, again) {
			t.Fatalf("details do not cover themselves: %s", raw)
		}
	})
}

// anything decodes a JSON text.
func anything(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}
