// Package storetest is the suite that every [rdfstore.Store] passes. A backend
// calls [Run] from a test of its own.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// Open returns an empty store whose time is told by clock. The suite closes it.
type Open func(t *testing.T, clock func() time.Time) rdfstore.Store

// Run runs the suite. rounds is how often each race is run.
func Run(t *testing.T, open Open, rounds int) {
	for _, c := range []struct {
		name string
		test func(*fixture)
	}{
		{"put and read back", testPut},
		{"replace changes revision and keeps creation time", testReplace},
		{"put refuses", testPutRefuses},
		{"delete", testDelete},
		{"auxiliary resources go with their subject", testAuxiliary},
		{"members are listed in order", testMembers},
		{"counters of a container", testCounters},
		{"storages", testStorages},
		{"a failing function leaves nothing", testFailure},
		{"a panic is an error and leaves nothing", testPanic},
		{"a cancelled update is not run", testCancelled},
		{"a view is a snapshot", testSnapshot},
		{"a large body outlives its resource in a view", testBodyInView},
		{"staging", testStage},
		{"records", testRecords},
		{"records expire and are swept", testExpiry},
		{"a closed store says so", testClosed},
		{"any history equals the model's", testModel},
		{"race: create against create", func(f *fixture) { raceCreate(f, rounds) }},
		{"race: create child against delete parent", func(f *fixture) { raceDeleteParent(f, rounds) }},
		{"race: revoke against write", func(f *fixture) { raceRevoke(f, rounds) }},
		{"race: X against X/", func(f *fixture) { raceTwins(f, rounds) }},
		{"race: one taker of a record", func(f *fixture) { raceTake(f, rounds/10+1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{T: t, now: time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)}
			f.store = open(t, func() time.Time { return f.now })
			f.must(f.store.Update(t.Context(), func(tx rdfstore.Tx) error {
				return tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: "https://a.example/#me", Account: "1", Created: f.now})
			}))
			c.test(f)
			f.must(f.store.Close())
		})
	}
}

// fixture is one test's store with the storage "alice" and a clock.
type fixture struct {
	*testing.T
	store rdfstore.Store
	now   time.Time
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// id names a resource of alice's: "a/b", "a/", "a.acl".
func (f *fixture) id(path string) resource.ID {
	f.Helper()
	space, err := resource.NewSpace("http://test.example/", false)
	f.must(err)
	id, err := space.Parse("", "/alice/"+path)
	f.must(err)
	return id
}

func (f *fixture) stage(body string) rdfstore.Staged {
	f.Helper()
	staged, err := f.store.Stage(context.Background(), strings.NewReader(body), -1)
	f.must(err)
	return staged
}

// put writes a resource in an Update of its own.
func (f *fixture) put(path, body string) (r rdfstore.Resource, err error) {
	f.Helper()
	id := f.id(path)
	content := rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle"}
	if id.IsContainer() {
		content.Kind = rdfstore.Container
	}
	if body != "" {
		content.Body = f.stage(body)
		defer content.Body.Discard()
	}
	err = f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
		r, err = tx.Put(id, content)
		return err
	})
	return r, err
}

func (f *fixture) mustPut(path, body string) rdfstore.Resource {
	f.Helper()
	r, err := f.put(path, body)
	f.must(err)
	return r
}

func (f *fixture) delete(path string) error {
	f.Helper()
	id := f.id(path)
	return f.store.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(id) })
}

func (f *fixture) view(read func(rdfstore.Reader) error) {
	f.Helper()
	f.must(f.store.View(context.Background(), read))
}

func (f *fixture) resource(path string) (r rdfstore.Resource, err error) {
	f.Helper()
	id := f.id(path)
	f.view(func(reader rdfstore.Reader) error { r, err = reader.Resource(id); return nil })
	return r, err
}

