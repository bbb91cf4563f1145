package ldp_test

import (
	"fmt"
	"strings"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore/rdf"
)

// manyNotes is a document of n notes, three triples each.
func manyNotes(n int) string {
	var b strings.Builder
	b.WriteString("@prefix ex: <http://example.org/>.\n")
	for i := range n {
		fmt.Fprintf(&b, "<#note%d> a ex:Note; ex:number %d; ex:text \"note number %d\".\n", i, i, i)
	}
	return b.String()
}

func TestPatchOfLargeDocuments(t *testing.T) {
	const notes = 40_000
	large := func(t *testing.T) *pod {
		return newPod(t, []given{{"r", ttl, manyNotes(notes)}}, func(c *ldp.Config) { c.MaxDocument = 16 << 20 })
	}
	t.Run("SP-N3-14 one triple of many, by its subject and by a condition", func(t *testing.T) {
		p := large(t)
		for round := range 3 { // the first makes quads of it
			was, is := fmt.Sprint("text ", round), fmt.Sprint("text ", round+1)
			if round == 0 {
				was = "note number 777"
			}
			p.write(alice, "PATCH", "/alice/r", n3, insertDelete(fmt.Sprintf("?note ex:text %q.", was), fmt.Sprintf("?note ex:text %q.", was), fmt.Sprintf("?note ex:text %q.", is))).is(204)
		}
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "<#note777> ex:number 777.", "")).is(204)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "<#note777> ex:number 777.", "")).is(409)
		for _, accept := range []string{ttl, jld, "application/n-triples", "application/trig"} {
			a := p.send(call{alice, "GET", "/alice/r", fields{"Accept": accept}, ""}).is(200).has(fields{"Content-Type": accept})
			if g := a.graph(); g.Len() != 3*notes-1 {
				t.Errorf("%s: %d triples", accept, g.Len())
			} else if text := g.Object(rdf.IRI(root+"r#note777"), rdf.IRI("http://example.org/text")); text != rdf.String("text 3") {
				t.Errorf("%s: %v", accept, text)
			}
		}
	})
	t.Run("a patch too large for one commit", func(t *testing.T) {
		p := large(t)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", `<#first> ex:text "makes quads".`)).is(204)
		p.write(alice, "PATCH", "/alice/r", sparql, "PREFIX ex: <http://example.org/>\nDELETE { ?n a ex:Note } INSERT { ?n a ex:Old } WHERE { ?n a ex:Note }").is(204)
		g := p.get(alice, "/alice/r").is(200).graph()
		old := 0
		for range g.Match(rdf.Term{}, rdf.Type, rdf.IRI("http://example.org/Old")) {
			old++
		}
		if old != notes || g.Len() != 3*notes+1 {
			t.Errorf("%d of %d triples were replaced", old, g.Len())
		}
	})
	t.Run("a literal too large for quads", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, "<#it> <#p> 1 ."}})
		text := strings.Repeat("long ", 20_000)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", "<#it> ex:p 2.")).is(204)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", fmt.Sprintf("<#it> ex:text %q.", text))).is(204)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", "<#it> ex:p 3.")).is(204)
		a := p.get(alice, "/alice/r").is(200)
		if a.graph().Len() != 4 || !strings.Contains(a.body, text) {
			t.Errorf("%d triples", a.graph().Len())
		}
	})
	t.Run("SP-HTTP-15 it does not grow beyond the limit", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, "<#it> <#p> 1 ."}}, func(c *ldp.Config) { c.MaxDocument = 20_000 })
		last := 204
		for i := 0; i < 20 && last == 204; i++ {
			last = p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", fmt.Sprintf("<#it> ex:text \"%d %s\".", i, strings.Repeat("x", 5000)))).status
		}
		if last != 413 {
			t.Errorf("the last patch got %d", last)
		}
		p.get(alice, "/alice/r").is(200)
	})
	t.Run("SP-ETAG-07 SP-N3-14 patches of one document at once", func(t *testing.T) {
		p := large(t)
		got := p.together(times(12, func(i int) call {
			return writing("PATCH", "r", n3, insertDelete("", "", fmt.Sprintf("<#it> ex:n %d.", i)))
		})...)
		if got[204] != 12 {
			t.Errorf("statuses %v", got)
		}
		n := 0
		for range p.get(alice, "/alice/r").graph().Objects(rdf.IRI(root+"r#it"), rdf.IRI("http://example.org/n")) {
			n++
		}
		if n != 12 {
			t.Errorf("%d triples survived", n)
		}
	})
}
