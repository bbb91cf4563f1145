package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"domicile/ldp"
)

// A resident asks her own server who may do what in her fresh pod.
func TestResidentAsksWhy(t *testing.T) {
	s := newServer(t, nil)
	const base, email, password = "http://localhost:3000/", "alice@example.org", "correct horse battery"
	for _, name := range []string{"alice", "bert"} {
		if _, err := s.accounts.CreateAccount(t.Context(), name+"@example.org", password, name); err != nil {
			t.Fatal(err)
		}
	}
	call := func(method, target, token, body string) (status int, answer []byte) {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "CSS-Account-Token "+token)
		}
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, r)
		answer, _ = io.ReadAll(w.Result().Body)
		return w.Code, answer
	}
	signIn := func(email string) (token, explain string) {
		_, answer := call("POST", base+".account/login/password/", "", `{"email": "`+email+`", "password": "`+password+`"}`)
		var in struct {
			Authorization string
			Controls      struct{ Account struct{ Explain string } }
		}
		if err := json.Unmarshal(answer, &in); err != nil {
			t.Fatal(err)
		}
		_, answer = call("GET", base+".account/", in.Authorization, "")
		token = in.Authorization
		if err := json.Unmarshal(answer, &in); err != nil || in.Controls.Account.Explain == "" {
			t.Fatalf("%v: %s", err, answer)
		}
		return token, in.Controls.Account.Explain
	}
	token, explain := signIn(email)
	ask := func(resource, webID string) (access ldp.Access) {
		t.Helper()
		status, answer := call("GET", explain+"?"+url.Values{"resource": {resource}, "webid": {webID}}.Encode(), token, "")
		var body struct{ Access *ldp.Access }
		body.Access = &access
		if err := json.Unmarshal(answer, &body); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v: %s", status, err, answer)
		}
		return access
	}
	card := ask(base+"alice/profile/card", "")
	if !slices.Equal(card.Modes, []string{"read"}) || card.ACL != base+"alice/profile/card.acl" || card.Inherited || len(card.Authorizations) != 2 {
		t.Errorf("the public and the card: %+v", card)
	}
	root := ask(base+"alice/", base+"bert/profile/card#me")
	members := map[string]string{}
	for _, m := range root.Members {
		members[strings.TrimPrefix(m.Resource, base+"alice/")] = strings.Join(m.Modes, " ")
	}
	if len(root.Modes) != 0 || len(members) != 3 || members["inbox/"] != "append" || members["profile/"] != "" || members["settings/"] != "" {
		t.Errorf("Bert in Alice's pod: %v, %v", root.Modes, members)
	}
	if owner := ask(base+"alice/nothing/yet", base+"alice/profile/card#me"); !owner.Owner || owner.Exists || len(owner.Modes) != 4 {
		t.Errorf("Alice and what she has not made yet: %+v", owner)
	}
	other, theirs := signIn("bert@example.org")
	if status, answer := call("GET", theirs+"?resource="+base+"alice/profile/card", other, ""); status != http.StatusForbidden {
		t.Errorf("Bert is told who reads Alice's card: %d %s", status, answer)
	}
}