func (f *fixture) body(path string) string {
	f.Helper()
	var all []byte
	f.view(func(r rdfstore.Reader) error {
		body, err := r.Open(f.id(path))
		if err != nil {
			return err
		}
		defer body.Close()
		all, err = io.ReadAll(body)
		return err
	})
	return string(all)
}

func (f *fixture) members(path, after string) (names []string) {
	f.Helper()
	f.view(func(r rdfstore.Reader) error {
		for m, err := range r.Members(f.id(path), after) {
			if err != nil {
				return err
			}
			names = append(names, m.ID.Name())
		}
		return nil
	})
	return names
}

func (f *fixture) wantError(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("error %v, want %v", err, want)
	}
}

var large = strings.Repeat("0123456789abcdef", 8<<10) // 128 KiB: too large for a record

func testPut(f *fixture) {
	for path, body := range map[string]string{"empty": "", "small.ttl": "<a> <b> <c>.", "large": large, "c/": "<> a <x>."} {
		r := f.mustPut(path, body)
		got, err := f.resource(path)
		f.must(err)
		if got != r {
			f.Errorf("%s: Put returned %+v, Resource %+v", path, r, got)
		}
		if r.Size != int64(len(body)) || r.MediaType != "text/turtle" || !r.Modified.Equal(f.now.Truncate(time.Millisecond)) || r.Created != r.Modified {
			f.Errorf("%s: %+v", path, r)
		}
		if f.body(path) != body {
			f.Errorf("%s: another body came back", path)
		}
	}
}

func testReplace(f *fixture) {
	first := f.mustPut("a", "one")
	f.now = f.now.Add(-time.Hour) // a clock that is set back
	second := f.mustPut("a", large)
	if second.Revision <= first.Revision || second.Created != first.Created || second.Modified.Before(first.Modified) || second.SHA256 == first.SHA256 {
		f.Errorf("first %+v, second %+v", first, second)
	}
	third := f.mustPut("a", "three")
	if f.body("a") != "three" || third.Size != 5 {
		f.Errorf("third %+v", third)
	}
}

func testPutRefuses(f *fixture) {
	f.mustPut("doc", "x")
	f.mustPut("box/", "")
	for path, want := range map[string]error{
		"missing/doc":        rdfstore.ErrNoParent,
		"missing/container/": rdfstore.ErrNoParent,
		"doc/":               rdfstore.ErrTwin,
		"box":                rdfstore.ErrTwin,
		"doc/below":          rdfstore.ErrNoParent,
		"ghost.acl":          rdfstore.ErrNoSubject,
		"ghost/.meta":        rdfstore.ErrNoSubject,
	} {
		_, err := f.put(path, "x")
		f.wantError(err, want)
	}
	err := f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		_, err := tx.Put(f.id("box2/"), rdfstore.Content{Kind: rdfstore.Document})
		return err
	})
	if err == nil {
		f.Error("a container was accepted as a document")
	}
	if got := f.members("", ""); !slices.Equal(got, []string{"box/", "doc"}) {
		f.Errorf("members %v", got)
	}
}

func testDelete(f *fixture) {
	f.wantError(f.delete("absent"), rdfstore.ErrNotFound)
	f.mustPut("c/", "")
	f.mustPut("c/doc", large)
	f.wantError(f.delete("c/"), rdfstore.ErrNotEmpty)
	f.must(f.delete("c/doc"))
	f.must(f.delete("c/"))
	_, err := f.resource("c/")
	f.wantError(err, rdfstore.ErrNotFound)
	if got := f.members("", ""); len(got) != 0 {
		f.Errorf("members %v", got)
	}
	if f.delete("") == nil {
		f.Error("a root was deleted")
	}
	f.mustPut("c", "now the name is free for its twin")
}

