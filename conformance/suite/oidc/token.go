package oidc

import (
	"net/http"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// challenges are about what a resource server answers to no, wrong or foreign
// credentials.
var challenges = []suite.Case{
	suite.Must("OIDC-CHL-01", "401 names the schemes that are taken", func(t *suite.T) {
		answer := t.Nobody.Get(private(t)).Want(http.StatusUnauthorized)
		if challenge := strings.ToLower(answer.WantHeader("WWW-Authenticate")); !strings.Contains(challenge, "dpop") && !strings.Contains(challenge, "bearer") {
			answer.Failf("the challenge is %q", challenge)
		}
	}),
	suite.Should("OIDC-CHL-01", "the challenge of DPoP names the algorithms, and no error where there is none", func(t *suite.T) {
		answer := t.Nobody.Get(private(t)).Want(http.StatusUnauthorized)
		if challenge := answer.WantHeader("WWW-Authenticate"); !strings.Contains(challenge, "DPoP") || !strings.Contains(challenge, "algs=") || strings.Contains(challenge, "error=") {
			answer.Failf("the challenge is %q", challenge)
		}
	}),
	suite.Must("OIDC-CHL-02 OIDC-RS-02", "a token that is none, or was changed, is 401", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		for _, token := range []string{"nonsense", "a.b.c", changed(t, b.token), b.token + "x", strings.TrimRight(b.token, "=")[:strings.LastIndexByte(b.token, '.')+1]} {
			bound{t, token, b.key}.get(target, nil).Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
		}
	}),
	suite.Should("OIDC-CHL-02", "401 says whether token or proof is wrong", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		for code, answer := range map[string]*suite.Answer{
			"invalid_token":      bound{t, changed(t, b.token), b.key}.get(target, nil),
			"invalid_dpop_proof": b.get(target, func(_, claims object) { claims["htm"] = "PUT" }),
		} {
			if challenge := answer.WantHeader("WWW-Authenticate"); !strings.Contains(challenge, `error="`+code+`"`) {
				answer.Failf("the challenge is %q, want error=%q", challenge, code)
			}
		}
	}),
	suite.Decision("OIDC-CHL-02", "who brings wrong credentials is not taken for nobody", func(t *suite.T) {
		target := private(t)
		t.SetACL(target, "acl:agentClass foaf:Agent; acl:accessTo <"+target+">; acl:mode acl:Read")
		t.Nobody.Get(target).Want(http.StatusOK)
		bound{t, "nonsense", newKey()}.get(target, nil).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-CHL-03", "a good token without the right is 403", func(t *suite.T) {
		t.Bob.Get(private(t)).Want(http.StatusForbidden)
	}).Needing(suite.SecondAgent),
	suite.Should("OIDC-CHL-03", "scripts of other origins may read the challenge", func(t *suite.T) {
		t.Nobody.Get(private(t), suite.Origin("https://app.example")).Want(http.StatusUnauthorized).
			WantListed("Access-Control-Expose-Headers", "WWW-Authenticate")
	}),
	suite.Must("OIDC-RS-01", "the scheme is known in any case", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		t.Nobody.Get(target, suite.Header("Authorization", "dpop "+b.token), suite.Header("DPoP", proof(b.key, "GET", target, b.token, nil))).
			Want(http.StatusOK)
	}),
	suite.Must("OIDC-RS-01", "other schemes open nothing", func(t *suite.T) {
		t.Nobody.Get(private(t), suite.Header("Authorization", "Basic YWxpY2U6c2VjcmV0")).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-RS-15", "a bound token is no bearer token", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		t.Nobody.Get(target, suite.Header("Authorization", "Bearer "+b.token)).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-RS-16", "a token in the query opens nothing", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		t.Nobody.Get(target + "?access_token=" + b.token).Want(http.StatusUnauthorized)
	}),
	suite.Decision("OIDC-RS-02 OIDC-DPOP-08", "proofs of any size are not read", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		wantProofRefused(b.get(target, func(_, claims object) { claims["note"] = strings.Repeat("a", 17<<10) }))
	}),
}

