package ldp_test

import (
	"strings"
	"testing"
)

const (
	cardSubject = "<" + alice + ">"
	oidcIssuer  = "<http://www.w3.org/ns/solid/terms#oidcIssuer>"
	pimStorage  = "<http://www.w3.org/ns/pim/space#storage>"
	otherIssuer = "<https://evil.example/>"
)

func cardPatch(deletes, inserts string) call {
	return writing("PATCH", "profile/card", n3, insertDelete("", deletes, inserts))
}

func TestProtectedProfile(t *testing.T) {
	const nick = "<http://xmlns.com/foaf/0.1/nick>"
	issuerIs := func(who string) string { return cardSubject + " " + oidcIssuer + " " + who + "." }
	for _, c := range []struct {
		name string
		call call
		want int
	}{
		{"E05 adding a nickname", cardPatch("", cardSubject+" "+nick+" 'Al'."), 204},
		{"changing the inbox", cardPatch(cardSubject+" ldp:inbox <../inbox/>.", cardSubject+" ldp:inbox <../in/>."), 204},
		{"PUT that keeps what is protected", put("profile/card", ttl, card+cardSubject+" "+nick+" 'Al'."), 204},
		{"PUT in other words", put("profile/card", jld, `{"@id":"#me","http://www.w3.org/ns/solid/terms#oidcIssuer":{"@id":"`+issuer+`"},"http://www.w3.org/ns/pim/space#storage":{"@id":"../"}}`), 204},
		{"E05 replacing the issuer", cardPatch(issuerIs("<"+issuer+">"), issuerIs(otherIssuer)), 409},
		{"adding an issuer", cardPatch("", issuerIs(otherIssuer)), 409},
		{"removing the issuer", cardPatch(issuerIs("<"+issuer+">"), ""), 409},
		{"adding a storage", cardPatch("", cardSubject+" "+pimStorage+" <https://evil.example/>."), 409},
		{"removing the storage", cardPatch(cardSubject+" "+pimStorage+" <"+root+">.", ""), 409},
		{"SPARQL on the issuer", writing("PATCH", "profile/card", sparql, "INSERT DATA { "+issuerIs(otherIssuer)+" }"), 409},
		{"SPARQL by variables", writing("PATCH", "profile/card", sparql, "DELETE WHERE { ?s "+oidcIssuer+" ?o }"), 409},
		{"PUT without what is protected", put("profile/card", ttl, "<#me> "+nick+" 'Al'."), 409},
		{"PUT of another issuer", put("profile/card", ttl, strings.Replace(card, issuer, "https://evil.example/", 1)), 409},
		{"PUT of something that is not RDF", put("profile/card", text, "x"), 409},
		{"DELETE", deletion("profile/card"), 409},
		{"ACL that hides it", put("profile/card.acl", ttl, acl(root+"profile/card", mine)), 409},
		{"ACL by PATCH that hides it", writing("PATCH", "profile/card.acl", sparql, "PREFIX acl: <http://www.w3.org/ns/auth/acl#> DELETE WHERE { ?a acl:agentClass ?c }"), 409},
		{"DELETE of its ACL, inherited one hides it", deletion("profile/card.acl"), 409},
		{"ACL that lets a friend write", put("profile/card.acl", ttl, acl(root+"profile/card", mine, rule{modes: "Read", here: true}, only("Append"))), 204},
	} {
		t.Run("ECO-WID-06 "+c.name, func(t *testing.T) {
			p := newPod(t, nil)
			a := p.send(c.call).is(c.want)
			if c.want == 409 {
				a.has(fields{"Content-Type": "application/problem+json", "Link": "constrainedBy"})
			}
			after := p.get(public, "/alice/profile/card").is(200)
			after.states(alice, "http://www.w3.org/ns/solid/terms#oidcIssuer", issuer).states(alice, "http://www.w3.org/ns/pim/space#storage", root)
			after.omits("evil.example")
		})
	}
	t.Run("ECO-WID-06 the card's ACL hidden by a container's", func(t *testing.T) {
		// The card has an ACL of its own, so its container's may change freely.
		p := newPod(t, nil)
		p.send(put("profile/.acl", ttl, acl(root+"profile/", mine))).is(201)
		p.get(public, "/alice/profile/card").is(200)
	})
	t.Run("ECO-WID-06 the same triples elsewhere are the app's", func(t *testing.T) {
		p := newPod(t, nil)
		p.send(put("friends", ttl, "<https://bob.example/card#me> "+oidcIssuer+" "+otherIssuer+".")).is(201)
		p.send(deletion("friends")).is(204)
	})
}