func testAuxiliary(f *fixture) {
	f.mustPut("c/", "")
	f.mustPut("c/.acl", "acl")
	f.mustPut("c/.meta", large)
	f.mustPut("c/d", "x")
	f.must(f.delete("c/d"))
	if got := f.members("c/", ""); len(got) != 0 {
		f.Errorf("SP-CON-02 auxiliary resources are listed: %v", got)
	}
	f.must(f.delete("c/"))
	for _, path := range []string{"c/.acl", "c/.meta"} {
		_, err := f.resource(path)
		f.wantError(err, rdfstore.ErrNotFound)
	}
	f.mustPut("c/", "")
	_, err := f.resource("c/.acl")
	f.wantError(err, rdfstore.ErrNotFound) // WAC-REP-07
}

func testMembers(f *fixture) {
	for _, path := range []string{"b", "a/", "a/deep", "%C3%A9", "a0", "A"} {
		f.mustPut(path, "x")
	}
	if got, want := f.members("", ""), []string{"%C3%A9", "A", "a/", "a0", "b"}; !slices.Equal(got, want) {
		f.Errorf("members %v, want %v", got, want)
	}
	if got, want := f.members("", "a/"), []string{"a0", "b"}; !slices.Equal(got, want) {
		f.Errorf("members after a/: %v, want %v", got, want)
	}
	f.must(f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		if err := tx.Delete(f.id("a0")); err != nil {
			return err
		}
		if _, err := tx.Put(f.id("aa"), rdfstore.Content{Kind: rdfstore.Binary, MediaType: "image/png"}); err != nil {
			return err
		}
		var names []string
		for m, err := range tx.Members(f.id(""), "A") {
			if err != nil {
				return err
			}
			names = append(names, m.ID.Name()+" "+m.MediaType)
		}
		if want := []string{"a/ text/turtle", "aa image/png", "b text/turtle"}; !slices.Equal(names, want) {
			f.Errorf("members in a tx that sees its own writes: %v, want %v", names, want)
		}
		return nil
	}))
}

func testCounters(f *fixture) {
	root := func() rdfstore.Resource { r, err := f.resource(""); f.must(err); return r }
	before := root()
	f.mustPut("doc", "1")
	created := root()
	if created.Membership <= before.Membership || created.Listing <= before.Listing {
		f.Errorf("SP-CON-05 a new member: %+v then %+v", before, created)
	}
	f.mustPut("doc", "2")
	updated := root()
	if updated.Membership != created.Membership || updated.Listing <= created.Listing {
		f.Errorf("SP-CON-05 an updated member: %+v then %+v", created, updated)
	}
	f.mustPut("c/", "")
	middle := root()
	f.mustPut("c/deep", "x")
	if root() != middle {
		f.Error("SP-CON-05 a grandchild's change rippled to the root")
	}
	f.must(f.delete("doc"))
	if after := root(); after.Membership <= middle.Membership {
		f.Errorf("SP-CON-05 a deleted member: %+v then %+v", middle, after)
	}
}

func testStorages(f *fixture) {
	create := func(name string) error {
		return f.store.Update(f.Context(), func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: name}) })
	}
	f.wantError(create("alice"), rdfstore.ErrExists)
	f.must(create("bob"))
	if create("No Name") == nil {
		f.Error("an invalid name was accepted")
	}
	f.view(func(r rdfstore.Reader) error {
		alice, err := r.Storage("alice")
		f.must(err)
		if alice.Owner != "https://a.example/#me" || alice.Account != "1" {
			f.Errorf("storage %+v", alice)
		}
		_, err = r.Storage("carol")
		f.wantError(err, rdfstore.ErrNotFound)
		var names []string
		for s, err := range r.Storages("") {
			f.must(err)
			names = append(names, s.Name)
		}
		if !slices.Equal(names, []string{"alice", "bob"}) {
			f.Errorf("storages %v", names)
		}
		return nil
	})
}

