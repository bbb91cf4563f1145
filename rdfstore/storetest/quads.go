package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// quadSet is a document's content as plain as can be.
type quadSet map[rdf.Quad]bool

func setOf(quads ...rdf.Quad) quadSet {
	set := quadSet{}
	for _, q := range quads {
		set[q] = true
	}
	return set
}

func (s quadSet) apply(edit rdfstore.Edit) quadSet {
	next := maps.Clone(s)
	for _, q := range edit.Removed {
		delete(next, q)
	}
	for _, q := range edit.Added {
		next[q] = true
	}
	return next
}

// triple is a quad of the default graph: subject and predicate below the
// storage, a string as object.
func triple(s, p, o string) rdf.Quad {
	const base = "https://pods.example/alice/doc#"
	return rdf.Quad{S: rdf.IRI(base + s), P: rdf.IRI(base + p), O: rdf.String(o)}
}

// putQuads makes a document of quads.
func (f *fixture) putQuads(id resource.ID, prefixes []rdf.Prefix, quads ...rdf.Quad) (put rdfstore.Resource) {
	f.Helper()
	staged, err := f.StageQuads(context.Background(), prefixes, slices.Values(quads), -1)
	if err != nil {
		f.Fatalf("StageQuads = %v", err)
	}
	defer staged.Discard()
	f.update(func(tx rdfstore.Tx) (err error) {
		put, err = tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle", Body: staged})
		return err
	})
	return put
}

func (f *fixture) edit(id resource.ID, edit rdfstore.Edit) (edited rdfstore.Resource) {
	f.Helper()
	f.update(func(tx rdfstore.Tx) (err error) {
		edited, err = tx.Edit(id, edit, -1)
		return err
	})
	return edited
}

// quadsOf collects all quads of a document.
func quadsOf(r rdfstore.Reader, id resource.ID) ([]rdf.Quad, error) {
	quads, err := r.Quads(id)
	if err != nil {
		return nil, err
	}
	return collect(quads.All(rdf.Quad{}))
}

func collect(all iter.Seq2[rdf.Quad, error]) (quads []rdf.Quad, err error) {
	for q, err := range all {
		if err != nil {
			return nil, err
		}
		quads = append(quads, q)
	}
	return quads, nil
}

// sameQuads compares a document with a set, and what else it says of itself.
func sameQuads(r rdfstore.Reader, id resource.ID, want quadSet) error {
	quads, err := r.Quads(id)
	if err != nil {
		return err
	}
	all, err := collect(quads.All(rdf.Quad{}))
	if err != nil {
		return err
	}
	if len(all) != len(want) || quads.Len() != len(want) || !maps.Equal(setOf(all...), want) {
		return fmt.Errorf("%v has %d quads, says %d: %v; want %v", id, len(all), quads.Len(), all, want)
	}
	return nil
}

