package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"domicile/solidoidc/fetch"
)

// groupHost serves one group document as the test has it.
type groupHost struct {
	body, etag, cacheControl string
	status                   int
	asked, confirmed         int
}

func (h *groupHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.asked++
	if h.cacheControl != "" {
		w.Header().Set("Cache-Control", h.cacheControl)
	}
	if h.etag != "" {
		w.Header().Set("ETag", h.etag)
		if r.Header.Get("If-None-Match") == h.etag {
			h.confirmed++
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Type", "text/turtle")
	w.WriteHeader(h.status)
	fmt.Fprint(w, h.body)
}

func TestRemoteGroups(t *testing.T) {
	const bob, carol = "https://bob.example/#me", "https://carol.example/#me"
	of := func(members ...string) string {
		return "<#us> <http://www.w3.org/2006/vcard/ns#hasMember> <" + strings.Join(members, ">, <") + ">."
	}
	type world struct {
		*groupHost
		groups *remoteGroups
		url    string
		now    time.Time
	}
	start := func(t *testing.T) *world {
		w := &world{groupHost: &groupHost{body: of(bob), status: 200}, now: time.Now()}
		server := httptest.NewServer(w.groupHost)
		t.Cleanup(server.Close)
		client, err := fetch.New(fetch.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
		if err != nil {
			t.Fatal(err)
		}
		w.url = server.URL + "/team"
		w.groups = newRemoteGroups(client, func() time.Time { return w.now })
		return w
	}
	has := func(t *testing.T, w *world, member string, want bool, asked int) {
		t.Helper()
		if got := w.groups.HasMember(t.Context(), w.url+"#us", member); got != want || w.asked != asked {
			t.Errorf("%s is a member: %v, want %v; asked %d times, want %d", member, got, want, w.asked, asked)
		}
	}
	t.Run("WAC-SUBJ-04 asked once in a minute", func(t *testing.T) {
		w := start(t)
		has(t, w, bob, true, 1)
		has(t, w, carol, false, 1)
		w.body = of(carol)
		w.now = w.now.Add(59 * time.Second)
		has(t, w, bob, true, 1)
		w.now = w.now.Add(2 * time.Second)
		has(t, w, bob, false, 2)
		has(t, w, carol, true, 2)
	})
	for _, c := range []struct {
		cacheControl string
		fresh        time.Duration
	}{
		{"max-age=120", 2 * time.Minute}, {"max-age=86400", 5 * time.Minute}, {"no-cache", 5 * time.Second}, {"no-store", 5 * time.Second},
		{"max-age=1", 5 * time.Second}, {"public", time.Minute},
	} {
		t.Run("WAC-SUBJ-04 Cache-Control: "+c.cacheControl, func(t *testing.T) {
			w := start(t)
			w.cacheControl = c.cacheControl
			has(t, w, bob, true, 1)
			w.body = of(carol)
			w.now = w.now.Add(c.fresh - time.Millisecond)
			has(t, w, bob, true, 1)
			w.now = w.now.Add(2 * time.Millisecond)
			has(t, w, bob, false, 2)
		})
	}
	t.Run("WAC-SUBJ-04 confirmed by its ETag", func(t *testing.T) {
		w := start(t)
		w.etag = `"1"`
		for i := range 4 {
			has(t, w, bob, true, i+1)
			has(t, w, carol, false, i+1)
			w.now = w.now.Add(2 * time.Minute)
		}
		if w.confirmed != 3 {
			t.Errorf("confirmed %d times", w.confirmed)
		}
		w.etag, w.body = `"2"`, of(carol)
		has(t, w, carol, true, 5)
	})
	t.Run("W29 WAC-SUBJ-04 what cannot be had or read has no members", func(t *testing.T) {
		w := start(t)
		w.status = 500
		has(t, w, bob, false, 1)
		has(t, w, bob, false, 1)
		w.now = w.now.Add(time.Minute)
		w.status, w.body = 200, "oops"
		has(t, w, bob, false, 2)
		w.now = w.now.Add(time.Minute)
		w.body = of(bob)
		has(t, w, bob, true, 3)
		w.now, w.status = w.now.Add(2*time.Minute), 404
		has(t, w, bob, false, 4)
	})
	t.Run("WAC-SUBJ-04 what is forbidden to fetch has no members", func(t *testing.T) {
		w := start(t)
		if w.groups.HasMember(t.Context(), "http://169.254.169.254/#us", bob) || w.groups.HasMember(t.Context(), "nonsense", bob) {
			t.Error("a member of nowhere")
		}
	})
}
