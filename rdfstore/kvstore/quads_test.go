package kvstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// own is a quad of IRIs below the base URL of most tests.
func own(n int) rdf.Quad {
	const doc = "https://pods.example/alice/doc#"
	return rdf.Quad{S: rdf.IRI(fmt.Sprint(doc, n)), P: rdf.IRI(doc + "p"), O: rdf.String(fmt.Sprint("object number ", n))}
}

func owns(n int) []rdf.Quad {
	quads := make([]rdf.Quad, n)
	for i := range quads {
		quads[i] = own(i)
	}
	return quads
}

func (b *bench) stageQuads(t *testing.T, quads ...rdf.Quad) rdfstore.Staged {
	t.Helper()
	staged, err := b.StageQuads(t.Context(), nil, slices.Values(quads), -1)
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

func (b *bench) putQuads(t *testing.T, id resource.ID, quads ...rdf.Quad) {
	t.Helper()
	staged := b.stageQuads(t, quads...)
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle", Body: staged})
		return err
	})
}

func (b *bench) edit(t *testing.T, id resource.ID, edit rdfstore.Edit) {
	t.Helper()
	b.update(t, func(tx rdfstore.Tx) error { _, err := tx.Edit(id, edit, -1); return err })
}

func (b *bench) entries(prefix byte) (found []Entry) {
	b.engine.mu.Lock()
	defer b.engine.mu.Unlock()
	for key, value := range b.engine.entries {
		if key[0] == prefix {
			found = append(found, Entry{[]byte(key), value})
		}
	}
	slices.SortFunc(found, func(a, b Entry) int { return bytes.Compare(a.Key, b.Key) })
	return found
}

// checkBlocks checks what is promised of blocks, and of what the record says.
func checkBlocks(t *rapid.T, b *bench, id resource.ID) {
	err := b.View(context.Background(), func(r rdfstore.Reader) error {
		record, err := r.(*reader).record(id)
		if err != nil {
			return err
		}
		var sum quadSum
		var last *packedQuad
		var above []byte
		ref, size := quadsRef{generation: record.quads.generation, base: record.quads.base}, int64(0)
		for _, entry := range b.entries(blockPrefix) {
			quads, err := decodeBlock(entry.Value)
			if err != nil || len(quads) == 0 {
				return fmt.Errorf("a block of %d quads: %w", len(quads), err)
			}
			place := entry.Key[9:]
			if bytes.Compare(above, fence(quads[0][:]...)) > 0 || bytes.Compare(fence(quads[len(quads)-1][:]...), place) >= 0 {
				return fmt.Errorf("the fences %q and %q are not around their block", above, place)
			}
			above = place
			for i := range quads {
				if last != nil && last.compare(&quads[i]) >= 0 {
					return errors.New("quads out of order")
				}
				sum.add(&quads[i])
				last = &quads[i]
			}
			ref.blocks++
			ref.quads += len(quads)
			size += int64(len(entry.Value))
		}
		if ref != record.quads || size != record.size || sum.bytes() != record.sha256 {
			return fmt.Errorf("counted %+v, %d bytes; the record says %+v, %d bytes", ref, size, record.quads, record.size)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBlocksKeepTheirPromisesThroughEdits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, Options{Space: space(t, "https://pods.example/", false)})
		id := member(t, "doc")
		const most = 2000
		b.putQuads(t, id, owns(rapid.IntRange(0, most).Draw(rt, "quads"))...)
		for range rapid.IntRange(1, 6).Draw(rt, "edits") {
			var edit rdfstore.Edit
			for range rapid.IntRange(0, 3).Draw(rt, "runs") {
				from, length := rapid.IntRange(0, most).Draw(rt, "from"), rapid.SampledFrom([]int{1, 30, 900}).Draw(rt, "length")
				for n := from; n < from+length; n++ {
					if length%2 == 0 && rapid.IntRange(0, 1).Draw(rt, "removed") == 0 {
						edit.Removed = append(edit.Removed, own(n))
					} else {
						edit.Added = append(edit.Added, own(n))
					}
				}
			}
			b.edit(t, id, edit)
			checkBlocks(rt, b, id)
		}
		b.Close()
	})
}

