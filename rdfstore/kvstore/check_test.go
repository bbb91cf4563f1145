package kvstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// checked returns what a check finds.
func (b *bench) checked(t *testing.T, repair bool) (problems []rdfstore.Problem) {
	t.Helper()
	result, err := b.Check(t.Context(), rdfstore.CheckOptions{Repair: repair, Report: func(p rdfstore.Problem) { problems = append(problems, p) }})
	if err != nil {
		t.Fatal(err)
	}
	repaired := 0
	for _, p := range problems {
		if p.Repaired != "" {
			repaired++
		}
	}
	if result.Problems != len(problems) || result.Repaired != repaired {
		t.Errorf("%+v, and %v", result, problems)
	}
	return problems
}

var (
	checkedDocs  = resource.Root("bob").Entry("docs/")
	checkedDoc   = checkedDocs.Entry("doc")
	checkedImage = checkedDocs.Entry("image")
	checkedTwin  = checkedDocs.Entry("same image")
	checkedQuads = checkedDocs.Entry("quads")
)

// stageTriples stages a document of so many triples.
func (b *bench) stageTriples(t testing.TB, count int, value string) rdfstore.Staged {
	t.Helper()
	staged, err := b.StageQuads(context.Background(), nil, func(yield func(rdf.Quad) bool) {
		for i := range count {
			s, p := rdf.IRI(fmt.Sprintf("https://bob.example/%d", i)), rdf.IRI("https://bob.example/value")
			if !yield(rdf.Quad{S: s, P: p, O: rdf.String(value)}) {
				return
			}
		}
	}, -1)
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

func (b *bench) generationOf(t *testing.T, id resource.ID) uint64 {
	t.Helper()
	r, err := decodeRecord(b.engine.entries[string(resourceKey(id))])
	if err != nil {
		t.Fatal(err)
	}
	return r.quads.generation
}

// checkedBench is a store that has everything that a check looks at.
func checkedBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, Options{})
	<-b.collected // what the tests put there is not of before
	image := bytes.Repeat([]byte("image"), 20_000)
	b.update(t, func(tx rdfstore.Tx) error {
		return tx.CreateStorage(rdfstore.Storage{Name: "bob", Account: "account"})
	})
	for _, put := range []struct {
		id   resource.ID
		body []byte
	}{
		{checkedDocs, nil}, {checkedDocs.Description(), []byte("about")}, {checkedDoc, []byte("document")},
		{checkedDoc.ACL(), []byte("rules")}, {checkedImage, image}, {checkedTwin, image},
		{resource.Root("bob").ACL(), []byte("rules")}, {resource.Root("bob").Entry("empty"), nil},
	} {
		kind := rdfstore.Document
		if put.id.IsContainer() {
			kind = rdfstore.Container
		}
		body := b.stageBody(t, put.body)
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(put.id, rdfstore.Content{Kind: kind, MediaType: "text/turtle", Body: body})
			return err
		})
	}
	triples := b.stageTriples(t, 1000, "value")
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(checkedQuads, rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle", Body: triples})
		return err
	})
	b.update(t, func(tx rdfstore.Tx) error {
		return errors.Join(
			tx.SetRecord("codes", "code", []byte("x"), b.now.Add(time.Hour)), tx.SetRecord("accounts", "account", nil, time.Time{}),
			tx.SetQuota(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "account"}, 1<<30))
	})
	return b
}

// set writes raw entries past the store; a nil value deletes.
func (b *bench) set(t *testing.T, pairs ...[]byte) {
	t.Helper()
	var changes []Change
	for i := 0; i < len(pairs); i += 2 {
		changes = append(changes, Change{Key: pairs[i], Value: pairs[i+1], Delete: pairs[i+1] == nil})
	}
	if err := b.engine.Apply(changes); err != nil {
		t.Fatal(err)
	}
}

// alter changes the record of a resource past the store.
func (b *bench) alter(t *testing.T, id resource.ID, change func(*record)) {
	t.Helper()
	r, err := decodeRecord(b.engine.entries[string(resourceKey(id))])
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	b.set(t, resourceKey(id), r.encode())
}

func (b *bench) blobOf(t *testing.T, id resource.ID) (found blob.ID) {
	t.Helper()
	b.view(t, func(rdfstore.Reader) error {
		r, err := decodeRecord(b.engine.entries[string(resourceKey(id))])
		found = r.blob
		return err
	})
	return found
}

