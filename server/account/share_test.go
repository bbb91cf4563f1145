package account

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/server/language"
	"domicile/wac"
)

const libraryID = "https://library.example/id#it"

// only is the one entry that there is in ACLs, and the resource that it is for.
func (f fakeACLs) only(t *testing.T) (at string, e ldp.ACLEntry) {
	t.Helper()
	if len(f) != 1 {
		t.Fatalf("the ACLs have %v", f)
	}
	for at, e = range f {
		at, _, _ = strings.Cut(at, " ")
	}
	return at, e
}

func TestShareAPI(t *testing.T) {
	b := newBench(t, options{})
	a, other := b.resident("anna"), b.resident("bert")
	index := a.must(200, "GET", "/.account/", nil)
	const notes, loans = "https://pods.example/anna/notes/", "https://pods.example/anna/loans/"
	part := func(location string, actions ...any) map[string]any {
		return map[string]any{"location": location, "actions": actions}
	}
	until := b.now.Add(time.Hour).UTC().Truncate(time.Second)
	made := a.must(200, "POST", index.control("account.share"), map[string]any{
		"webId": libraryID, "name": "Library", "until": until.Format(time.RFC3339), "access": []any{part(loans, "add")},
	})
	if at, e := b.acls.only(t); at != "anna:loans/" || e.Agent != libraryID || e.Modes != wac.Append || !e.Until.Equal(until) {
		t.Errorf("%s has %+v: there must be room for what is to be added", at, e)
	}
	sameJSON(t, "access", made.json["access"], `[{"actions":["add"],"location":"`+loans+`"}]`)

	a.must(200, "POST", made.text("resource"), map[string]any{"access": []any{part(notes, "read", "edit")}})
	if at, e := b.acls.only(t); at != "anna:notes/" || e.Agent != libraryID || !e.Modes.Has(wac.Read|wac.Write) || !e.Until.IsZero() {
		t.Errorf("after the change %s has %+v", at, e)
	}
	for name, body := range map[string]map[string]any{
		"everything":     {"webId": libraryID, "name": "x", "everything": true},
		"no access":      {"webId": libraryID, "name": "x"},
		"no WebID":       {"name": "x", "access": []any{part(notes, "read")}},
		"no name":        {"webId": libraryID, "access": []any{part(notes, "read")}},
		"another's pod":  {"webId": libraryID, "name": "x", "access": []any{part("https://pods.example/bert/notes/", "read")}},
		"nowhere":        {"webId": libraryID, "name": "x", "access": []any{part("https://pods.example/anna/nowhere/", "read")}},
		"no pod":         {"webId": libraryID, "name": "x", "access": []any{part("https://pods.example/nobody/", "read")}},
		"no such action": {"webId": libraryID, "name": "x", "access": []any{part(notes, "own")}},
	} {
		if r := a.send("POST", index.control("account.share"), body); r.Code != 400 {
			t.Errorf("%s: answered %d %s", name, r.Code, r.Body)
		}
	}
	other.must(403, "GET", made.text("resource"), nil)
	if at, _ := b.acls.only(t); at != "anna:notes/" {
		t.Errorf("a refusal left something: %s", at)
	}
	if listed := a.must(200, "GET", index.control("account.share"), nil).json["shares"].([]any); len(listed) != 1 {
		t.Errorf("shares: %v", listed)
	}
	a.must(200, "DELETE", made.text("resource"), nil)
	a.must(404, "GET", made.text("resource"), nil)
	if len(b.acls) != 0 {
		t.Errorf("the ACLs still have %v", b.acls)
	}
	t.Run("a deleted account shares nothing", func(t *testing.T) {
		a.must(200, "POST", index.control("account.share"), map[string]any{"webId": libraryID, "name": "Library", "access": []any{part(notes, "read")}})
		a.must(200, "DELETE", index.control("account.delete"), nil)
		if len(b.acls) != 0 {
			t.Errorf("the ACLs still have %v", b.acls)
		}
	})
}

func TestSharePage(t *testing.T) {
	const notes = "https://pods.example/anna/notes/"
	b := newBench(t, options{})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	for _, lang := range language.All {
		page := a.must(200, "GET", home+"share/", nil, "Accept-Language: "+lang).html
		accessible(t, page, lang)
		if strings.Contains(page, `value="everything"`) || strings.Contains(page, `value="nothing"`) {
			t.Error("it can be let into everything")
		}
	}
	form := url.Values{"name": {"Library"}, "webId": {"library"}, "amount": {"parts"}, "part " + notes: {"drop"}, "term": {"year"}}
	again := a.submit(home+"share/", "", form)
	accessible(t, again.html, "en")
	if again.Code != 400 || !strings.Contains(again.html, `value="drop" selected`) || !strings.Contains(again.html, `value="Library"`) {
		t.Errorf("a mistake answered %d and lost what was typed:\n%s", again.Code, again.html)
	}
	form.Set("webId", libraryID)
	address := a.submit(home+"share/", "", form).Header().Get("Location")
	if _, e := b.acls.only(t); e.Modes != wac.Append || e.Until.IsZero() {
		t.Errorf("written: %+v", e)
	}
	accessible(t, a.must(200, "GET", address, nil).html, "en")
	if page := a.must(200, "GET", home, nil).html; !strings.Contains(page, `href="`+address+`"`) {
		t.Error("the account page does not list it")
	}
	if r := a.submit(address, "", url.Values{"decision": {"change"}, "amount": {"parts"}, "part " + notes: {"see"}, "term": {"until"}}); r.Code != 200 || !strings.Contains(r.html, `role="status"`) {
		t.Errorf("changing answered %d", r.Code)
	}
	if _, e := b.acls.only(t); e.Modes != wac.Read || e.Until.IsZero() {
		t.Errorf("changed to: %+v", e)
	}
	b.now = b.now.Add(presence)
	if r := a.submit(address, "", url.Values{"decision": {"change"}, "amount": {"parts"}, "part " + notes: {"see"}, "control " + notes: {"yes"}, "term": {"year"}}); r.Code != 403 {
		t.Errorf("Control without the password again: %d", r.Code)
	}
	a.submit(address, "", url.Values{"decision": {"withdraw"}})
	if len(b.acls) != 0 {
		t.Errorf("the ACLs still have %v", b.acls)
	}
}