func testQuads(t *testing.T, f *fixture) {
	a, b, c := triple("a", "p", "1"), triple("b", "p", "1"), triple("b", "q", "2")
	t.Run("a document of quads has no bytes, one of bytes no quads", func(t *testing.T) {
		f.putQuads(at("forms"), nil, a)
		f.putBody("forms-bytes", "<#a> <#p> 1 .")
		content := rdfstore.Edit{Added: []rdf.Quad{b}}
		f.view(func(r rdfstore.Reader) error {
			_, open := r.Open(at("forms"))
			_, quads := r.Quads(at("forms-bytes"))
			_, missing := r.Quads(at("forms-none"))
			if !errors.Is(open, rdfstore.ErrNotQuads) || !errors.Is(quads, rdfstore.ErrNotQuads) || !errors.Is(missing, rdfstore.ErrNotFound) {
				t.Errorf("Open = %v, Quads = %v and %v", open, quads, missing)
			}
			return nil
		})
		f.refuse(rdfstore.ErrNotQuads, func(tx rdfstore.Tx) error { _, err := tx.Edit(at("forms-bytes"), content, -1); return err })
		f.refuse(rdfstore.ErrNotFound, func(tx rdfstore.Tx) error { _, err := tx.Edit(at("forms-none"), content, -1); return err })
		if !f.resource("forms").IsQuads || f.resource("forms-bytes").IsQuads {
			t.Error("IsQuads is wrong")
		}
		f.putBody("forms", "<#a> <#p> 1 .")
		if f.resource("forms").IsQuads || f.body("forms") != "<#a> <#p> 1 ." {
			t.Error("the body does not replace the quads")
		}
	})
	t.Run("prefixes come back", func(t *testing.T) {
		prefixes := []rdf.Prefix{{Name: "", IRI: "https://pods.example/alice/prefixed#"}, {Name: "ex", IRI: "http://example.org/"}}
		f.putQuads(at("prefixed"), prefixes, a)
		f.edit(at("prefixed"), rdfstore.Edit{Added: []rdf.Quad{b}})
		f.view(func(r rdfstore.Reader) error {
			quads, err := r.Quads(at("prefixed"))
			if err != nil {
				return err
			}
			got, err := quads.Prefixes()
			if diff := cmp.Diff(prefixes, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
	t.Run("an edit is a change, an edit that changes nothing is none", func(t *testing.T) {
		f.put("edited/")
		before := f.putQuads(at("edited/doc"), nil, a, b)
		container := f.resource("edited/")
		edited := f.edit(at("edited/doc"), rdfstore.Edit{Removed: []rdf.Quad{a, c}, Added: []rdf.Quad{c}})
		if edited.Revision <= before.Revision || edited.SHA256 == before.SHA256 || edited.Size == 0 || edited != f.resource("edited/doc") {
			t.Errorf("%+v, was %+v", edited, before)
		}
		if after := f.resource("edited/"); after.Listing != edited.Revision || after.Membership != container.Membership {
			t.Errorf("container %+v", after)
		}
		f.view(func(r rdfstore.Reader) error {
			for member, err := range r.Members(at("edited/"), "") {
				if err != nil || member.Size != edited.Size {
					t.Errorf("member %+v, %v", member, err)
				}
			}
			return sameQuads(r, at("edited/doc"), setOf(b, c))
		})
		if again := f.edit(at("edited/doc"), rdfstore.Edit{Removed: []rdf.Quad{a}, Added: []rdf.Quad{c}}); again != edited {
			t.Errorf("%+v after an edit of nothing, was %+v", again, edited)
		}
		if back := f.edit(at("edited/doc"), rdfstore.Edit{Removed: []rdf.Quad{c}, Added: []rdf.Quad{a}}); back.SHA256 != before.SHA256 || back.Size != before.Size {
			t.Errorf("the same content: %+v, was %+v", back, before)
		}
	})
	t.Run("an empty document", func(t *testing.T) {
		f.putQuads(at("emptied"), nil, a)
		f.edit(at("emptied"), rdfstore.Edit{Removed: []rdf.Quad{a}})
		f.view(func(r rdfstore.Reader) error { return sameQuads(r, at("emptied"), setOf()) })
		f.edit(at("emptied"), rdfstore.Edit{Added: []rdf.Quad{b}})
		f.view(func(r rdfstore.Reader) error { return sameQuads(r, at("emptied"), setOf(b)) })
		f.delete("emptied")
		if f.exists("emptied") {
			t.Error("it is still there")
		}
	})
	t.Run("each kind of term comes back", func(t *testing.T) {
		terms := []rdf.Term{
			rdf.IRI("https://pods.example/alice/x#y"), rdf.IRI("https://pods.example/alice"), rdf.IRI("https://pods.example/"),
			rdf.IRI("https://pods.example/.account/"), rdf.IRI("urn:x"), rdf.Type, rdf.Blank("b"), rdf.Blank("\x00\x01\x02"), rdf.String(""),
			rdf.String("\x00"), rdf.String("\x01"), rdf.String("a\x00b\x01c\x02"), rdf.String("é\xff"), rdf.LangString("hi", "en-GB"),
			rdf.Typed("1", rdf.XSDInteger), rdf.Typed("", "urn:t"), rdf.String(strings.Repeat("long ", 1000)), rdf.Typed(strings.Repeat("long ", 1000), "urn:t"),
		}
		var quads []rdf.Quad
		for _, g := range []rdf.Term{{}, rdf.Blank("g"), rdf.IRI("https://pods.example/alice/g")} {
			for _, o := range terms {
				quads = append(quads, rdf.Quad{S: a.S, P: rdf.Type, O: o, G: g}, rdf.Quad{S: rdf.Blank("s"), P: a.P, O: o, G: g})
			}
		}
		f.putQuads(at("terms"), nil, quads...)
		f.view(func(r rdfstore.Reader) error {
			found, err := r.Quads(at("terms"))
			if err != nil {
				return err
			}
			for _, q := range quads {
				if has, err := found.Has(q); !has || err != nil {
					t.Errorf("Has(%v) = %v, %v", q, has, err)
				}
			}
			return sameQuads(r, at("terms"), setOf(quads...))
		})
	})
	t.Run("what is no quad is refused, and so is too large a term or document", func(t *testing.T) {
		big := triple("a", "p", strings.Repeat("x", 100<<10))
		for name, quad := range map[string]rdf.Quad{
			"literal as subject": {S: rdf.String("x"), P: a.P, O: a.O}, "blank predicate": {S: a.S, P: rdf.Blank("x"), O: a.O},
			"variable": {S: a.S, P: a.P, O: rdf.Variable("x")}, "literal as graph": {S: a.S, P: a.P, O: a.O, G: rdf.String("x")}, "no term": {},
		} {
			if _, err := f.StageQuads(context.Background(), nil, slices.Values([]rdf.Quad{quad}), -1); err == nil {
				t.Errorf("%s: staged", name)
			}
		}
		if _, err := f.StageQuads(context.Background(), nil, slices.Values([]rdf.Quad{big}), -1); !errors.Is(err, rdfstore.ErrTooLarge) {
			t.Errorf("StageQuads = %v", err)
		}
		prefixes := []rdf.Prefix{{Name: "long", IRI: "urn:" + strings.Repeat("x", 300<<10)}}
		if _, err := f.StageQuads(context.Background(), prefixes, slices.Values([]rdf.Quad{a}), -1); !errors.Is(err, rdfstore.ErrTooLarge) {
			t.Errorf("StageQuads = %v", err)
		}
		if _, err := f.StageQuads(context.Background(), nil, slices.Values([]rdf.Quad{a, b, c}), 10); !errors.Is(err, rdf.ErrLimit) {
			t.Errorf("StageQuads = %v", err)
		}
		before := f.putQuads(at("limited"), nil, a)
		f.refuse(rdfstore.ErrTooLarge, func(tx rdfstore.Tx) error {
			_, err := tx.Edit(at("limited"), rdfstore.Edit{Added: []rdf.Quad{b, big}}, -1)
			return err
		})
		f.refuse(rdf.ErrLimit, func(tx rdfstore.Tx) error {
			_, err := tx.Edit(at("limited"), rdfstore.Edit{Added: []rdf.Quad{b}}, before.Size)
			return err
		})
		if f.resource("limited") != before {
			t.Error("a refused edit left a trace")
		}
	})
	t.Run("quads count as what they take", func(t *testing.T) {
		storage := rdfstore.Holder{Name: "alice"}
		before := f.usage(storage).Bytes
		put := f.putQuads(at("counted-quads"), nil, manyQuads(300)...)
		if used := f.usage(storage).Bytes - before; used != put.Size {
			t.Errorf("%d bytes are counted of %d", used, put.Size)
		}
		edited := f.edit(at("counted-quads"), rdfstore.Edit{Removed: manyQuads(300)[:100], Added: []rdf.Quad{b}})
		if used := f.usage(storage).Bytes - before; used != edited.Size {
			t.Errorf("%d bytes are counted of %d", used, edited.Size)
		}
		f.update(func(tx rdfstore.Tx) error { return tx.SetQuota(storage, before+edited.Size) })
		var full *rdfstore.QuotaError
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			_, err := tx.Edit(at("counted-quads"), rdfstore.Edit{Added: []rdf.Quad{c}}, -1)
			return err
		}); !errors.As(err, &full) || f.resource("counted-quads") != edited {
			t.Errorf("Edit = %v", err)
		}
		f.update(func(tx rdfstore.Tx) error { return tx.SetQuota(storage, 0) })
		f.delete("counted-quads")
		if used := f.usage(storage).Bytes - before; used != 0 {
			t.Errorf("%d bytes are counted of nothing", used)
		}
	})
	t.Run("a view keeps its quads", func(t *testing.T) {
		many := manyQuads(5000)
		f.putQuads(at("viewed"), nil, many...)
		f.view(func(r rdfstore.Reader) error {
			quads, err := r.Quads(at("viewed"))
			if err != nil {
				return err
			}
			f.edit(at("viewed"), rdfstore.Edit{Removed: many[:50]})
			f.delete("viewed")
			all, err := collect(quads.All(rdf.Quad{}))
			if len(all) != len(many) {
				t.Errorf("%d quads", len(all))
			}
			return err
		})
	})
	t.Run("a large document is staged and given up", func(t *testing.T) {
		staged, err := f.StageQuads(context.Background(), nil, slices.Values(manyQuads(50_000)), -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := staged.Open(); !errors.Is(err, rdfstore.ErrNotQuads) {
			t.Errorf("Open = %v", err)
		}
		staged.Discard()
		staged.Discard()
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("given-up"), rdfstore.Content{Kind: rdfstore.Document, Body: staged})
			return err
		}); err == nil {
			t.Error("a discarded document was put")
		}
	})
	t.Run("edits of a set", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkEdits(t, f) }) })
}

