package account

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore"
	"domicile/server/grant"
)

// TestDisabledAccount: nobody gets in or at anything of it until it is enabled,
// and then all is as before.
func TestDisabledAccount(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	index := a.must(200, "GET", "/.account/", nil)
	account := accountOf(index)
	made := a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"webId": "https://pods.example/anna/profile/card#me"})
	if found, err := b.service.Find(t.Context(), "Anna@example.org"); err != nil || found != account {
		t.Fatalf("found %q, %v", found, err)
	}
	signIn := func(password string) reply {
		return b.program().send("POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": password})
	}
	state := func(open bool) {
		t.Helper()
		if storage, err := b.storage("anna"); err != nil || storage.Closed == open {
			t.Errorf("the storage is %+v, %v", storage, err)
		}
		err := b.view(func(r reader) error {
			all, err := grant.All(r, account)
			for _, g := range all {
				if holds, err := grant.Holds(r, g.ID, b.now); err != nil || holds != open || g.Narrowing().Everything != open {
					t.Errorf("the grant is %+v, %v", g, err)
				}
			}
			if len(all) != 1 {
				t.Errorf("grants: %v", all)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		want := map[bool]int{true: 200, false: 403}[open]
		if r := signIn("the password of anna"); r.Code != want || !open && !strings.Contains(r.Body.String(), "disabled") {
			t.Errorf("signing in answered %d: %s", r.Code, r.Body)
		}
	}
	state(true)
	if err := b.service.Disable(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	state(false)
	a.must(401, "GET", index.control("account.pod"), nil)
	if r := signIn("a guess"); r.Code != 403 || strings.Contains(r.Body.String(), "disabled") {
		t.Errorf("a stranger is told: %s", r.Body)
	}
	if _, err := b.service.CreatePod(t.Context(), account, "another"); !errors.Is(err, errDisabled) {
		t.Errorf("a new pod: %v", err)
	}
	if err := b.service.Enable(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	state(true)
	a.token = signIn("the password of anna").text("authorization")
	a.must(200, "GET", made.text("resource"), nil)

	t.Run("one that is to be erased stays closed", func(t *testing.T) {
		if _, err := b.service.Delete(t.Context(), account, false); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.service.Disable(t.Context(), account), b.service.Enable(t.Context(), account)); err != nil {
			t.Fatal(err)
		}
		if storage, err := b.storage("anna"); err != nil || !storage.Closed {
			t.Errorf("the storage is %+v, %v", storage, err)
		}
	})
	t.Run("erased now", func(t *testing.T) {
		if at, err := b.service.Delete(t.Context(), account, true); err != nil || !at.Equal(b.now) {
			t.Fatal(at, err)
		}
		if left := b.kept(account, "anna@example.org"); len(left) > 0 {
			t.Errorf("of the account there is still %q", left)
		}
	})
	t.Run("none of that name", func(t *testing.T) {
		for _, name := range []string{account, "nobody@example.org", "x"} {
			if _, err := b.service.Find(t.Context(), name); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := b.service.Disable(t.Context(), "x"); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Error(err)
		}
	})
	t.Run("one that has no login yet goes by itself", func(t *testing.T) {
		a := b.program()
		a.token = a.must(200, "POST", "/.account/account/", map[string]any{}).text("authorization")
		if err := b.service.Disable(t.Context(), accountOf(a.must(200, "GET", "/.account/", nil))); !errors.Is(err, errNeedsLogin) {
			t.Error(err)
		}
	})
}

// TestSigningEverybodyOut: nobody is signed in any more, and everybody can sign in
// again.
func TestSigningEverybodyOut(t *testing.T) {
	b := newBench(t, options{})
	for _, name := range []string{"anna", "ben"} {
		resident := b.resident(name)
		index := resident.must(200, "GET", "/.account/", nil)
		b.oidc.revoked, b.oidc.withheld = nil, nil
		if err := b.service.SignEverybodyOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		resident.must(401, "GET", index.control("account.pod"), nil)
		if len(b.oidc.revoked) == 0 || !slices.Contains(b.oidc.withheld, "others "+accountOf(index)+" ") {
			t.Errorf("apps lost what they got in the sessions %v, and %v", b.oidc.revoked, b.oidc.withheld)
		}
		b.program().must(200, "POST", "/.account/login/password/", map[string]any{"email": name + "@example.org", "password": "the password of " + name})
	}
}