// changed makes a token last an hour longer and leaves its signature.
func changed(t *suite.T, token string) string {
	claims := t.Claims(token)
	expires, _ := claims["exp"].(float64)
	claims["exp"] = int64(expires) + 3600
	parts := strings.Split(token, ".")
	return parts[0] + "." + encode(marshal(object(claims))) + "." + parts[2]
}

// wrongToken is a case of a token of an issuer of the run's own in which
// something is wrong. The token without it is taken, else the case does not
// apply.
func wrongToken(ids, title string, change func(i *issuer, header, claims object)) suite.Case {
	return suite.Must(ids, title, wrong(change))
}

func wrong(change func(i *issuer, header, claims object)) func(*suite.T) {
	return func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		i.get(t, target, change).Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
	}
}

// foreign are about tokens of other issuers.
var foreign = []suite.Case{
	wrongToken("OIDC-RS-02", "a token that is not signed is refused", func(_ *issuer, header, _ object) { header["alg"] = "none" }),
	wrongToken("OIDC-RS-02", "a token signed with a shared secret is refused", func(_ *issuer, header, _ object) { header["alg"] = "HS256" }),
	wrongToken("OIDC-RS-02", "a token with an extension that nobody knows (crit) is refused", func(_ *issuer, header, _ object) {
		header["crit"], header["urn:moon"] = []string{"urn:moon"}, "full"
	}),
	wrongToken("OIDC-RS-03", "a token without WebID is refused", func(_ *issuer, _, claims object) { delete(claims, "webid") }),
	wrongToken("OIDC-RS-03", "a token without issuer is refused", func(_ *issuer, _, claims object) { delete(claims, "iss") }),
	wrongToken("OIDC-RS-03", "a token without end is refused", func(_ *issuer, _, claims object) { delete(claims, "exp") }),
	wrongToken("OIDC-RS-04", "a token for another audience is refused", func(_ *issuer, _, claims object) { claims["aud"] = "https://other.example/" }),
	suite.Must("OIDC-RS-04", "a token for several audiences is taken when solid is one", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		i.get(t, target, func(_ *issuer, _, claims object) { claims["aud"] = []string{"https://other.example/", "solid"} }).Want(http.StatusOK)
	}),
	wrongToken("OIDC-RS-05", "a WebID that is no web address is refused", func(_ *issuer, _, claims object) { claims["webid"] = "mailto:me@example.org" }),
	wrongToken("OIDC-RS-05", "an issuer of plain http elsewhere is refused", func(_ *issuer, _, claims object) { claims["iss"] = "http://issuer.example/" }),
	wrongToken("OIDC-RS-06", "a token that has ended is refused", func(_ *issuer, _, claims object) {
		claims["iat"], claims["exp"] = ago(2*time.Hour), ago(time.Hour)
	}),
	wrongToken("OIDC-RS-06", "a token from an hour ahead is refused", func(_ *issuer, _, claims object) {
		claims["iat"], claims["exp"] = ago(-time.Hour), ago(-2*time.Hour)
	}),
	suite.Decision("OIDC-RS-06", "a token older than a day is refused whatever it says", wrong(func(_ *issuer, _, claims object) {
		claims["iat"], claims["exp"] = ago(25*time.Hour), ago(-time.Hour)
	})),
	wrongToken("OIDC-RS-07", "an issuer that the WebID does not name is refused", webID("stranger#me")),
	suite.Should("OIDC-RS-07", "an issuer that the WebID names as text is refused", wrong(webID("text#me"))),
	wrongToken("OIDC-RS-07", "an issuer that somebody else of the document names is refused", webID("card#other")),
	wrongToken("OIDC-RS-07", "a WebID whose document there is not is refused", webID("none#me")),
	wrongToken("OIDC-RS-08", "an issuer with a longer path is another", webID("longer#me")),
	suite.Must("OIDC-RS-07 OIDC-RS-14", "no issuer speaks for the WebID of somebody else", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		i.get(t, target, func(_ *issuer, _, claims object) { claims["webid"] = t.Alice.WebID }).Want(http.StatusUnauthorized)
	}),
	suite.May("OIDC-RS-09", "a document of a WebID may be elsewhere (303)", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		t.SetACL(target, "acl:agent <"+i.url+"hashless>; acl:accessTo <"+target+">; acl:mode acl:Read")
		if i.get(t, target, webID("hashless")).Status != http.StatusOK {
			t.NotApplicable("the server does not follow redirects of WebIDs")
		}
	}),
	suite.Decision("OIDC-RS-09", "a document of a WebID has a bound", wrong(webID("large#me"))),
	suite.Decision("OIDC-RS-09", "no redirect leads to the server itself", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		doc := t.URL("card")
		for _, path := range []string{"once", "twice"} {
			t.Alice.Put(doc, suite.Turtle("<"+i.url+path+"> <http://www.w3.org/ns/solid/terms#oidcIssuer> <"+i.url+">.")).WantSuccess()
			t.SetACL(doc, "acl:agentClass foaf:Agent; acl:accessTo <"+doc+">; acl:mode acl:Read")
			i.lead("last", doc)
			i.get(t, target, webID(path)).Want(http.StatusUnauthorized)
		}
	}),
	suite.Decision("OIDC-RS-09", "nothing is fetched from a private address that is not open", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		trap := newTrap(t)
		i.lead("last", trap.url)
		for _, webID := range []string{trap.url + "card#me", i.url + "once"} {
			i.get(t, target, func(_ *issuer, _, claims object) { claims["webid"] = webID }).Want(http.StatusUnauthorized)
		}
		i.get(t, target, func(_ *issuer, _, claims object) { claims["iss"] = trap.url }).Want(http.StatusUnauthorized)
		if n := trap.connections.Load(); n > 0 {
			t.Failf("%d connections to %s", n, trap.url)
		}
	}),
	suite.Must("OIDC-RS-11", "a token signed with a key that is not the issuer's is refused", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		i.getSigned(t, newKey(), target, nil).Want(http.StatusUnauthorized)
		i.get(t, target, nil).Want(http.StatusOK)
	}),
	suite.Must("OIDC-RS-11", "a discovery document of another issuer is not taken for this one's", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		i.get(t, target, func(i *issuer, _, claims object) {
			claims["iss"], claims["webid"] = i.url+"other", i.url+"othercard#me"
		}).Want(http.StatusUnauthorized)
	}),
	suite.Should("OIDC-RS-12 OIDC-RS-13", "tokens with unknown keys do not each make the server fetch", func(t *suite.T) {
		i := newIssuer(t)
		target := i.welcome(t)
		before := i.keysAsked.Load()
		for range 5 {
			i.get(t, target, func(_ *issuer, header, _ object) { header["kid"] = "unknown-" + time.Now().String() })
		}
		if n := i.keysAsked.Load() - before; n > 2 {
			t.Failf("the keys were fetched %d times for 5 tokens", n)
		}
	}),
	suite.Should("OIDC-RS-13", "a token that is wrong at first sight makes nobody fetch", func(t *suite.T) {
		i := newIssuer(t)
		target := private(t)
		for _, change := range []func(*issuer, object, object){
			func(_ *issuer, _, claims object) { claims["aud"] = "other" },
			func(_ *issuer, _, claims object) { claims["exp"] = ago(time.Hour) },
			func(_ *issuer, _, claims object) { claims["cnf"] = object{"jkt": "another"} },
			func(_ *issuer, header, _ object) { header["alg"] = "HS256" },
		} {
			i.get(t, target, change).Want(http.StatusUnauthorized)
		}
		if i.asked.Load() > 0 {
			t.Failf("the issuer was asked %d times", i.asked.Load())
		}
	}),
	wrongToken("OIDC-RS-15", "a token that is bound to no key does not go with a proof", func(_ *issuer, _, claims object) { delete(claims, "cnf") }),
	wrongToken("OIDC-DPOP-09", "a token that is bound to another key is refused", func(_ *issuer, _, claims object) {
		claims["cnf"] = object{"jkt": newKey().thumbprint()}
	}),
	suite.Decision("OIDC-RS-02", "tokens of any size are not read", wrong(func(_ *issuer, _, claims object) { claims["note"] = strings.Repeat("a", 17<<10) })),
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

// webID has the token speak for a WebID of the issuer's documents.
func webID(name string) func(*issuer, object, object) {
	return func(i *issuer, _, claims object) { claims["webid"] = i.url + name }
}
