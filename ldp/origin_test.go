package ldp_test

import (
	"testing"

	"domicile/ldp"
)

func TestOriginRules(t *testing.T) {
	strict := func(c *ldp.Config) { c.StrictOrigin = true }
	standing := []given{{"r", ttl, note}, {"open", ttl, note},
		aclOf("r", rule{agent: bob, modes: "Read, acl:Write", here: true},
			rule{agent: alice, modes: "Read", here: true, more: "; acl:origin <https://app.example/>"}),
		aclOf("open", rule{modes: "Read", here: true})}
	from := func(p *pod, who, method, path, origin string) *answer {
		return p.send(call{who, method, "/alice/" + path, fields{"Origin": origin}, ""})
	}
	t.Run("W37 WAC-ORIG-01 WAC-RESP-02 an origin that is not listed", func(t *testing.T) {
		p := newPod(t, standing, strict)
		a := from(p, bob, "GET", "r", "https://evil.example").is(403).has(fields{"Access-Control-Allow-Origin": "https://evil.example", "Vary": "Origin"})
		a.holds("origin").omits("app.example", bob) // WAC-RESP-02
		from(p, stranger, "GET", "r", "https://evil.example").is(403).omits("origin")
		from(p, public, "GET", "r", "https://evil.example").is(401)
		from(p, bob, "GET", "open", "https://evil.example").is(200)
		p.get(bob, "/alice/r").is(200)
	})
	t.Run("WAC-ORIG-01 WAC-ALLOW-06 an origin that is listed, for what is listed", func(t *testing.T) {
		p := newPod(t, standing, strict)
		checkWACAllow(from(p, bob, "GET", "r", "https://app.example").is(200), "read", "") // WAC-ALLOW-06
		p.write(bob, "PUT", "/alice/r", ttl, note, fields{"Origin": "https://app.example"}).is(403)
		p.write(bob, "PUT", "/alice/r", ttl, note).is(204)
	})
	t.Run("WAC-ORIG-02 own pages are trusted", func(t *testing.T) {
		p := newPod(t, standing, strict)
		from(p, bob, "GET", "r", "http://pods.example").is(200)
		from(p, bob, "GET", "r", "https://id.example").is(200)
		for _, other := range []string{"https://pods.example", "http://pods.example.evil.example", "null", "nonsense", "https://id.example.evil.example"} {
			from(p, bob, "GET", "r", other).is(403)
		}
	})
	t.Run("WAC-ORIG-02 off unless asked for", func(t *testing.T) {
		from(newPod(t, standing), bob, "GET", "r", "https://evil.example").is(200)
	})
}
