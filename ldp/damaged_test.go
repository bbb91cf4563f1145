package ldp_test

import "testing"

// An ACL that is no RDF, as an import may leave it, opens nothing, breaks nothing
// and locks its owner out of nothing (security 2.4).
func TestDamagedACL(t *testing.T) {
	for name, damaged := range map[string]given{
		"broken Turtle": {"c/.acl", ttl, "oops"}, "plain text": {"c/.acl", text, "oops"}, "broken JSON-LD": {"c/.acl", jld, "{"},
	} {
		t.Run("WAC-EFF-03 "+name, func(t *testing.T) {
			p := newPod(t, []given{{"c/r", ttl, note}, aclOf("", mine, all("Read, acl:Write")), damaged})
			p.get(bob, "/alice/").is(200)
			for _, path := range []string{"c/", "c/r", "c/none"} {
				p.get(bob, "/alice/"+path).is(403) // and inherits nothing past it
				p.get(public, "/alice/"+path).is(401)
				p.get(alice, "/alice/"+path).is(403)
			}
			p.write(bob, "PUT", "/alice/c/r", ttl, note).is(403)
			p.write(bob, "PUT", "/alice/c/.acl", ttl, acl(root+"c/", all("Read"))).is(403)

			p.get(alice, "/alice/c/.acl").is(200).holds(damaged.body).has(fields{"Content-Type": damaged.mediaType, "WAC-Allow": `user="read write append control"`})
			p.send(call{alice, "GET", "/alice/c/.acl", fields{"Accept": "application/n-triples"}, ""}).is(406)
			p.send(call{alice, "GET", "/alice/c/.acl", fields{"Accept": "text/html"}, ""}).is(406)
			p.write(alice, "PATCH", "/alice/c/.acl", n3, insertDelete("", "", "<#a> ex:p 1.")).is(409).holds("PUT")
			p.write(alice, "PUT", "/alice/c/.acl", ttl, acl(root+"c/", mine)).is(204)
			p.get(alice, "/alice/c/r").is(200)
		})
		t.Run("WAC-EFF-03 "+name+" is deleted", func(t *testing.T) {
			p := newPod(t, []given{{"c/r", ttl, note}, damaged})
			p.write(alice, "DELETE", "/alice/c/.acl", "", "").is(204)
			p.get(alice, "/alice/c/r").is(200)
		})
	}
	t.Run("WAC-SUBJ-04 a group document that cannot be read has no members", func(t *testing.T) {
		p := newPod(t, []given{{"team", text, "oops"}, {"r", ttl, note}, aclOf("r", rule{group: root + "team#us", modes: "Read", here: true})})
		p.get(bob, "/alice/r").is(403)
	})
	t.Run("SP-GET-07 a description that cannot be read hides nothing", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}, {"r.meta", ttl, "oops"}})
		p.get(alice, "/alice/r").is(200)
	})
}
