package ldp

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// slowClient takes nothing until it is let go.
type slowClient struct {
	*httptest.ResponseRecorder
	taken chan struct{}
}

func (c slowClient) Write(p []byte) (int, error) {
	<-c.taken
	return c.ResponseRecorder.Write(p)
}

// TestWhatComesOfLargeDocumentsTakesTurns: security 2.7. Clients that ask for a
// large document in another format and take it slowly do not fill the memory with
// it, and neither do many patches at a time.
func TestWhatComesOfLargeDocumentsTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const webID = "https://alice.example/#me"
		space, err := resource.NewSpace("https://pods.example/", false)
		if err != nil {
			t.Fatal(err)
		}
		store := memstore.New()
		defer store.Close()
		h, err := New(Config{
			Space: space, Store: store, Logger: slog.New(slog.DiscardHandler),
			Authenticate: func(*http.Request, string) (wac.Agent, error) { return wac.Agent{WebID: webID}, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		root, put := resource.Root("alice"), func(id resource.ID, text string) {
			kind := rdfstore.Document
			if id.IsContainer() {
				kind = rdfstore.Container
			}
			t.Helper()
			body, err := store.Stage(t.Context(), strings.NewReader(text), -1)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Discard()
			err = store.Update(t.Context(), func(tx rdfstore.Tx) error {
				_, err := tx.Put(id, rdfstore.Content{Kind: kind, MediaType: codec.Turtle, Body: body})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err = store.Update(t.Context(), func(tx rdfstore.Tx) error {
			return tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: webID, Created: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		put(root.ACL(), "@prefix acl: <"+"http://www.w3.org/ns/auth/acl#>. [] a acl:Authorization; acl:agent <"+webID+">; acl:mode acl:Read, acl:Write; acl:accessTo <./>; acl:default <./>.")
		put(root.Entry("large"), "<#a> <#b> <#c> ."+strings.Repeat(" ", parsedFreely))
		put(root.Entry("described/"), "<#a> <#b> <#c> ."+strings.Repeat(" ", parsedFreely))
		put(root.Entry("small"), "<#a> <#b> <#c> .")
		get := func(ctx context.Context, w http.ResponseWriter, name string) {
			r := httptest.NewRequestWithContext(ctx, "GET", "https://pods.example/alice/"+name, nil)
			r.Header.Set("Accept", codec.JSONLD)
			h.ServeHTTP(w, r)
		}
		answer := func(name string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			get(t.Context(), w, name)
			return w
		}

		first := slowClient{httptest.NewRecorder(), make(chan struct{})}
		go get(t.Context(), first, "large")
		synctest.Wait()
		if h.parser.held.TryAcquire(parsingBudget) {
			t.Fatal("what a slow client has not taken is not counted")
		}
		if !h.parser.held.TryAcquire(parsingBudget - parsedFreely - int64(len("<#a> <#b> <#c> ."))) {
			t.Fatal("it counts for more than it is")
		}
		if w := answer("small"); w.Code != 200 {
			t.Errorf("a small document: %d %s", w.Code, w.Body)
		}
		if w := answer("large"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("beyond the bound: %d %v", w.Code, w.Header())
		}
		second := httptest.NewRecorder()
		go get(t.Context(), second, "large")
		time.Sleep(time.Second)
		close(first.taken)
		synctest.Wait()
		patch := func(name string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), "PATCH", "https://pods.example/alice/"+name, strings.NewReader("INSERT DATA { <#a> <#b> <#d> }"))
			r.Header.Set("Content-Type", "application/sparql-update")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		if !h.parser.held.TryAcquire(1) {
			t.Fatal("the room is not given back")
		}
		if w := patch("large"); w.Code != 503 {
			t.Errorf("the first patch of a large document, beyond the bound: %d %s", w.Code, w.Body)
		}
		if w := answer("described/"); w.Code != 503 {
			t.Errorf("a container with a large description: %d", w.Code)
		}
		if w := answer(""); w.Code != 200 {
			t.Errorf("a container: %d %s", w.Code, w.Body)
		}
		if w := patch("small"); w.Code != 204 {
			t.Errorf("that of a small one: %d %s", w.Code, w.Body)
		}
		h.parser.held.Release(1)
		if w := patch("large"); w.Code != 204 {
			t.Errorf("within the bound: %d %s", w.Code, w.Body)
		}
		if first.Code != 200 || second.Code != 200 || second.Body.String() != first.Body.String() {
			t.Errorf("the slow one: %d; who waited for it: %d %s", first.Code, second.Code, second.Body)
		}
	})
}
