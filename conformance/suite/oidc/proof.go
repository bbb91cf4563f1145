package oidc

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// bound is an access token of Alice's that is bound to a key of the case.
type bound struct {
	t     *suite.T
	token string
	key   key
}

// newBound gets one by Alice's client credentials.
func newBound(t *suite.T, k key) bound {
	p := discover(t)
	answer := t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"),
		basic(t.Alice.Credentials.ID, t.Alice.Credentials.Secret), suite.Header("DPoP", proof(k, "POST", p.Token, "", nil)))
	var got tokens
	read(answer.Want(http.StatusOK), &got)
	return bound{t, got.Access, k}
}

func clientCredentials(who *suite.Agent, scope string) suite.Part {
	who.Token() // without a session of client credentials the case is untested
	values := url.Values{"grant_type": {"client_credentials"}}
	if scope != "" {
		values.Set("scope", scope)
	}
	return form(values)
}

// proof makes a DPoP proof (RFC 9449 §4.2) in which something may be changed.
func proof(k key, method, target, token string, change func(header, claims object)) string {
	header := object{"typ": "dpop+jwt", "jwk": k.public}
	htu, _, _ := strings.Cut(target, "?")
	claims := object{"jti": rand.Text(), "htm": method, "htu": htu, "iat": time.Now().Unix()}
	if token != "" {
		digest := sha256.Sum256([]byte(token))
		claims["ath"] = encode(digest[:])
	}
	if change != nil {
		change(header, claims)
	}
	return k.sign(header, claims)
}

// get reads a resource with the token and a proof in which something is changed.
func (b bound) get(target string, change func(header, claims object)) *suite.Answer {
	return b.send(target, proof(b.key, "GET", target, b.token, change))
}

func (b bound) send(target string, proofs ...string) *suite.Answer {
	parts := []suite.Part{suite.Header("Authorization", "DPoP "+b.token)}
	for _, p := range proofs {
		parts = append(parts, suite.Header("DPoP", p))
	}
	return b.t.Nobody.Get(target, parts...)
}

// private puts a document where nobody but Alice reads it.
func private(t *suite.T) string {
	url := t.URL("doc")
	t.Alice.Put(url, suite.Turtle("<> a <#Private> .")).WantSuccess()
	return url
}

// wantProofRefused wants 401 that blames the proof, or the token that it does
// not fit.
func wantProofRefused(answer *suite.Answer) {
	answer.Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
}

// wrongProof is a case of a proof that has to be refused. The same proof
// without what is wrong is taken, or the case would show nothing.
func wrongProof(ids, title string, change func(header, claims object)) suite.Case {
	return suite.Must(ids, title, func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		b.get(target, nil).Want(http.StatusOK)
		wantProofRefused(b.get(target, change))
	})
}

