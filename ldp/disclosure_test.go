package ldp_test

import (
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// What a write is answered to an agent who may not read.
func TestWritesDiscloseNothing(t *testing.T) {
	standing := []given{
		{"log", ttl, "<> <http://example.org/secret> 42."}, {"log.meta", ttl, "<log> <" + rdf.LDP + "inbox> <hidden/>."},
		aclOf("log", mine, rule{agent: bob, modes: "Append", here: true}),
	}
	t.Run("WAC-MODE-06 appending does not tell whether a triple was there", func(t *testing.T) {
		p := newPod(t, standing)
		guess := func(value string) *answer {
			return p.write(bob, "PATCH", "/alice/log", n3, insertDelete("", "", "<> <http://example.org/secret> "+value+".")).is(204)
		}
		for _, name := range []string{"ETag", "Last-Modified"} {
			right, wrong := guess("42").header.Get(name), guess("41").header.Get(name)
			if right != "" || wrong != "" {
				t.Errorf("%s is %q after a right guess, %q after a wrong one", name, right, wrong)
			}
		}
	})
	t.Run("SP-SEC-01 appending does not tell what the description says", func(t *testing.T) {
		p := newPod(t, standing)
		p.write(bob, "PATCH", "/alice/log", n3, insertDelete("", "", "<> <#p> 1.")).is(204).lacks(fields{"Link": "hidden"})
		p.write(alice, "PATCH", "/alice/log", n3, insertDelete("", "", "<> <#p> 2.")).is(204).has(fields{"Link": "hidden", "ETag": `"`, "Last-Modified": "GMT"})
	})
	t.Run("SP-CON-07 SP-CON-08 claims do not tell what a container holds", func(t *testing.T) {
		p := newPod(t, []given{
			{"in/", "", ""}, {"in/r", text, "Hello"}, aclOf("in/", mine, rule{agent: bob, modes: "Append", here: true}),
			{"out/", "", ""}, {"out/r", text, "Hello"}, aclOf("out/", mine, rule{agent: bob, modes: "Write", here: true}),
		})
		for _, claim := range []string{
			"<> <" + rdf.LDP + "contains> <r>.", "<r> <" + rdf.POSIX + "size> 5.", "<r> a <" + rdf.LDP + "Resource>.",
			// and, by way of contrast, what is not so
			"<> <" + rdf.LDP + "contains> <s>.", "<r> <" + rdf.POSIX + "size> 6.", "<s> a <" + rdf.LDP + "Resource>.",
		} {
			for _, path := range []string{"in/", "in/.meta"} {
				p.write(bob, "PATCH", "/alice/"+path, n3, insertDelete("", "", strings.ReplaceAll(claim, "<>", "<./>"))).is(409)
			}
			p.write(bob, "PUT", "/alice/out/", ttl, claim).is(409)
		}
		p.write(alice, "PATCH", "/alice/in/", n3, insertDelete("", "", "<./> ldp:contains <r>.")).is(204)
		p.write(bob, "PUT", "/alice/out/", ttl, "<> a <"+rdf.LDP+"BasicContainer>.").is(204) // as its slash says
	})
}