// manyQuads are distinct ones, not in order.
func manyQuads(n int) []rdf.Quad {
	quads := make([]rdf.Quad, n)
	for i := range quads {
		quads[i] = triple(fmt.Sprint("s", i*7919%n/4), fmt.Sprint("p", i%3), fmt.Sprint("object number ", i))
	}
	return quads
}

// checkEdits compares random edits with those of a set, and what can be asked
// of the quads with what a scan of the set finds.
func checkEdits(t *rapid.T, f *fixture) {
	// Few terms, so that edits meet; some long, so that blocks are split.
	node := rapid.Custom(func(t *rapid.T) rdf.Term {
		name := fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "node"))
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return rdf.Blank("b" + name)
		case 1:
			return rdf.IRI("urn:node:" + name)
		}
		return rdf.IRI("https://pods.example/alice/doc#" + name)
	})
	predicate := rapid.SampledFrom([]rdf.Term{rdf.Type, rdf.IRI("urn:p"), rdf.IRI("urn:q")})
	object := rapid.OneOf(node, rapid.Custom(func(t *rapid.T) rdf.Term {
		text := strings.Repeat(rapid.SampledFrom([]string{"x", "y", "\x00"}).Draw(t, "char"), rapid.SampledFrom([]int{0, 1, 300, 1500}).Draw(t, "length"))
		return rapid.SampledFrom([]rdf.Term{rdf.String(text), rdf.LangString(text, "nl"), rdf.Typed(text, "urn:t")}).Draw(t, "literal")
	}))
	quad := rapid.Custom(func(t *rapid.T) rdf.Quad {
		graph := rapid.SampledFrom([]rdf.Term{{}, {}, {}, rdf.IRI("urn:g"), rdf.Blank("g")}).Draw(t, "graph")
		return rdf.Quad{S: node.Draw(t, "s"), P: predicate.Draw(t, "p"), O: object.Draw(t, "o"), G: graph}
	})
	id := at("set")
	quads := rapid.SliceOfN(quad, 0, 200).Draw(t, "quads")
	f.putQuads(id, nil, quads...)
	set := setOf(quads...)
	for range rapid.IntRange(1, 6).Draw(t, "updates") {
		before := set
		fails := rapid.IntRange(0, 4).Draw(t, "fails") == 0
		err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			for range rapid.IntRange(1, 3).Draw(t, "edits") {
				edit := rdfstore.Edit{Added: rapid.SliceOfN(quad, 0, 20).Draw(t, "added")}
				for _, q := range slices.SortedFunc(maps.Keys(set), inText) {
					if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
						edit.Removed = append(edit.Removed, q)
					}
				}
				if _, err := tx.Edit(id, edit, -1); err != nil {
					return err
				}
				set = set.apply(edit)
				if err := sameQuads(tx, id, set); err != nil {
					return err
				}
			}
			if fails {
				return errRefused
			}
			return nil
		})
		if fails {
			set = before
		} else if err != nil {
			t.Fatal(err)
		}
		f.view(func(r rdfstore.Reader) error {
			if err := sameQuads(r, id, set); err != nil {
				return err
			}
			return askQuads(t, r, id, set, quad)
		})
	}
}

