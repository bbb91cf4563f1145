package account

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestInvitations(t *testing.T) {
	b := newBench(t, options{registration: Invite})
	invite := func() string {
		t.Helper()
		address, expires, err := b.service.CreateInvitation(t.Context(), 7*24*time.Hour)
		if err != nil || !expires.Equal(b.now.Add(7*24*time.Hour)) {
			t.Fatalf("%s, %s, %v", address, expires, err)
		}
		return strings.TrimPrefix(address, "https://id.example")
	}
	signUp := func(a *agent, address, name string) reply {
		return a.submit(address, "", url.Values{"email": {name + "@example.org"}, "password": {"long enough"}, "name": {name}})
	}
	t.Run("a person", func(t *testing.T) {
		address := invite()
		a := b.person()
		accessible(t, a.must(200, "GET", address, nil).html, "en")
		if r := a.submit(address, "", url.Values{"email": {"anna@example.org"}, "password": {"short"}, "name": {"anna"}}); r.Code != 400 {
			t.Errorf("a bad password answered %d", r.Code)
		}
		if r := signUp(a, address, "anna"); r.Code != 303 || !strings.Contains(r.Header().Get("Location"), "/account/") {
			t.Errorf("a slip spent the invitation: %d %s", r.Code, r.Body)
		}
		b.person().must(403, "GET", address, nil)
	})
	t.Run("a program", func(t *testing.T) {
		code := strings.SplitAfter(invite(), "invitation=")[1]
		b.program().must(403, "POST", "/.account/account/", map[string]any{"invitation": "guess"})
		b.program().must(200, "POST", "/.account/account/", map[string]any{"invitation": code})
		b.program().must(403, "POST", "/.account/account/", map[string]any{"invitation": code})
	})
	t.Run("one account of many at once", func(t *testing.T) {
		code := strings.SplitAfter(invite(), "invitation=")[1]
		var group sync.WaitGroup
		made := make(chan int, 8)
		for range 8 {
			group.Go(func() {
				made <- b.program().send("POST", "/.account/account/", map[string]any{"invitation": code}).Code
			})
		}
		group.Wait()
		close(made)
		good := 0
		for status := range made {
			if status == 200 {
				good++
			}
		}
		if good != 1 {
			t.Errorf("%d accounts were made", good)
		}
	})
	t.Run("too old", func(t *testing.T) {
		address := invite()
		b.now = b.now.Add(7 * 24 * time.Hour)
		b.person().must(403, "GET", address, nil)
	})
	t.Run("the way from an app is kept", func(t *testing.T) {
		a := b.person()
		if r := signUp(a, invite()+"&interaction=req", "bert"); r.Header().Get("Location") != "https://id.example/.account/oidc/consent/?interaction=req" {
			t.Errorf("sent to %s", r.Header().Get("Location"))
		}
	})
	t.Run("closed is closed", func(t *testing.T) {
		closed := newBench(t, options{registration: Closed})
		if _, _, err := closed.service.CreateInvitation(t.Context(), time.Hour); err == nil {
			t.Error("an invitation was made that cannot be used")
		}
	})
}
