package notify_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/wac"
)

var typeNames = []string{webS, "EventSourceChannel2023", "StreamingHTTPChannel2023"}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	description := w.url(".well-known/solid")
	if a := w.send(public, "HEAD", w.url("shared/"), nil, ""); !strings.Contains(strings.Join(a.header.Values("Link"), ", "), "<"+description+`>; rel="http://www.w3.org/ns/solid/terms#storageDescription"`) {
		t.Errorf("NOT-DISC-01: %v", a.header.Values("Link"))
	}
	asJSON := w.send(public, "GET", description, fields{"Accept": jld}, "")
	var plain struct {
		ID           string
		Subscription []struct {
			ID, ChannelType string
			Feature         []string
		}
	}
	if err := json.Unmarshal([]byte(asJSON.body), &plain); err != nil || plain.ID != w.url("") || len(plain.Subscription) != len(typeNames) {
		t.Fatalf("NOT-DISC-03: %v, %s", err, asJSON.body)
	}
	for i, s := range plain.Subscription {
		if s.ChannelType != typeNames[i] || len(s.Feature) != 5 {
			t.Errorf("NOT-DISC-03: %+v", s)
		}
		for _, mediaType := range []string{jld, ttl} {
			a := w.send(public, "GET", s.ID, fields{"Accept": mediaType}, "")
			service := w.graph(a, s.ID)
			ns := "http://www.w3.org/ns/solid/notifications#"
			if a.status != http.StatusOK || service.Object(rdf.IRI(s.ID), rdf.IRI(ns+"channelType")) != rdf.IRI(ns+s.ChannelType) ||
				len(slices.Collect(service.Objects(rdf.IRI(s.ID), rdf.IRI(ns+"feature")))) != 5 {
				t.Errorf("N02 NOT-DISC-04 %s: %d %s", mediaType, a.status, a.body)
			}
		}
	}
	asTurtle := w.send(public, "GET", description, fields{"Accept": ttl}, "")
	if !rdf.Isomorphic(w.dataset(asJSON, description), w.dataset(asTurtle, description)) {
		t.Errorf("NOT-DISC-02: not the same:\n%s\n%s", asJSON.body, asTurtle.body)
	}
}

// graph parses an answer.
func (w *world) graph(a answer, url string) *rdf.Graph { return w.dataset(a, url).Default }

func (w *world) dataset(a answer, url string) *rdf.Dataset {
	w.t.Helper()
	document, err := codec.Parse(w.t.Context(), a.header.Get("Content-Type"), strings.NewReader(a.body), url)
	if err != nil {
		w.t.Fatalf("%v in %s", err, a.body)
	}
	return document.Dataset
}