func TestRootACL(t *testing.T) {
	control := rule{agent: alice, modes: "Read, acl:Control", here: true, below: true}
	for _, c := range []struct {
		name string
		call call
		want int
	}{
		{"W27 PUT without Control", put(".acl", ttl, acl(root, rule{agent: alice, modes: "Read, acl:Write", here: true, below: true})), 409},
		{"W27 PUT of nothing", put(".acl", ttl, ""), 409},
		{"W27 Control by default only", put(".acl", ttl, acl(root, rule{agent: alice, modes: "Control", below: true})), 409},
		{"W27 Control of another resource", put(".acl", ttl, acl(root+"c/", control)), 409},
		{"W27 PATCH that takes Control", writing("PATCH", ".acl", sparql, "PREFIX acl: <http://www.w3.org/ns/auth/acl#> DELETE WHERE { ?a acl:mode acl:Control }"), 409},
		{"WAC-REP-03 PUT with Control", put(".acl", ttl, acl(root, control)), 204},
	} {
		t.Run("WAC-REP-05 "+c.name, func(t *testing.T) {
			p := newPod(t, nil)
			before := p.get(alice, "/alice/.acl").is(200).body
			a := p.send(c.call).is(c.want)
			after := p.get(alice, "/alice/.acl").is(200).body
			if c.want == 409 {
				a.has(fields{"Link": "constrainedBy"})
			}
			if (before == after) != (c.want == 409) {
				t.Errorf("status %d; before: %s\nafter: %s", a.status, before, after)
			}
		})
	}
	t.Run("WAC-REP-06 elsewhere an ACL may give nobody Control; the owner keeps it", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		p.send(put("c/.acl", ttl, "")).is(201)
		p.get(alice, "/alice/c/r").is(403)
		p.get(alice, "/alice/c/.acl").is(200)
		p.send(put("c/.acl", ttl, acl(root+"c/", rule{agent: alice, modes: "Read", here: true, below: true}))).is(204)
		p.get(alice, "/alice/c/r").is(200)
	})
}

func TestACLDocuments(t *testing.T) {
	standing := []given{{"r", ttl, note}, {"c/", "", ""}}
	with := func(condition string) string {
		r := only("Read")
		r.more = "; acl:condition [ " + condition + " ]"
		return acl(root+"r", mine, r)
	}
	run(t, []row{
		{name: "W32 SP-AUX-04 not RDF", given: standing, call: put("r.acl", text, "x"), status: 415, has: fields{"Accept-Put": ttl}},
		{name: "W32 SP-AUX-04 broken Turtle", given: standing, call: put("r.acl", ttl, "oops"), status: 400},
		{name: "SP-AUX-04 JSON-LD", given: standing, call: put("r.acl", jld, `[]`), status: 201},
		{name: "WAC-REP-06 triples that mean nothing here", given: standing, call: put("r.acl", ttl, acl(root+"r", mine)+"<#x> <#y> <#z>."), status: 201},
		{name: "WAC-COND-02 unknown condition", given: standing, call: put("r.acl", ttl, with("a <http://example.org/MoonCondition>")), status: 422, has: fields{"Link": "constrainedBy"}},
		{name: "WAC-COND-02 unknown condition by PATCH", given: append(standing, aclOf("r", mine)),
			call:   writing("PATCH", "r.acl", n3, insertDelete("", "", "<#rule0> <http://www.w3.org/ns/auth/acl#condition> [ a ex:MoonCondition ].")),
			status: 422},
		{name: "WAC-COND-01 client condition", given: standing, call: put("r.acl", ttl, with("a acl:ClientCondition; acl:client <https://app.example/id>")), status: 201},
		{name: "SP-AUX-02 an ACL is not listed", given: append(standing, aclOf("r", mine)), call: call{as: alice, method: "GET", path: "/alice/"}, status: 200, omits: []string{"r.acl"}},
		{name: "W25 WAC-REP-02 no copy of inherited rules", given: standing, call: call{as: alice, method: "GET", path: "/alice/c/.acl"}, status: 404},
		{name: "W26 WAC-REP-03 root ACL", call: call{as: alice, method: "GET", path: "/alice/.acl"}, status: 200, has: fields{"Content-Type": ttl}},
		{name: "WAC-REP-01 as JSON-LD", call: call{alice, "GET", "/alice/.acl", fields{"Accept": jld}, ""}, status: 200, has: fields{"Content-Type": jld}},
		{name: "W34 SP-AUX-03 description of a private document", given: standing, call: call{as: public, method: "GET", path: "/alice/r.meta"}, status: 401},
	})
	t.Run("WAC-COND-01 a client condition counts", func(t *testing.T) {
		p := newPod(t, append(standing, given{"r.acl", ttl, with("a acl:ClientCondition; acl:client <https://app.example/id>")}))
		read := func(client string) *answer {
			return p.send(call{bob, "GET", "/alice/r", fields{"X-Test-Client": client}, ""})
		}
		read("https://app.example/id").is(200)
		read("https://other.example/id").is(403)
	})
	t.Run("WAC-COND-02 an unknown condition in the data denies", func(t *testing.T) {
		p := newPod(t, append(standing, given{"r.acl", ttl, with("a <http://example.org/MoonCondition>")}))
		p.get(bob, "/alice/r").is(403)
	})
	t.Run("WAC-COND-01 conditions are advertised with the ACL", func(t *testing.T) {
		a := newPod(t, nil).get(alice, "/alice/.acl").is(200)
		a.has(fields{"Link": link("http://www.w3.org/ns/auth/acl#ClientCondition", "http://www.w3.org/ns/auth/acl#condition")})
		a.has(fields{"Link": link("http://www.w3.org/ns/auth/acl#IssuerCondition", "http://www.w3.org/ns/auth/acl#condition")})
	})
}
