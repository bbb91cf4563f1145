package conformance

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestSubscription listens with the Go client to a document and to a container,
// at our server and at another.
func TestSubscription(t *testing.T) {
	for _, at := range []struct {
		name  string
		start func(t *testing.T) string
	}{
		{"Domicile", func(t *testing.T) string { return program.Start(t).BaseURL }},
		{"Community Solid Server", func(t *testing.T) string { return css.BaseURL(t) }},
	} {
		t.Run(at.name, func(t *testing.T) {
			server := at.start(t)
			alice := harness.SignUp(t, server, "listening-alice")
			client := solid.NewClient(alice.Session.Client())
			folder := alice.Pod.URL + "watched/"
			note := folder + "note"
			write := func(method, url string) {
				t.Helper()
				wantStatus(t, alice.Do(t, method, url, "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusResetContent)
			}
			write("PUT", note)
			ofNote, ofFolder := listen(t, client, note, ""), listen(t, client, folder, "")
			defer ofNote.stop()
			defer ofFolder.stop()
			ofNote.want(solid.Resync, note, "")
			ofFolder.want(solid.Resync, folder, "")
			write("PUT", note)
			ofNote.want(solid.Update, note, "")
			write("PUT", folder+"another")
			ofFolder.want(solid.Add, folder+"another", folder)
			write("DELETE", note)
			ofNote.want(solid.Delete, note, "")
			ofFolder.want(solid.Remove, note, folder)

			bob := harness.SignUp(t, server, "listening-bob")
			for _, err := range solid.NewClient(bob.Session.Client()).Subscribe(t.Context(), folder, "") {
				if !errors.Is(err, solid.ErrForbidden) {
					t.Errorf("who may not read it got %v", err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			for n, err := range client.Subscribe(ctx, folder, "") {
				if n.Activity == solid.Resync {
					cancel()
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("got %+v, %v", n, err)
				}
			}
			cancel()
		})
	}
}

// TestSubscriptionSurvivesKills: each change that was acknowledged is told once,
// in order, however often the server dies meanwhile, to who only reconnects and to
// who starts anew from the last notification.
func TestSubscriptionSurvivesKills(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	client := solid.NewClient(alice.Session.Client())
	folder := alice.Pod.URL + "watched/"
	_, err := client.CreateContainer(t.Context(), folder)
	ok(t, err)
	const writes, kills = 100, 4
	steady, restarted := listen(t, client, folder, ""), listen(t, client, folder, "")
	steady.want(solid.Resync, folder, "")
	restarted.want(solid.Resync, folder, "")
	last, told := "", 0
	for i := range writes {
		_, err := client.Put(t.Context(), fmt.Sprint(folder, i), turtle, strings.NewReader("<#a> <#b> <#c>."))
		ok(t, err)
		if i%(writes/kills) != writes/kills/2 {
			continue
		}
		for ; told < i; told++ { // all but one
			last = restarted.want(solid.Add, fmt.Sprint(folder, told), folder).ID
		}
		server.Kill()
		restarted.stop()
		server.Restart()
		restarted = listen(t, client, folder, last)
	}
	defer steady.stop()
	defer func() { restarted.stop() }()
	for ; told < writes; told++ {
		restarted.want(solid.Add, fmt.Sprint(folder, told), folder)
	}
	for i := range writes {
		steady.want(solid.Add, fmt.Sprint(folder, i), folder)
	}
}

// subscriber is a loop over notifications in a goroutine.
type subscriber struct {
	t    *testing.T
	next func() (solid.Notification, error, bool)
	stop func()
}

func listen(t *testing.T, client *solid.Client, topic, after string) *subscriber {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a guard against hanging
	l := &subscriber{t: t}
	next, stop := iter.Pull2(client.Subscribe(ctx, topic, after))
	l.next = next
	l.stop = func() { stop(); cancel() }
	return l
}

// want fails the test unless the next notification is this one. Of a container
// some servers also tell that it changed itself, which is passed over.
func (l *subscriber) want(activity solid.Activity, object, target string) solid.Notification {
	l.t.Helper()
	for {
		n, err, _ := l.next()
		if err != nil {
			l.t.Fatalf("no %s of %s: %v", activity, object, err)
		}
		if n.Activity == solid.Update && strings.HasSuffix(n.Object, "/") {
			continue
		}
		if n.Activity != activity || n.Object != object || n.Target != target {
			l.t.Fatalf("got %+v, want %s of %s", n, activity, object)
		}
		return n
	}
}