// Each kind of damage is found, told of in one sentence, and either mended for
// good or left as it is.
func TestCheckFindsDamage(t *testing.T) {
	unreadable := []byte{99}
	storageUsed := usageKey(rdfstore.Holder{Name: "bob"})
	accountUsed := usageKey(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "account"})
	for _, c := range []struct {
		name   string
		damage func(*testing.T, *bench)
		says   string
		left   bool // cannot be mended without guessing
	}{
		{"a storage's record is unreadable", func(t *testing.T, b *bench) { b.set(t, storageKey("bob"), unreadable) }, "storage \"bob\": its record is not readable", true},
		{"a storage's record is lost", func(t *testing.T, b *bench) { b.set(t, storageKey("alice"), nil) }, "which is no storage", true},
		{"a root is lost", func(t *testing.T, b *bench) { b.set(t, resourceKey(resource.Root("alice")), nil) }, "storage alice has no root", true},
		{"a record is unreadable", func(t *testing.T, b *bench) { b.set(t, resourceKey(checkedDoc), unreadable) }, "bob:docs/doc: its record is not readable", true},
		{"a record is lost", func(t *testing.T, b *bench) { b.set(t, resourceKey(checkedDoc), nil) }, "bob:docs/doc is listed and missing", false},
		{"a key names no resource", func(t *testing.T, b *bench) { b.set(t, []byte("rNo Name\x00x\x00\x00"), unreadable) }, "names no resource", true},
		{"a kind that does not fit", func(t *testing.T, b *bench) { b.alter(t, checkedDoc, func(r *record) { r.kind = rdfstore.Container }) }, "its kind does not fit", true},
		{"a container is lost", func(t *testing.T, b *bench) { b.set(t, resourceKey(checkedDocs), nil) }, "bob:docs/doc: its container is missing", true},
		{"an ACL of nothing", func(t *testing.T, b *bench) {
			of := checkedDocs.Entry("gone").ACL()
			b.set(t, resourceKey(of), (&record{kind: rdfstore.Document, sha256: emptyHash}).encode())
		}, "gone#acl: what it is about is missing", false},
		{"a twin", func(t *testing.T, b *bench) {
			b.set(t, resourceKey(resource.Root("bob").Entry("docs")), b.engine.entries[string(resourceKey(checkedDoc))])
		}, "are both there", true},
		{"not listed", func(t *testing.T, b *bench) { b.set(t, memberKey(checkedDocs, "doc"), nil) }, "bob:docs/doc: its container does not list it as it is", false},
		{"listed as it was", func(t *testing.T, b *bench) {
			b.set(t, memberKey(checkedDocs, "doc"), encodeMember(&record{kind: rdfstore.Binary, size: 1}))
		}, "does not list it as it is", false},
		{"listed and missing", func(t *testing.T, b *bench) {
			b.set(t, memberKey(checkedDocs, "gone"), encodeMember(&record{kind: rdfstore.Binary}))
		}, "bob:docs/gone is listed and missing", false},
		{"a listing of nothing", func(t *testing.T, b *bench) { b.set(t, []byte("cbob\x00"), unreadable) }, "lists nothing", true},
		{"a listing's counter is behind", func(t *testing.T, b *bench) {
			b.alter(t, checkedDocs, func(r *record) { r.membership, r.listing = r.revision, r.revision })
		}, "counter is behind it", false},
		{"the revision went back", func(t *testing.T, b *bench) { b.set(t, revisionKey, []byte{0, 0, 0, 0, 0, 0, 0, 1}) }, "is newer than the store", false},
		{"ACLs that a cache would miss", func(t *testing.T, b *bench) {
			s := rdfstore.Storage{Name: "bob", Account: "account", Created: b.now}
			b.set(t, storageKey("bob"), encodeStorage(s))
		}, "last change of an ACL", false},
		{"a body is lost", func(t *testing.T, b *bench) { b.set(t, inlineKey(checkedDoc), nil) }, "bob:docs/doc: its body is missing", true},
		{"a body is altered", func(t *testing.T, b *bench) { b.set(t, inlineKey(checkedDoc), []byte("Document")) }, "bob:docs/doc: its body is not what was written", true},
		{"a body of nothing", func(t *testing.T, b *bench) { b.set(t, inlineKey(checkedDocs.Entry("gone")), []byte("x")) }, "gone: a body belongs to nothing", false},
		{"a file is lost", func(t *testing.T, b *bench) { b.blobs.Remove(b.blobOf(t, checkedImage)) }, "bob:docs/image: its file", true},
		{"a file is altered", func(t *testing.T, b *bench) {
			b.blobs.Write(b.blobOf(t, checkedImage), bytes.NewReader(make([]byte, 100_000)))
		}, "is not what was written", true},
		{"a file is cut off", func(t *testing.T, b *bench) {
			b.blobs.Write(b.blobOf(t, checkedImage), strings.NewReader("imageimage"))
		}, "its file has 10 bytes, want 100000", true},
		{"references are lost", func(t *testing.T, b *bench) { b.set(t, blobKey(b.blobOf(t, checkedImage)), nil) }, "and 2 resources refer to it", false},
		{"references are miscounted", func(t *testing.T, b *bench) {
			id := b.blobOf(t, checkedImage)
			refs, err := decodeReferences(b.engine.entries[string(blobKey(id))])
			if err != nil {
				t.Fatal(err)
			}
			refs.count = 1
			b.set(t, blobKey(id), encodeReferences(refs))
		}, "has 1 references, and 2 resources", false},
		{"a file is kept for nothing", func(t *testing.T, b *bench) {
			id := blob.NewID()
			b.blobs.Write(id, strings.NewReader("x"))
			b.set(t, blobKey(id), encodeReferences(references{1, emptyHash, "bob"}))
			b.set(t, contentKey("bob", emptyHash), id[:])
		}, "is kept for nothing", false},
		{"a content is not found", func(t *testing.T, b *bench) {
			refs, err := decodeReferences(b.engine.entries[string(blobKey(b.blobOf(t, checkedImage)))])
			if err != nil {
				t.Fatal(err)
			}
			b.set(t, contentKey("bob", refs.hash), nil)
		}, "is not found by its content", false},
		{"a content of another file", func(t *testing.T, b *bench) {
			id := b.blobOf(t, checkedImage)
			b.set(t, contentKey("alice", emptyHash), id[:])
		}, "has a file that is of another", false},
		{"a block is lost", func(t *testing.T, b *bench) { b.set(t, blockKey(b.generationOf(t, checkedQuads), lastFence), nil) }, "bob:docs/quads: its content is not what was written", true},
		{"a block is unreadable", func(t *testing.T, b *bench) {
			b.set(t, blockKey(b.generationOf(t, checkedQuads), lastFence), unreadable)
		}, "a block of it is not readable", true},
		{"a block is doubled", func(t *testing.T, b *bench) {
			generation := b.generationOf(t, checkedQuads)
			b.set(t, blockKey(generation, []byte("~")), b.engine.entries[string(blockKey(generation, lastFence))])
		}, "its blocks are not in order", true},
		{"a head is lost", func(t *testing.T, b *bench) { b.set(t, headKey(b.generationOf(t, checkedQuads)), nil) }, "belongs to nothing, or to another", true},
		{"a base URL is lost", func(t *testing.T, b *bench) { b.alter(t, checkedQuads, func(r *record) { r.quads.base = 7 }) }, "packed under a base URL that is not known", true},
		{"a generation of nothing", func(t *testing.T, b *bench) {
			h, err := encodeHead(head{owner: resourceKey(checkedDoc)}, packer{})
			if err != nil {
				t.Fatal(err)
			}
			b.set(t, headKey(77), h)
		}, "the generation 77 belongs to nothing", false},
		{"blocks of nothing", func(t *testing.T, b *bench) { b.set(t, blockKey(78, nil), []byte{1}) }, "blocks of the generation 78 belong to nothing", false},
		{"a generation in use is given up", func(t *testing.T, b *bench) {
			b.set(t, waitingKey(b.generationOf(t, checkedQuads)), []byte{})
		}, "is in use and given up", false},
		{"the generation went back", func(t *testing.T, b *bench) { b.set(t, generationKey, make([]byte, 8)) }, "is newer than the store's, 0", false},
		{"usage is miscounted", func(t *testing.T, b *bench) { b.set(t, storageUsed, encodeUsage(rdfstore.Usage{Bytes: 7})) }, "storage bob: its usage is counted as 7 bytes", false},
		{"usage is unreadable", func(t *testing.T, b *bench) { b.set(t, storageUsed, unreadable) }, "storage bob: its usage", false},
		{"usage is lost", func(t *testing.T, b *bench) { b.set(t, storageUsed, nil) }, "storage bob: its usage", false},
		{"usage of no storage", func(t *testing.T, b *bench) {
			b.set(t, usageKey(rdfstore.Holder{Name: "carol"}), encodeUsage(rdfstore.Usage{}))
		}, "\"carol\", which does not exist", false},
		{"usage of an account is miscounted", func(t *testing.T, b *bench) { b.set(t, accountUsed, encodeUsage(rdfstore.Usage{Quota: 1 << 30})) }, "account account: its usage is counted as 0 bytes", false},
		{"usage of an account is lost", func(t *testing.T, b *bench) { b.set(t, accountUsed, nil) }, "account account: its usage is not counted", false},
		{"a change is unreadable", func(t *testing.T, b *bench) { b.set(t, changeKey(2), unreadable) }, "a change is not readable", true},
		{"a change is lost", func(t *testing.T, b *bench) { b.set(t, changeKey(2), nil) }, "is not among the changes", true},
		{"a change from before the feed", func(t *testing.T, b *bench) {
			b.set(t, changeKey(0), encodeChange(rdfstore.Change{Action: rdfstore.Created, Kind: rdfstore.Document, ID: checkedDoc}))
		}, "the feed begins behind", false},
		{"a change of the future", func(t *testing.T, b *bench) {
			b.set(t, changeKey(1000), encodeChange(rdfstore.Change{Action: rdfstore.Deleted, Kind: rdfstore.Document, ID: checkedDoc}))
		}, "the change 1000 is newer than the store", false},
		{"a record of state is unreadable", func(t *testing.T, b *bench) { b.set(t, stateKey("accounts", "account"), unreadable) }, "a record in \"accounts\" is not readable", true},
		{"a record that never expires", func(t *testing.T, b *bench) {
			b.set(t, expiryKey(b.now.Add(time.Hour).UnixMilli(), "codes", "code"), nil)
		}, "a record in codes would never be swept", false},
		{"an expiry of nothing", func(t *testing.T, b *bench) { b.set(t, expiryKey(5, "codes", "gone"), []byte{}) }, "an expiry in codes is of nothing", false},
		{"an unreadable expiry", func(t *testing.T, b *bench) { b.set(t, []byte("e?"), []byte{}) }, "an expiry is not readable", true},
		{"an unknown key", func(t *testing.T, b *bench) { b.set(t, []byte("~x"), []byte("y")) }, "unknown key \"~x\"", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := checkedBench(t)
			if problems := b.checked(t, false); len(problems) != 0 {
				t.Fatalf("before the damage: %v", problems)
			}
			c.damage(t, b)
			damaged := maps.Clone(b.engine.entries)
			found := b.checked(t, false)
			if !slices.ContainsFunc(found, func(p rdfstore.Problem) bool { return strings.Contains(p.What, c.says) && p.Repaired == "" }) {
				t.Fatalf("found %v, want %q", found, c.says)
			}
			if !sameEntries(damaged, b.engine.entries) {
				t.Error("a check without repair changed something")
			}
			repaired := b.checked(t, true)
			for _, p := range repaired {
				if strings.Contains(p.What, c.says) && (p.Repaired == "") != c.left {
					t.Errorf("%s: %q", p.What, p.Repaired)
				}
			}
			if after := b.checked(t, false); (len(after) == 0) == c.left {
				t.Errorf("after the repair: %v", after)
			}
		})
	}
}