func TestAnEditWritesWhatItTouches(t *testing.T) {
	b := newBench(t, Options{})
	id := member(t, "doc")
	b.putQuads(t, id, owns(20_000)...)
	blocks := len(b.entries(blockPrefix))
	if blocks < 50 {
		t.Fatalf("%d blocks", blocks)
	}
	b.edit(t, id, rdfstore.Edit{Removed: []rdf.Quad{own(10_000)}, Added: []rdf.Quad{own(99_999)}})
	if last := b.engine.batches[len(b.engine.batches)-1]; last > 10 {
		t.Errorf("an edit of two quads changed %d keys", last)
	}
}

func TestBlocksOfManyDeletionsAreJoined(t *testing.T) {
	b := newBench(t, Options{})
	id := member(t, "doc")
	quads := owns(5000)
	b.putQuads(t, id, quads...)
	before := len(b.entries(blockPrefix))
	for first := 0; first < len(quads); first += 50 {
		b.edit(t, id, rdfstore.Edit{Removed: quads[first+1 : first+50]})
	}
	if after := len(b.entries(blockPrefix)); after > before/3 {
		t.Errorf("%d blocks of 100 quads, %d of 5000", after, before)
	}
}

func (b *bench) waitUntilCollected(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(b.entries(waitingPrefix)) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the collector does not come")
		}
	}
}

func TestBlocksThatBelongToNothingAreCollected(t *testing.T) {
	large := owns(100_000)
	for name, drop := range map[string]func(b *bench, id resource.ID){
		"replaced by bytes": func(b *bench, id resource.ID) {
			staged := b.stage(t, 10)
			b.update(t, func(tx rdfstore.Tx) error {
				_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, Body: staged})
				return err
			})
		},
		"deleted": func(b *bench, id resource.ID) {
			b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(id) })
		},
		"replaced by quads": func(b *bench, id resource.ID) { b.putQuads(t, id) },
	} {
		for size, quads := range map[string][]rdf.Quad{"small": large[:3], "large": large} {
			t.Run(size+" "+name, func(t *testing.T) {
				b := newBench(t, Options{})
				id := member(t, "doc")
				b.putQuads(t, id, quads...)
				drop(b, id)
				b.waitUntilCollected(t)
				if blocks := b.entries(blockPrefix); len(blocks) > 0 {
					t.Errorf("%d blocks are left", len(blocks))
				}
				if heads := b.entries(headPrefix); name != "replaced by quads" && len(heads) > 0 {
					t.Errorf("%d heads are left", len(heads))
				}
			})
		}
	}
	t.Run("discarded", func(t *testing.T) {
		b := newBench(t, Options{})
		staged := b.stageQuads(t, large...)
		if len(b.entries(waitingPrefix)) != 1 || len(b.entries(blockPrefix)) < 100 {
			t.Fatal("nothing was written before its commit")
		}
		staged.Discard()
		b.waitUntilCollected(t)
		if blocks := b.entries(blockPrefix); len(blocks) > 0 {
			t.Errorf("%d blocks are left", len(blocks))
		}
	})
	t.Run("left by a crash", func(t *testing.T) {
		b := newBench(t, Options{})
		b.stageQuads(t, large...)
		b.Close()
		b.open(t, Options{})
		b.waitUntilCollected(t)
		if blocks := b.entries(blockPrefix); len(blocks) > 0 {
			t.Errorf("%d blocks are left", len(blocks))
		}
	})
}

func TestStagedBlocksAreNotCollected(t *testing.T) {
	b := newBench(t, Options{})
	staged := b.stageQuads(t, owns(100_000)...)
	other := b.stageQuads(t, owns(100_000)...)
	other.Discard() // wakes the collector
	for deadline := time.Now().Add(10 * time.Second); len(b.entries(waitingPrefix)) > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the collector does not come")
		}
	}
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(member(t, "doc"), rdfstore.Content{Kind: rdfstore.Document, Body: staged})
		return err
	})
	b.view(t, func(r rdfstore.Reader) error {
		quads, err := r.Quads(member(t, "doc"))
		if err != nil {
			return err
		}
		count := 0
		for _, err := range quads.All(rdf.Quad{}) {
			if err != nil {
				return err
			}
			count++
		}
		if count != 100_000 || quads.Len() != count {
			t.Errorf("%d quads", count)
		}
		return nil
	})
}

