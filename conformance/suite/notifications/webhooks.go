package notifications

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"domicile/conformance/suite"
)

// webhooks are about messages that the server sends by itself.
var webhooks = []suite.Case{
	suite.Must("NOT-WH-01", "a webhook has a target and an owner, and the answer names the sender", func(t *suite.T) {
		at, topic := service(t, webhook), document(t, "doc")
		t.Alice.Post(at, request(webhook, topic, nil)).Want(http.StatusUnprocessableEntity)
		receiver := newReceiver(t)
		t.SetACL(topic, "acl:agentClass foaf:Agent; acl:accessTo <"+topic+">; acl:mode acl:Read")
		made, answer := subscribe(t.Alice, at, webhook, topic, map[string]any{"sendTo": receiver.url})
		if made.Sender == "" || made.ID == "" {
			answer.Failf("id is %q, sender %q", made.ID, made.Sender)
		}
	}).Needing(suite.WebAccessControl),
	suite.Decision("NOT-WH-01", "nobody without a name has webhooks", func(t *suite.T) {
		at, topic := service(t, webhook), document(t, "doc")
		t.SetACL(topic, "acl:agentClass foaf:Agent; acl:accessTo <"+topic+">; acl:mode acl:Read")
		t.Nobody.Post(at, request(webhook, topic, map[string]any{"sendTo": newReceiver(t).url})).Want(http.StatusUnauthorized)
	}),
	suite.Must("NOT-WH-02", "a webhook gets its messages from the sender, by a token that the sender's issuer gave and a proof", func(t *suite.T) {
		topic, receiver := document(t, "doc"), newReceiver(t)
		made, _ := subscribe(t.Alice, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		got := receiver.next(t)
		scheme, token, _ := strings.Cut(got.header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "DPoP") || got.header.Get("DPoP") == "" {
			t.Failf("it comes with the scheme %q and the proof %q", scheme, got.header.Get("DPoP"))
		}
		claims, proof := t.Claims(token), t.Claims(got.header.Get("DPoP"))
		if claims["webid"] != made.Sender || proof["htm"] != "POST" || proof["htu"] != receiver.url {
			t.Failf("the token is of %v, the proof for %v %v, the sender %s", claims["webid"], proof["htm"], proof["htu"], made.Sender)
		}
		if confirmation, _ := claims["cnf"].(map[string]any); confirmation["jkt"] != proofKey(t, got.header.Get("DPoP")) {
			t.Failf("the token is not bound to the key of the proof, but to %v", claims["cnf"])
		}
		t.Nobody.Get(made.Sender, suite.Accept("text/turtle")).Want(http.StatusOK).WantTriples("<" + made.Sender + "> solid:oidcIssuer <" + fmt.Sprint(claims["iss"]) + ">.")
		if m := got.message(t); !m.is("Update") || m.Object != topic {
			t.Failf("told is %s", got.body)
		}
	}),
	suite.Decision("NOT-WH-04", "no webhook is at a private address that is not open", func(t *suite.T) {
		at, topic := service(t, webhook), document(t, "doc")
		for _, target := range []string{"http://127.0.0.2:1/", "https://10.0.0.1/", "http://[::1]:1/", "ftp://example.org/", t.Target.URL} {
			t.Alice.Post(at, request(webhook, topic, map[string]any{"sendTo": target})).Want(http.StatusUnprocessableEntity)
		}
	}),
	suite.Must("NOT-WH-02", "the address of a webhook may have a query, which is no part of what the proof is for", func(t *suite.T) {
		topic, receiver := document(t, "doc"), newReceiver(t)
		subscribe(t.Alice, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url + "?for=doc&key=a%2Fb"})
		update(t, topic)
		got := receiver.next(t)
		if proof := t.Claims(got.header.Get("DPoP")); got.query != "for=doc&key=a%2Fb" || proof["htu"] != receiver.url {
			t.Failf("the query is %q, the proof for %v", got.query, proof["htu"])
		}
	}),
	suite.Decision("NOT-WH-04 NOT-SUB-07", "a receiver that is gone ends its channel, and who made it, nobody else, is told why", func(t *suite.T) {
		topic, receiver := document(t, "doc"), newReceiver(t, answering(http.StatusGone, "Content-Type", "text/plain"))
		made, _ := subscribe(t.Alice, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		receiver.next(t)
		if answer := wantOver(t, t.Alice, made).Want(http.StatusGone); !strings.Contains(answer.Body, "410") {
			answer.Failf("it does not tell why")
		}
		t.Bob.Get(made.ID).Want(http.StatusNotFound)
	}).Needing(suite.SecondAgent),
	suite.Decision("NOT-WH-04 NOT-MSG-06", "a redirect is no delivery: the message comes again, to the same address", func(t *suite.T) {
		topic, receiver := document(t, "doc"), newReceiver(t, answering(http.StatusTemporaryRedirect, "Location", "/elsewhere"))
		subscribe(t.Alice, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		first, second := receiver.next(t), receiver.next(t)
		if second.path != first.path || second.message(t).ID != first.message(t).ID {
			t.Failf("after %s told is %s at %s", first.body, second.body, second.path)
		}
	}),
	suite.Decision("NOT-WH-04", "a receiver that is busy is left alone for as long as it asks (Retry-After)", func(t *suite.T) {
		const seconds = 14 // longer than a server waits anyway
		topic, receiver := document(t, "doc"), newReceiver(t, answering(http.StatusServiceUnavailable, "Retry-After", fmt.Sprint(seconds)))
		subscribe(t.Alice, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		first, second := receiver.next(t), receiver.next(t)
		if waited := second.at.Sub(first.at); waited < (seconds-1)*time.Second {
			t.Failf("it is asked again after %s", waited)
		}
	}),
	suite.Decision("NOT-MSG-05", "who may not read any more is not told when the receiver is there again", func(t *suite.T) {
		topic, receiver := document(t, "doc"), newReceiver(t, answering(http.StatusServiceUnavailable, "Content-Type", "text/plain"))
		t.SetACL(topic, readableBy(agent(t.Bob), topic))
		made, _ := subscribe(t.Bob, service(t, webhook), webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		receiver.next(t)
		t.SetACL(topic)
		wantOver(t, t.Bob, made)
		if len(receiver.got) > 0 {
			t.Failf("told is %s", receiver.next(t).body)
		}
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
	suite.Decision("NOT-MSG-05", "who may not read any more is not told what had to wait for other messages", func(t *suite.T) {
		const busy = 4 // messages at once to one host keep others waiting
		arrived, release := make(chan struct{}, busy), make(chan struct{})
		free := sync.OnceFunc(func() { close(release) })
		t.Cleanup(func(context.Context) { free() })
		hold := func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		at, other, topic, receiver := service(t, webhook), document(t, "other"), document(t, "doc"), newReceiver(t, hold, hold, hold, hold)
		for range busy {
			subscribe(t.Alice, at, webhook, other, map[string]any{"sendTo": receiver.url})
		}
		update(t, other)
		for range busy {
			receiver.next(t)
			<-arrived
		}
		t.SetACL(topic, readableBy(agent(t.Bob), topic))
		made, _ := subscribe(t.Bob, at, webhook, topic, map[string]any{"sendTo": receiver.url})
		update(t, topic)
		// For the message to be made, and what was decided for that to be old: a
		// server may let a decision serve for a second.
		time.Sleep(2500 * time.Millisecond)
		t.SetACL(topic)
		if len(receiver.got) > 0 {
			t.NotApplicable("messages do not wait for others")
		}
		free()
		wantOver(t, t.Bob, made)
		if len(receiver.got) > 0 {
			t.Failf("told is %s", receiver.next(t).body)
		}
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
}

// wantOver wants a channel to end soon, and returns what its maker is told of it
// then.
func wantOver(t *suite.T, who *suite.Agent, made channel) *suite.Answer {
	for by := time.Now().Add(patience); ; time.Sleep(time.Second / 2) {
		answer := who.Get(made.ID)
		if answer.Status/100 == 4 {
			return answer
		}
		if time.Now().After(by) {
			answer.Failf("the channel is still there")
		}
	}
}