func TestMethodsOfAService(t *testing.T) {
	w := newWorld(t)
	service := w.base + ".notifications/" + webS + "/"
	for _, row := range []struct {
		method string
		header fields
		status int
		has    fields
	}{
		{"GET", nil, 200, fields{"Content-Type": jld, "Accept-Post": jld}},
		{"HEAD", nil, 200, fields{"Content-Type": jld}},
		{"OPTIONS", nil, 204, fields{"Allow": "GET, HEAD, POST, OPTIONS", "Accept-Post": jld}},
		{"OPTIONS", fields{"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}, 204,
			fields{"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Methods": "POST"}},
		{"GET", fields{"Origin": "https://app.example"}, 200, fields{"Access-Control-Allow-Origin": "https://app.example"}},
		{"PUT", nil, 405, fields{"Allow": "POST", "Content-Type": "application/problem+json"}},
		{"DELETE", nil, 405, nil},
		{"PATCH", nil, 405, nil},
	} {
		a := w.send(public, row.method, service, row.header, "")
		if a.status != row.status {
			t.Errorf("NOT-SUB-01 %s: %d, want %d", row.method, a.status, row.status)
		}
		for name, part := range row.has {
			if !strings.Contains(strings.Join(a.header.Values(name), ", "), part) {
				t.Errorf("NOT-SUB-01 %s: %s is %q", row.method, name, a.header.Values(name))
			}
		}
	}
	if a := w.send(public, "GET", w.base+".notifications/OtherChannel/", nil, ""); a.status != 404 {
		t.Errorf("a type that there is not: %d", a.status)
	}
}

func TestSubscribing(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	w.put("public/doc", "")
	w.put("secret/doc", "")
	topic := w.url("shared/doc")
	const turtle = `@prefix notify: <http://www.w3.org/ns/solid/notifications#>. [] a notify:WebSocketChannel2023; notify:topic <TOPIC>.`
	raw := func(text string) string { return strings.ReplaceAll(text, "TOPIC", topic) }
	for _, row := range []struct {
		name   string
		as     string
		header fields
		body   string
		status int
		holds  string // of the answer
	}{
		{"N03 NOT-SUB-06 new context, short type", bob, nil, `{"@context": ["` + contextV1 + `"], "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 200, `"type":"WebSocketChannel2023"`},
		{"N03 context of the drafts, type in full", bob, nil, `{"@context": "` + contextDrafts + `", "type": "http://www.w3.org/ns/solid/notifications#WebSocketChannel2023", "topic": "TOPIC"}`, 200, `"@context":"` + contextDrafts + `"`},
		{"N03 type as the drafts misspell it", bob, nil, `{"@context": ["` + contextDrafts + `"], "type": "http://www.w3.org/ns/solid/notification#WebSocketChannel2023", "topic": "TOPIC"}`, 200, `"type":"http://www.w3.org/ns/solid/notification#WebSocketChannel2023"`},
		{"N03 type with a prefix", bob, nil, `{"@context": ["` + contextV1 + `"], "type": "notify:WebSocketChannel2023", "topic": "TOPIC"}`, 200, `"type":"notify:WebSocketChannel2023"`},
		{"N03 beside Activity Streams", bob, nil, `{"@context": ["https://www.w3.org/ns/activitystreams", "` + contextV1 + `"], "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 200, `"receiveFrom":"ws://`},
		{"NOT-SUB-02 Turtle", bob, fields{"Content-Type": ttl, "Accept": ttl}, turtle, 200, `receiveFrom`},
		{"NOT-SUB-03 a known profile", bob, fields{"Content-Type": jld + `; profile="` + contextV1 + `"`, "Accept": jld + `;profile="` + contextDrafts + `"`}, `{"@context": ["` + contextV1 + `"], "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 200, ""},
		{"N05 NOT-SUB-03 an unknown profile", bob, fields{"Content-Type": jld + `; profile="urn:x"`}, `{}`, 415, ""},
		{"NOT-SUB-03 an unknown profile wanted", bob, fields{"Accept": jld + `; profile="urn:x"`}, `{"@context": ["` + contextV1 + `"], "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 415, ""},
		{"N05 NOT-SUB-02 no RDF", bob, fields{"Content-Type": "text/plain"}, `{}`, 415, ""},
		{"NOT-SUB-02 no content type", bob, fields{"Content-Type": ""}, `{}`, 415, ""},
		{"NOT-SUB-04 no JSON", bob, nil, `{`, 400, ""},
		{"NOT-SUB-04 no Turtle", bob, fields{"Content-Type": ttl}, `<`, 400, ""},
		{"NOT-SUB-04 no JSON-LD", bob, nil, `{"@context": 7}`, 422, ""},
		{"N06 NOT-SUB-04 unknown context", bob, nil, `{"@context": "https://context.example/", "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 422, ""},
		{"NOT-SUB-04 no context", bob, nil, `{"type": "WebSocketChannel2023", "topic": "TOPIC"}`, 422, ""},
		{"N06 NOT-SUB-04 no topic", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023"}`, 422, ""},
		{"NOT-SUB-04 several topics", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": ["TOPIC", "TOPIC2"]}`, 422, ""},
		{"N06 NOT-SUB-04 two types", bob, nil, `{"@context": "` + contextV1 + `", "type": ["WebSocketChannel2023", "WebhookChannel2023"], "topic": "TOPIC"}`, 422, ""},
		{"NOT-SUB-04 no type", bob, nil, `{"@context": "` + contextV1 + `", "topic": "TOPIC"}`, 422, ""},
		{"NOT-SUB-04 another type", bob, nil, `{"@context": "` + contextV1 + `", "type": "EventSourceChannel2023", "topic": "TOPIC"}`, 422, ""},
		{"NOT-SUB-04 a topic elsewhere", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "https://elsewhere.example/"}`, 422, ""},
		{"NOT-SUB-04 a topic in no storage", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.base + `nobody/x"}`, 422, ""},
		{"NOT-SUB-09 a malformed topic", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.url("a%2Fb") + `"}`, 422, ""},
		{"NOT-SUB-09 another spelling of the topic", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.url("shared/d%6Fc") + `"}`, 200, `"topic":"TOPIC"`},
		{"NOT-SUB-09 an ACL", alice, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC.acl"}`, 422, ""},
		{"NOT-FEAT-02 an end that is over", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC", "endAt": "2020-01-01T00:00:00Z"}`, 422, ""},
		{"NOT-SUB-04 an end that is no time", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC", "endAt": "soon"}`, 422, ""},
		{"NOT-SUB-04 a rate that is no duration", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC", "rate": "5"}`, 422, ""},
		{"NOT-FEAT-04 a rate as the drafts write it", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC", "rate": "PT10s"}`, 200, `"rate":"PT10S"`},
		{"NOT-FEAT-05 nothing that messages come as", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC", "accept": "image/png"}`, 422, ""},
		{"NOT-FEAT-06 a feature that is not offered", bob, nil, `{"@context": ["` + contextV1 + `", {"x": "urn:x"}], "type": "WebSocketChannel2023", "topic": "TOPIC", "x": 1}`, 200, ""},
		{"N04 NOT-SUB-05 anonymous", public, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "TOPIC"}`, 401, ""},
		{"N04 NOT-SUB-05 without Read", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.url("secret/doc") + `"}`, 403, ""},
		{"NOT-SUB-05 without Read, whether or not it is there", bob, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.url("secret/absent") + `"}`, 403, ""},
		{"NOT-SUB-05 anonymous on what is public", public, nil, `{"@context": "` + contextV1 + `", "type": "WebSocketChannel2023", "topic": "` + w.url("public/doc") + `"}`, 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			header := fields{"Content-Type": jld}
			for name, value := range row.header {
				header[name] = value
			}
			a := w.send(row.as, "POST", w.base+".notifications/"+webS+"/", header, raw(row.body))
			if a.status != row.status || !strings.Contains(a.body, raw(row.holds)) {
				t.Errorf("%d %s; want %d, %s", a.status, a.body, row.status, raw(row.holds))
			}
			if a.status >= 400 && !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("the error is %s", a.header.Get("Content-Type"))
			}
		})
	}
	t.Run("too long", func(t *testing.T) {
		a := w.send(bob, "POST", w.base+".notifications/"+webS+"/", fields{"Content-Type": jld}, `"`+strings.Repeat("x", 1<<17)+`"`)
		if a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d", a.status)
		}
	})
}

func TestChannels(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	t.Run("N18 NOT-SUB-07 a channel belongs to who made it", func(t *testing.T) {
		c := w.subscribe(bob, webS, "shared/doc", nil)
		l := w.dial(c.ReceiveFrom)
		for _, row := range []struct {
			as, method string
			status     int
		}{
			{bob, "GET", 200}, {bob, "HEAD", 200}, {alice, "GET", 404}, {public, "GET", 404}, {alice, "DELETE", 404},
			{bob, "PUT", 405}, {bob, "DELETE", 204}, {bob, "DELETE", 404}, {bob, "GET", 404},
		} {
			a := w.send(row.as, row.method, c.ID, nil, "")
			if a.status != row.status {
				t.Errorf("%s as %s: %d, want %d", row.method, row.as, a.status, row.status)
			}
			if strings.Contains(a.body, c.ReceiveFrom) {
				t.Error("the capability is told again")
			}
		}
		l.isClosed(1000)
		w.isGone(c.ReceiveFrom)
	})
	t.Run("NOT-SUB-07 who holds the capability ends the channel", func(t *testing.T) {
		c := w.subscribe(bob, "EventSourceChannel2023", "shared/doc", nil)
		if a := w.send(public, "DELETE", c.ReceiveFrom, nil, ""); a.status != 204 {
			t.Error(a)
		}
		if a := w.send(bob, "GET", c.ID, nil, ""); a.status != 404 {
			t.Error(a)
		}
	})
	t.Run("NOT-WS-01 a capability is for one type and one channel", func(t *testing.T) {
		c := w.subscribe(bob, webS, "shared/doc", nil)
		w.isGone(strings.Replace(c.ReceiveFrom, webS, "EventSourceChannel2023", 1))
		w.isGone(c.ReceiveFrom[:len(c.ReceiveFrom)-1] + "x")
		if strings.Contains(c.ReceiveFrom, c.ID[strings.LastIndexByte(c.ID, '/'):]) {
			t.Error("the identifier of the channel gives its secret away")
		}
	})
	t.Run("NOT-SUB-08 a channel lasts 14 days at most", func(t *testing.T) {
		for _, end := range []any{nil, time.Now().Add(30 * 24 * time.Hour).Format(time.RFC3339)} {
			c := w.subscribe(bob, webS, "shared/doc", subscription{"endAt": end})
			granted, err := time.Parse(time.RFC3339, c.EndAt)
			if left := time.Until(granted); err != nil || left > 14*24*time.Hour || left < 13*24*time.Hour {
				t.Errorf("endAt %q, %v", c.EndAt, err)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	w := newWorld(t, func(c *notify.Config) { c.Limits = notify.Limits{Storage: 3, Agent: 2} })
	w.put("public/doc", "")
	ask := func(as string) int {
		return w.ask(as, webS, subscription{"topic": w.url("public/doc")}).status
	}
	first := w.subscribe(bob, webS, "public/doc", nil)
	for _, row := range []struct {
		as     string
		status int
	}{{bob, 200}, {bob, 429}, {alice, 200}, {alice, 429}} {
		if got := ask(row.as); got != row.status {
			t.Errorf("NOT-SUB-08 %s: %d, want %d", row.as, got, row.status)
		}
	}
	if a := w.send(bob, "DELETE", first.ID, nil, ""); a.status != 204 {
		t.Fatal(a)
	}
	if got := ask(bob); got != 200 {
		t.Errorf("NOT-SUB-08 after a DELETE: %d", got)
	}
}

func TestGrants(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	app := fields{"X-Client": "https://app.example/id"}
	refused := func() answer {
		w.grant("https://app.example/id", &wac.Grant{})
		return w.ask(bob, webS, subscription{"topic": w.url("shared/doc")}, app)
	}
	a := refused()
	read := w.send(bob, "GET", w.url("shared/doc"), app, "")
	if a.status != 403 || !strings.Contains(a.body, "https://id.example/.account/") {
		t.Errorf("NOT-SUB-05 a grant that does not cover the topic: %d %s", a.status, a.body)
	}
	var problem, asRead map[string]any
	_, _ = json.Unmarshal([]byte(a.body), &problem), json.Unmarshal([]byte(read.body), &asRead)
	if problem["detail"] != asRead["detail"] || problem["type"] != asRead["type"] {
		t.Errorf("NOT-SUB-05: a read is refused by %v, a subscription by %v", asRead, problem)
	}
	w.grant("https://app.example/id", &wac.Grant{Everything: true})
	c := w.subscribe(bob, webS, "shared/doc", nil, app)
	l := w.dial(c.ReceiveFrom)
	w.put("shared/doc", "<> <p:p> 1.")
	l.hears("Update shared/doc")
	w.grant("https://app.example/id", &wac.Grant{})
	w.put("shared/doc", "<> <p:p> 2.")
	l.isClosed(1008)
	w.isGone(c.ReceiveFrom)
}

func TestErasing(t *testing.T) {
	w := newWorld(t)
	w.put("public/doc", "")
	mine, others := w.subscribe(alice, webS, "public/doc", nil), w.subscribe(bob, webS, "public/doc", nil)
	if err := notify.EraseAgent(t.Context(), w.store, alice); err != nil {
		t.Fatal(err)
	}
	if a := w.send(alice, "GET", mine.ID, nil, ""); a.status != 404 {
		t.Errorf("the channel of an agent: %d", a.status)
	}
	if a := w.send(bob, "GET", others.ID, nil, ""); a.status != 200 {
		t.Errorf("the channel of another agent: %d", a.status)
	}
	if err := notify.EraseStorage(t.Context(), w.store, "alice"); err != nil {
		t.Fatal(err)
	}
	if a := w.send(bob, "GET", others.ID, nil, ""); a.status != 404 {
		t.Errorf("the channel about a storage: %d", a.status)
	}
}

func TestPatrol(t *testing.T) {
	w := newWorld(t)
	app := fields{"X-Client": "https://app.example/id"}
	w.grant("https://app.example/id", &wac.Grant{Everything: true})
	var narrowed, kept []channel
	for range 201 { // more than are looked at together
		narrowed = append(narrowed, w.subscribe(bob, webS, "shared/", nil, app))
	}
	kept = append(kept, w.subscribe(bob, webS, "shared/", nil), w.subscribe(bob, webS, "public/", nil, app))
	erased := w.subscribe(alice, webS, "shared/", nil)
	withdrawn, forgotten := w.dial(narrowed[200].ReceiveFrom), w.dial(erased.ReceiveFrom)
	w.grant("https://app.example/id", &wac.Grant{})
	if err := notify.EraseAgent(t.Context(), w.store, alice); err != nil {
		t.Fatal(err)
	}
	if err := w.service.Patrol(t.Context()); err != nil {
		t.Fatal(err)
	}
	withdrawn.isClosed(1000)
	forgotten.isClosed(1000)
	for _, c := range narrowed {
		w.isGone(c.ReceiveFrom)
	}
	for _, c := range kept {
		w.dial(c.ReceiveFrom)
	}
}
