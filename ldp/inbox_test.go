package ldp_test

import (
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// inbox is a container that whoever is signed in may add to (ECO-LDN-03).
var inbox = []given{
	{"inbox/", "", ""},
	aclOf("inbox/", mine, rule{class: "acl:AuthenticatedAgent", modes: "Append", here: true}),
}

const notification = `{"@id":"","http://www.w3.org/2000/01/rdf-schema#comment":"Hello, Alice"}`

func TestInbox(t *testing.T) {
	p := newPod(t, inbox)
	a := p.write(stranger, "POST", "/alice/inbox/", jld+`; profile="https://www.w3.org/ns/activitystreams"`, notification)
	location := a.is(201).header.Get("Location")
	item := strings.TrimPrefix(location, base)
	t.Run("E04 SP-LDN-01 ECO-LDN-02 the owner lists and reads", func(t *testing.T) {
		if got := p.get(alice, "/alice/inbox/").is(200).members(); !slices.Equal(got, []string{location}) {
			t.Errorf("members %v, want %s", got, location)
		}
		p.get(alice, item).is(200).has(fields{"Content-Type": jld}).says(location, "http://www.w3.org/2000/01/rdf-schema#comment", "Hello, Alice")
	})
	t.Run("E04 ECO-LDN-03 a sender neither lists nor reads nor changes", func(t *testing.T) {
		p.get(stranger, "/alice/inbox/").is(403)
		p.get(stranger, item).is(403)
		p.write(stranger, "PUT", item, jld, notification).is(403)
		p.write(stranger, "DELETE", item, "", "").is(403)
		p.write(stranger, "PUT", "/alice/inbox/mine", jld, notification).is(403)
	})
	t.Run("ECO-LDN-03 nobody signed in", func(t *testing.T) {
		p.write(public, "POST", "/alice/inbox/", jld, notification).is(401)
	})
	t.Run("ECO-LDN-02 what an inbox takes", func(t *testing.T) {
		p.send(call{as: alice, method: "OPTIONS", path: "/alice/inbox/"}).is(204).has(fields{"Accept-Post": "*/*"})
	})
}

func TestInboxDiscovery(t *testing.T) {
	const rel = rdf.LDP + "inbox"
	linked := func(t *testing.T, path string, want ...string) {
		t.Helper()
		p := newPod(t, []given{
			{"c/", "", "<> <" + rel + "> <../inbox/>."},
			{"r", ttl, note}, {"r.meta", ttl, "<r> <" + rel + "> <inbox/>. <other> <" + rel + "> <wrong/>."},
			{"odd", ttl, note}, {"odd.meta", ttl, "<odd> <" + rel + "> \"no IRI\"."},
			{"raw", ttl, note}, {"raw.meta", ttl, "<raw> <" + rel + "> <http://example.org/é>."},
			{"end", ttl, note}, {"end.meta", jld, `{"@id": "` + root + `end", "` + rel + `": {"@id": "http://example.org/>; rel=\"acl\""}}`},
		})
		if got := p.send(call{as: alice, method: "HEAD", path: "/alice/" + path}).is(200).linked(rel); !slices.Equal(got, want) {
			t.Errorf("inbox links %v, want %v", got, want)
		}
	}
	t.Run("ECO-LDN-01 of a document", func(t *testing.T) { linked(t, "r", root+"inbox/") })
	t.Run("ECO-LDN-01 of a container", func(t *testing.T) { linked(t, "c/", root+"inbox/") })
	t.Run("ECO-LDN-01 of neither", func(t *testing.T) { linked(t, "profile/") })
	t.Run("ECO-LDN-01 only a resource is one", func(t *testing.T) { linked(t, "odd") })
	t.Run("SP-SEC-01 no raw UTF-8 in a header", func(t *testing.T) { linked(t, "raw") })
	t.Run("SP-SEC-01 no link that ends early", func(t *testing.T) { linked(t, "end") })
}

// security 2.7: what would have to be parsed for everyone who asks for something
// else is left aside.
func TestLargeDescriptionsAreLeftAside(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}})
	for padding, want := range map[int]int{0: 1, 512 << 10: 0} {
		p.write(alice, "PUT", "/alice/r.meta", ttl, "<r> <"+rdf.LDP+"inbox> <in/>."+strings.Repeat(" ", padding))
		if links := p.get(alice, "/alice/r").is(200).linked(rdf.LDP + "inbox"); len(links) != want {
			t.Errorf("with %d bytes more: %q", padding, links)
		}
		p.get(alice, "/alice/r.meta").is(200).holds("inbox")
	}
}