func inText(a, b rdf.Quad) int {
	return strings.Compare(a.Triple().String()+a.G.String(), b.Triple().String()+b.G.String())
}

// askQuads asks for a quad, by a pattern, and for what follows a quad.
func askQuads(t *rapid.T, r rdfstore.Reader, id resource.ID, set quadSet, quad *rapid.Generator[rdf.Quad]) error {
	quads, err := r.Quads(id)
	if err != nil {
		return err
	}
	asked := quad.Draw(t, "asked")
	if has, err := quads.Has(asked); err != nil || has != set[asked] {
		return fmt.Errorf("Has(%v) = %v, %w", asked, has, err)
	}
	for _, term := range []*rdf.Term{&asked.S, &asked.P, &asked.O} {
		if rapid.Bool().Draw(t, "any") {
			*term = rdf.Term{}
		}
	}
	want := quadSet{}
	for q := range set {
		fits := func(pattern, term rdf.Term) bool { return pattern.IsZero() || pattern == term }
		if q.G == asked.G && fits(asked.S, q.S) && fits(asked.P, q.P) && fits(asked.O, q.O) {
			want[q] = true
		}
	}
	matched, err := collect(quads.Match(asked.G, asked.S, asked.P, asked.O))
	if err != nil || len(matched) != len(want) || !maps.Equal(setOf(matched...), want) {
		return fmt.Errorf("Match(%v) = %v, %w; want %v", asked, matched, err, want)
	}
	all, err := collect(quads.All(rdf.Quad{}))
	if err != nil || len(all) == 0 {
		return err
	}
	from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
	behind, err := collect(quads.All(all[from]))
	if err != nil || !slices.Equal(behind, all[from+1:]) {
		return fmt.Errorf("All(%v) = %v, %w; want %v", all[from], behind, err, all[from+1:])
	}
	return nil
}