// Writes while a check runs are no damage, and a repair meets the state of its
// own time.
func TestCheckWhileWriting(t *testing.T) {
	b := checkedBench(t)
	b.set(t, memberKey(checkedDocs, "doc"), nil)
	steps := []func(tx rdfstore.Tx) error{
		func(tx rdfstore.Tx) error { return tx.Delete(checkedImage) },
		func(tx rdfstore.Tx) error { return tx.Delete(checkedTwin) },
		func(tx rdfstore.Tx) error { return tx.Delete(checkedDoc) },
		func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "carol"}) },
	}
	written := false
	var problems []rdfstore.Problem
	_, err := b.Check(t.Context(), rdfstore.CheckOptions{
		Repair: true,
		Report: func(p rdfstore.Problem) { problems = append(problems, p) },
		Progress: func(rdfstore.Progress) {
			if written {
				return
			}
			written = true
			for _, step := range steps {
				b.update(t, step)
			}
		},
	})
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].What, "bob:docs/doc") || problems[0].Repaired != "taken off the listing" {
		t.Errorf("%v, %v; want the listing and nothing else", problems, err)
	}
	if left := b.checked(t, false); len(left) != 0 {
		t.Errorf("afterwards: %v", left)
	}
}

func TestCheckEnds(t *testing.T) {
	b := checkedBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Check(ctx, rdfstore.CheckOptions{Progress: func(rdfstore.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Check = %v", err)
	}
}

// A file of nothing is removed, unless something that may refer to it cannot
// be read; one that is being received is none.
func TestCheckFindsOrphans(t *testing.T) {
	for _, unreadable := range []bool{false, true} {
		b := checkedBench(t)
		if err := b.blobs.Write(blob.NewID(), strings.NewReader("of nothing")); err != nil {
			t.Fatal(err)
		}
		if unreadable {
			b.set(t, resourceKey(checkedDoc), []byte{99})
		}
		staged := b.stage(t, 100_000)
		b.checked(t, true)
		want := 2
		if unreadable {
			want = 3
		}
		if n := b.blobCount(t); n != want {
			t.Errorf("%d blobs, want that of the images, the staged one, and with an unreadable record the orphan", n)
		}
		problems := b.checked(t, false)
		found := slices.ContainsFunc(problems, func(p rdfstore.Problem) bool { return strings.Contains(p.What, "belongs to nothing") })
		if found != unreadable {
			t.Errorf("afterwards: %v", problems)
		}
		staged.Discard()
	}
}