func testFailure(f *fixture) {
	cause := errors.New("cause")
	staged := f.stage(large)
	err := f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		if _, err := tx.Put(f.id("doc"), rdfstore.Content{Kind: rdfstore.Binary, Body: staged}); err != nil {
			return err
		}
		if err := tx.SetRecord("b", "k", []byte("v"), time.Time{}); err != nil {
			return err
		}
		return cause
	})
	f.wantError(err, cause)
	_, err = f.resource("doc")
	f.wantError(err, rdfstore.ErrNotFound)
	f.view(func(r rdfstore.Reader) error {
		_, err := r.Record("b", "k")
		f.wantError(err, rdfstore.ErrNotFound)
		return nil
	})
	staged.Discard()
	if _, err := staged.Open(); err == nil {
		f.Error("a discarded body can be opened")
	}
}

func testPanic(f *fixture) {
	err := f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		if _, err := tx.Put(f.id("doc"), rdfstore.Content{Kind: rdfstore.Binary}); err != nil {
			return err
		}
		panic("in a write function")
	})
	if err == nil {
		f.Error("a panic was no error")
	}
	_, err = f.resource("doc")
	f.wantError(err, rdfstore.ErrNotFound)
	f.mustPut("doc", "the store goes on")
}

func testCancelled(f *fixture) {
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	ran := false
	err := f.store.Update(ctx, func(rdfstore.Tx) error { ran = true; return nil })
	if err != nil && ran {
		f.Error("a cancelled update ran and was reported as an error")
	}
	f.wantError(f.store.View(ctx, func(rdfstore.Reader) error { return nil }), context.Canceled)
}

func testSnapshot(f *fixture) {
	f.mustPut("doc", "before")
	f.view(func(r rdfstore.Reader) error {
		f.mustPut("doc", "after")
		f.mustPut("new", "x")
		body, err := r.Open(f.id("doc"))
		f.must(err)
		defer body.Close()
		if all, _ := io.ReadAll(body); string(all) != "before" {
			f.Errorf("body %q", all)
		}
		_, err = r.Resource(f.id("new"))
		f.wantError(err, rdfstore.ErrNotFound)
		return nil
	})
	if f.body("doc") != "after" {
		f.Error("a later view does not see the write")
	}
}

func testBodyInView(f *fixture) {
	f.mustPut("doc", large)
	var opened io.ReadSeekCloser
	f.view(func(r rdfstore.Reader) (err error) {
		f.must(f.delete("doc"))
		opened, err = r.Open(f.id("doc"))
		return err
	})
	defer opened.Close()
	if all, err := io.ReadAll(opened); err != nil || string(all) != large {
		f.Errorf("%d bytes, %v", len(all), err)
	}
	if _, err := opened.Seek(16, io.SeekStart); err != nil {
		f.Error(err)
	}
}