func space(t *testing.T, base string, subdomains bool) *resource.Space {
	t.Helper()
	s, err := resource.NewSpace(base, subdomains)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBasesAreStrings(t *testing.T) {
	path, host := base{"https://pods.example/", false}, base{"https://pods.example/", true}
	for _, c := range []struct {
		base base
		iri  string
		own  string // "": kept whole
	}{
		{path, "https://pods.example/alice/x%2fy?q#z", "alice/x%2fy?q#z"},
		{path, "https://pods.example/alice/", "alice/"},
		{path, "https://pods.example/alice/a//../b", "alice/a//../b"},
		{path, "https://pods.example/alice", ""},
		{path, "https://pods.example/", ""},
		{path, "https://pods.example/.account/x", ""},
		{path, "https://pods.example/Alice/x", ""},
		{path, "https://PODS.example/alice/x", ""},
		{path, "https://pods.example:443/alice/x", ""},
		{path, "http://pods.example/alice/x", ""},
		{host, "https://alice.pods.example/x#y", "alice/x#y"},
		{host, "https://alice.pods.example/", "alice/"},
		{host, "https://alice.pods.example", ""},
		{host, "https://pods.example/alice/", ""},
		{host, "https://a.b.pods.example/x", ""},
		{host, "https://evil.example/.pods.example/x", ""},
		{host, "https://alice.pods.example.org/x", ""},
		{base{}, "https://pods.example/alice/x", ""},
	} {
		own, ok := c.base.cut(c.iri)
		if ok != (c.own != "") || ok && own != c.own {
			t.Errorf("%s: %q, %v", c.iri, own, ok)
		}
		if back, joined := c.base.join(own); ok && (back != c.iri || !joined) {
			t.Errorf("%s came back as %q", c.iri, back)
		}
	}
}

// A document reads as it was written, whatever the base URL is meanwhile.
func TestDocumentsKeepTheirBase(t *testing.T) {
	b := newBench(t, Options{Space: space(t, "https://pods.example/", false)})
	id := member(t, "doc")
	foreign := rdf.Quad{S: rdf.IRI("https://alice.city.example/doc#7"), P: rdf.Type, O: rdf.IRI("https://city.example/")}
	b.putQuads(t, id, own(1), own(2), foreign)
	if raw := b.entries(blockPrefix)[0].Value; strings.Contains(string(raw), "pods.example") {
		t.Errorf("the block has the base URL: %q", raw)
	}
	b.Close()
	for _, s := range []*resource.Space{space(t, "https://city.example/", true), nil, space(t, "https://pods.example/", false)} {
		b.open(t, Options{Space: s})
		b.edit(t, id, rdfstore.Edit{Removed: []rdf.Quad{own(2)}, Added: []rdf.Quad{foreign, own(3)}})
		b.edit(t, id, rdfstore.Edit{Removed: []rdf.Quad{own(3)}, Added: []rdf.Quad{own(2)}})
		b.view(t, func(r rdfstore.Reader) error {
			quads, err := r.Quads(id)
			if err != nil {
				return err
			}
			for _, q := range []rdf.Quad{own(1), own(2), foreign} {
				if has, err := quads.Has(q); err != nil || !has || quads.Len() != 3 {
					t.Errorf("Has(%v) = %v, %v of %d", q, has, err, quads.Len())
				}
			}
			return nil
		})
		b.Close()
	}
	if bases := b.entries('m'); len(bases) != 6 { // with epoch, schema, revision, generation
		t.Errorf("%d entries: %q", len(bases), bases)
	}
}

func FuzzBlock(f *testing.F) {
	p := packer{base{"https://pods.example/", false}}
	packed, err := packSorted(f.Context(), p, slices.Values(owns(40)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(makeBlocks(lastFence, packed, blockSize)[0].raw)
	f.Add([]byte{encodingVersion, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		quads, err := decodeBlock(raw)
		if err != nil {
			if !errors.Is(err, errCorrupt) {
				t.Fatal(err)
			}
			return
		}
		for i := range quads {
			if _, err := p.unpackQuad(quads[i]); err != nil && !errors.Is(err, errCorrupt) {
				t.Fatal(err)
			}
		}
	})
}