// proofs are about what a resource server takes for a DPoP proof.
var proofs = []suite.Case{
	suite.Must("OIDC-DPOP-01", "without a proof, or with two, a bound token is refused", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		wantProofRefused(b.send(target))
		wantProofRefused(b.send(target, proof(b.key, "GET", target, b.token, nil), proof(b.key, "GET", target, b.token, nil)))
		wantProofRefused(b.send(target, "nonsense"))
	}),
	wrongProof("OIDC-DPOP-02", "a JWT of another type is no proof", func(header, _ object) { header["typ"] = "JWT" }),
	wrongProof("OIDC-DPOP-02", "a proof that is not signed is refused", func(header, _ object) { header["alg"] = "none" }),
	wrongProof("OIDC-DPOP-02", "a proof with a shared secret is refused", func(header, _ object) { header["alg"] = "HS256" }),
	wrongProof("OIDC-DPOP-02", "a proof without its key is refused", func(header, _ object) { delete(header, "jwk") }),
	wrongProof("OIDC-DPOP-02 OIDC-RS-02", "a proof with an extension that nobody knows (crit) is refused", func(header, _ object) {
		header["crit"], header["urn:moon"] = []string{"urn:moon"}, "full"
	}),
	suite.Must("OIDC-DPOP-02", "a proof that shows its private key is refused", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		b.get(target, nil).Want(http.StatusOK)
		wantProofRefused(b.get(target, func(header, _ object) {
			shown := maps.Clone(b.key.public)
			shown["d"] = b.key.secret()
			header["jwk"] = shown
		}))
	}),
	suite.Decision("OIDC-DPOP-02", "a proof whose key has any member of a private one is refused", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			wantProofRefused(b.get(target, func(header, _ object) {
				shown := maps.Clone(b.key.public)
				shown[member] = "AAAA"
				header["jwk"] = shown
			}))
		}
	}),
	suite.Must("OIDC-DPOP-02 OIDC-TOK-03", "an RSA key of 1024 bits is refused", func(t *suite.T) {
		p, k := discover(t), newRSAKey(1024)
		wantError(t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"), basic(t.Alice.Credentials.ID, t.Alice.Credentials.Secret),
			suite.Header("DPoP", proof(k, "POST", p.Token, "", nil))), "invalid_dpop_proof")
	}),
	suite.Must("OIDC-DPOP-02 OIDC-RS-02", "the name of the algorithm is that of the signature", func(t *suite.T) {
		k := newRSAKey(2048)
		b, target := newBound(t, k), private(t)
		wantProofRefused(b.send(target, k.signAs("HS256", object{"typ": "dpop+jwt", "jwk": k.public}, object{
			"jti": rand.Text(), "htm": "GET", "htu": target, "iat": time.Now().Unix(),
		})))
	}),
	suite.Must("OIDC-DPOP-03", "a proof that was changed is refused, of a key that is known too", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		for range 2 {
			parts := strings.Split(proof(b.key, "GET", target+"x", b.token, nil), ".")
			right := strings.Split(proof(b.key, "GET", target, b.token, nil), ".")
			wantProofRefused(b.send(target, parts[0]+"."+right[1]+"."+parts[2]))
			b.get(target, nil).Want(http.StatusOK)
		}
	}),
	wrongProof("OIDC-DPOP-04", "a proof without jti is refused", func(_, claims object) { delete(claims, "jti") }),
	wrongProof("OIDC-DPOP-04", "a proof without htm is refused", func(_, claims object) { delete(claims, "htm") }),
	wrongProof("OIDC-DPOP-04", "a proof without htu is refused", func(_, claims object) { delete(claims, "htu") }),
	wrongProof("OIDC-DPOP-04", "a proof without iat is refused", func(_, claims object) { delete(claims, "iat") }),
	wrongProof("OIDC-DPOP-05", "a proof for another method is refused", func(_, claims object) { claims["htm"] = "PUT" }),
	suite.Must("OIDC-DPOP-05", "a proof for GET changes nothing", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		wantProofRefused(t.Nobody.Put(target, suite.Turtle(""), suite.Header("Authorization", "DPoP "+b.token),
			suite.Header("DPoP", proof(b.key, "GET", target, b.token, nil))))
	}),
	wrongProof("OIDC-DPOP-06", "a proof for another path is refused", func(_, claims object) { claims["htu"] = claims["htu"].(string) + "x" }),
	wrongProof("OIDC-DPOP-06", "a proof for another host is refused", func(_, claims object) {
		u, _ := url.Parse(claims["htu"].(string))
		u.Host = "other.example"
		claims["htu"] = u.String()
	}),
	suite.Must("OIDC-DPOP-06", "the query is no part of what a proof is for", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		b.get(target+"?a=b", nil).Want(http.StatusOK)
	}),
	suite.Should("OIDC-DPOP-06", "what a proof is for is compared as a URL, whose host has no case", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		b.get(target, func(_, claims object) {
			u, _ := url.Parse(target)
			u.Host = strings.ToUpper(u.Host)
			claims["htu"] = u.String()
		}).Want(http.StatusOK)
	}),
	wrongProof("OIDC-DPOP-07", "a proof that is an hour old is refused", func(_, claims object) { claims["iat"] = time.Now().Add(-time.Hour).Unix() }),
	wrongProof("OIDC-DPOP-07", "a proof from an hour ahead is refused", func(_, claims object) { claims["iat"] = time.Now().Add(time.Hour).Unix() }),
	suite.Decision("OIDC-DPOP-07", "a proof is good for two minutes", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		kept := proof(b.key, "GET", target, b.token, nil)
		time.Sleep(125 * time.Second)
		wantProofRefused(b.send(target, kept))
	}).Slowly(),
	suite.Should("OIDC-DPOP-08", "a proof is good once", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		used := proof(b.key, "GET", target, b.token, nil)
		b.send(target, used).Want(http.StatusOK)
		wantProofRefused(b.send(target, used))
	}),
	suite.Must("OIDC-DPOP-09", "a proof of another key than the token's is refused", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		wantProofRefused(bound{t, b.token, newKey()}.get(target, nil))
		b.get(target, nil).Want(http.StatusOK)
	}),
	wrongProof("OIDC-DPOP-10", "a proof for another token is refused", func(_, claims object) {
		digest := sha256.Sum256([]byte("another token"))
		claims["ath"] = encode(digest[:])
	}),
	suite.May("OIDC-DPOP-10", "a proof may leave out which token it is for", func(t *suite.T) {
		b, target := newBound(t, newKey()), private(t)
		if b.get(target, func(_, claims object) { delete(claims, "ath") }).Status == http.StatusUnauthorized {
			t.NotApplicable("the server demands ath")
		}
	}),
	suite.Decision("OIDC-DPOP-11", "no nonce is asked for", func(t *suite.T) {
		target := private(t)
		for _, answer := range []*suite.Answer{t.Nobody.Get(target), newBound(t, newKey()).get(target, nil)} {
			answer.WantNoHeader("DPoP-Nonce")
		}
	}),
	suite.Should("OIDC-DPOP-12", "no request with a token is redirected", func(t *suite.T) {
		target := private(t)
		for _, url := range []string{target, target + "/", t.Container(), strings.TrimSuffix(t.Container(), "/"), target + "none"} {
			if answer := t.Alice.Get(url); answer.Status/100 == 3 {
				answer.Failf("it leads to %s", answer.List("Location"))
			}
		}
	}),
}