func testStage(f *fixture) {
	ctx := f.Context()
	_, err := f.store.Stage(ctx, strings.NewReader(large), 1000)
	f.wantError(err, rdf.ErrLimit)
	if _, err := f.store.Stage(ctx, strings.NewReader(large), int64(len(large))); err != nil {
		f.Errorf("a body of exactly the limit: %v", err)
	}
	broken := io.MultiReader(strings.NewReader(large), failing{})
	_, err = f.store.Stage(ctx, broken, -1)
	f.wantError(err, io.ErrUnexpectedEOF)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = f.store.Stage(cancelled, strings.NewReader(large), -1)
	f.wantError(err, context.Canceled)

	staged := f.stage(large)
	body, err := staged.Open()
	f.must(err)
	defer body.Close()
	if all, _ := io.ReadAll(body); string(all) != large {
		f.Error("a staged body reads differently")
	}
	use := func(path string) error {
		return f.store.Update(ctx, func(tx rdfstore.Tx) error {
			_, err := tx.Put(f.id(path), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
			return err
		})
	}
	f.must(use("one"))
	if use("two") == nil {
		f.Error("a staged body was used twice")
	}
	staged.Discard()
	if f.body("one") != large {
		f.Error("Discard after the commit took the body away")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func testRecords(f *fixture) {
	type account struct{ Name string }
	const accounts, others rdfstore.Bucket[account] = "accounts", "accounts2"
	f.must(f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		for _, key := range []string{"b", "a", "a/1", "a/2", "c\x00\xff"} {
			if err := accounts.Set(tx, key, account{key}, time.Time{}); err != nil {
				return err
			}
		}
		return others.Set(tx, "z", account{"z"}, time.Time{})
	}))
	f.view(func(r rdfstore.Reader) error {
		got, err := accounts.Get(r, "a/1")
		f.must(err)
		if got.Name != "a/1" {
			f.Errorf("record %+v", got)
		}
		var keys []string
		for e, err := range accounts.All(r, "a") {
			f.must(err)
			keys = append(keys, e.Key)
		}
		if !slices.Equal(keys, []string{"a", "a/1", "a/2"}) {
			f.Errorf("keys %q", keys)
		}
		keys = nil
		for record, err := range r.Records("accounts", "", "a/1") {
			f.must(err)
			keys = append(keys, record.Key)
		}
		if !slices.Equal(keys, []string{"a/2", "b", "c\x00\xff"}) {
			f.Errorf("keys after a/1: %q", keys)
		}
		return nil
	})
	f.must(f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		taken, err := accounts.Take(tx, "b")
		f.must(err)
		if taken.Name != "b" {
			f.Errorf("taken %+v", taken)
		}
		_, err = accounts.Take(tx, "b")
		f.wantError(err, rdfstore.ErrNotFound)
		f.must(accounts.Delete(tx, "nobody"))
		raw := []byte("mutable")
		f.must(tx.SetRecord("raw", "k", raw, time.Time{}))
		got, err := tx.Record("raw", "k")
		f.must(err)
		if !bytes.Equal(got, raw) {
			f.Errorf("record %q", got)
		}
		return nil
	}))
}

func testExpiry(f *fixture) {
	set := func(key string, expires time.Time) {
		f.must(f.store.Update(f.Context(), func(tx rdfstore.Tx) error { return tx.SetRecord("b", key, []byte(key), expires) }))
	}
	left := func() (keys []string) {
		f.view(func(r rdfstore.Reader) error {
			for record, err := range r.Records("b", "", "") {
				f.must(err)
				keys = append(keys, record.Key)
			}
			return nil
		})
		return keys
	}
	set("minute", f.now.Add(time.Minute))
	set("hour", f.now.Add(time.Hour))
	set("never", time.Time{})
	set("extended", f.now.Add(time.Minute))
	set("extended", f.now.Add(time.Hour))
	f.now = f.now.Add(2 * time.Minute)
	if got := left(); !slices.Equal(got, []string{"extended", "hour", "never"}) {
		f.Errorf("before the sweep: %v", got)
	}
	f.must(f.store.Update(f.Context(), func(tx rdfstore.Tx) error {
		_, err := tx.TakeRecord("b", "minute")
		f.wantError(err, rdfstore.ErrNotFound)
		return nil
	}))
	n, err := f.store.Sweep(f.Context(), 100)
	f.must(err)
	if n != 1 {
		f.Errorf("swept %d records, want 1", n)
	}
	f.now = f.now.Add(2 * time.Hour)
	if n, err = f.store.Sweep(f.Context(), 1); n != 1 || err != nil {
		f.Errorf("a sweep of at most 1 record swept %d, %v", n, err)
	}
	if got := left(); !slices.Equal(got, []string{"never"}) {
		f.Errorf("at the end: %v", got)
	}
}

func testClosed(f *fixture) {
	f.must(f.store.Close())
	f.wantError(f.store.View(context.Background(), func(rdfstore.Reader) error { return nil }), rdfstore.ErrClosed)
	f.wantError(f.store.Update(context.Background(), func(rdfstore.Tx) error { return nil }), rdfstore.ErrClosed)
}
