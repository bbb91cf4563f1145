package notifications

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

const thing = "<> a <#Thing>."

func document(t *suite.T, name string) string {
	url := t.URL(name)
	t.Alice.Put(url, suite.Turtle(thing)).WantSuccess()
	return url
}

// update changes a document, each time in another way.
func update(t *suite.T, url string) *suite.Answer {
	return t.Alice.Put(url, suite.Turtle(`<> <#changed> "`+time.Now().String()+`".`)).WantSuccess()
}

var discovery = []suite.Case{
	suite.Must("NOT-DISC-01 NOT-DISC-02", "the storage's description is there in JSON-LD and names subscription services", func(t *suite.T) {
		answer := description(t).Want(http.StatusOK).WantMediaType(jsonLD)
		services := 0
		for range answer.Graph().Match(rdf.Term{}, rdf.IRI(namespace+"subscription"), rdf.Term{}) {
			services++
		}
		if services == 0 {
			t.NotApplicable("no subscription services are named")
		}
	}),
	suite.Should("NOT-DISC-02", "the description is there in Turtle, and for who does not say what she wants", func(t *suite.T) {
		at := t.Alice.Head(t.Container()).WantLink(rdf.Solid + "storageDescription")
		t.Nobody.Get(at, suite.Accept("text/turtle")).Want(http.StatusOK).WantMediaType("text/turtle").Graph()
		t.Nobody.Get(at).Want(http.StatusOK).Graph()
	}),
	suite.Decision("NOT-DISC-03", "readers of plain JSON find the subscription services too", func(t *suite.T) {
		answer := description(t).Want(http.StatusOK)
		var plain struct {
			ID           string
			Subscription []struct{ ID, ChannelType string }
		}
		if err := json.Unmarshal([]byte(answer.Body), &plain); err != nil || plain.ID == "" || len(plain.Subscription) == 0 || plain.Subscription[0].ChannelType == "" {
			answer.Failf("id or subscription is missing at the top: %v", err)
		}
	}),
	suite.Must("NOT-DISC-04", "each subscription service is of one type", func(t *suite.T) {
		answer := description(t).WantSuccess()
		graph := answer.Graph()
		for found := range graph.Match(rdf.Term{}, rdf.IRI(namespace+"subscription"), rdf.Term{}) {
			types := 0
			for range graph.Match(found.O, rdf.IRI(namespace+"channelType"), rdf.Term{}) {
				types++
			}
			if types != 1 {
				answer.Failf("%s has %d channel types", found.O.Value(), types)
			}
		}
	}),
}

var subscribing = []suite.Case{
	suite.Must("NOT-SUB-01 NOT-DISC-04", "GET and HEAD of a subscription service describe it", func(t *suite.T) {
		at := service(t, webSocket)
		t.Nobody.Get(at, suite.Accept(jsonLD)).Want(http.StatusOK).WantMediaType(jsonLD).
			WantTriples("<" + at + "> <" + namespace + "channelType> <" + namespace + webSocket + ">.")
		t.Nobody.Head(at, suite.Accept(jsonLD)).Want(http.StatusOK)
		t.Nobody.Options(at, suite.Origin("https://app.example"), suite.Header("Access-Control-Request-Method", "POST"),
			suite.Header("Access-Control-Request-Headers", "authorization, content-type, dpop")).WantSuccess().WantHeader("Access-Control-Allow-Origin")
	}),
	suite.Must("NOT-SUB-02", "what is no JSON-LD is 415", func(t *suite.T) {
		t.Alice.Post(service(t, webSocket), suite.Text("subscribe me")).Want(http.StatusUnsupportedMediaType)
	}),
	suite.Must("NOT-SUB-03", "a profile that is not known is 415", func(t *suite.T) {
		content := `{"@context": ["` + contexts[0] + `"], "type": "` + namespace + webSocket + `", "topic": "` + document(t, "doc") + `"}`
		t.Alice.Post(service(t, webSocket), suite.Body(jsonLD+`; profile="https://example.org/unknown"`, content)).Want(http.StatusUnsupportedMediaType)
	}),
	suite.Must("NOT-SUB-04", "a request that says too little or what is not so is 422", func(t *suite.T) {
		at, topic := service(t, webSocket), document(t, "doc")
		for _, change := range []map[string]any{
			{"topic": nil}, {"topic": "not a URL"}, {"type": nil}, {"type": namespace + "UnheardOfChannel"}, {"startAt": "soon"},
		} {
			t.Alice.Post(at, request(webSocket, topic, change)).Want(http.StatusUnprocessableEntity)
		}
	}),
	suite.Must("NOT-SUB-04", "JSON that is none is refused, and so is a context that is not known", func(t *suite.T) {
		at, topic := service(t, webSocket), document(t, "doc")
		t.Alice.Post(at, suite.Body(jsonLD, `{"type": `)).Want(http.StatusBadRequest, http.StatusUnprocessableEntity)
		t.Alice.Post(at, request(webSocket, topic, map[string]any{"@context": []string{"http://localhost:1/unknown"}})).Want(http.StatusUnprocessableEntity)
	}),
	suite.Must("NOT-SUB-05 WAC-MODE-13", "who may not read a topic does not get it told, whether it is there or not", func(t *suite.T) {
		at := service(t, webSocket)
		for _, topic := range []string{document(t, "doc"), t.URL("none")} {
			t.Nobody.Post(at, request(webSocket, topic, nil)).Want(http.StatusUnauthorized)
			t.Bob.Post(at, request(webSocket, topic, nil)).Want(http.StatusForbidden)
			t.Alice.Post(at, request(webSocket, topic, nil)).WantSuccess()
		}
	}).Needing(suite.SecondAgent),
	suite.Must("NOT-SUB-05", "who may read a topic gets it told", func(t *suite.T) {
		topic := document(t, "doc")
		t.SetACL(topic, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+topic+">; acl:mode acl:Read")
		l := listen(t, t.Bob, topic, nil)
		update(t, topic)
		l.want("Update", topic)
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
	suite.Must("NOT-SUB-06 NOT-WS-01", "the answer is the channel: id, type, topic, and where to listen, by a secret", func(t *suite.T) {
		at, topic := service(t, webSocket), document(t, "doc")
		first, answer := subscribe(t.Alice, at, webSocket, topic, nil)
		second, _ := subscribe(t.Alice, at, webSocket, topic, nil)
		switch {
		case first.ID == "" || first.Topic != topic || !strings.HasSuffix(first.Type, webSocket):
			answer.Failf("id is %q, type %q, topic %q", first.ID, first.Type, first.Topic)
		case !strings.HasPrefix(first.ReceiveFrom, "ws:") && !strings.HasPrefix(first.ReceiveFrom, "wss:"):
			answer.Failf("receiveFrom is %q", first.ReceiveFrom)
		case first.ReceiveFrom == second.ReceiveFrom || len(first.ReceiveFrom) < len("ws://h/")+22:
			answer.Failf("receiveFrom is %q, which can be guessed", first.ReceiveFrom)
		}
	}),
	suite.Decision("NOT-SUB-04 NOT-SUB-06", "both contexts and all spellings of a type are understood, and come back as they were written", func(t *suite.T) {
		at, topic := service(t, webSocket), document(t, "doc")
		for _, context := range contexts {
			for _, prefix := range namespaces {
				made, answer := subscribe(t.Alice, at, webSocket, topic, map[string]any{"@context": []string{context}, "type": prefix + webSocket})
				if made.Type != prefix+webSocket || !strings.Contains(answer.Body, context) {
					answer.Failf("type is %q, want %q", made.Type, prefix+webSocket)
				}
			}
		}
	}),
	suite.Decision("NOT-SUB-07", "a channel is described to who made it, and ends when it is deleted", func(t *suite.T) {
		topic := document(t, "doc")
		made, _ := subscribe(t.Alice, service(t, webSocket), webSocket, topic, nil)
		l := connect(t, made.ReceiveFrom)
		t.Alice.Get(made.ID, suite.Accept(jsonLD)).Want(http.StatusOK)
		t.Alice.Delete(made.ID).Want(http.StatusNoContent)
		l.ends()
		t.Alice.Get(made.ID).Want(http.StatusNotFound)
	}),
	suite.Must("NOT-SUB-09", "nothing outside of the server is a topic", func(t *suite.T) {
		t.Alice.Post(service(t, webSocket), request(webSocket, "https://elsewhere.example/doc", nil)).WantRefused()
	}),
}

var features = []suite.Case{
	suite.Decision("NOT-FEAT-01", "before startAt nothing is told", func(t *suite.T) {
		topic := document(t, "doc")
		start := time.Now().Truncate(time.Second).Add(3 * time.Second)
		l := listen(t, t.Alice, topic, map[string]any{"startAt": moment(start)})
		update(t, topic)
		time.Sleep(time.Until(start) + time.Second/2)
		update(t, topic)
		if told, err := time.Parse(time.RFC3339, l.want("Update", topic).Published); err != nil || told.Before(start) {
			t.Failf("told is %s, which is about what was before %s", l.last, moment(start))
		}
	}),
	suite.Should("NOT-FEAT-02", "at endAt the channel ends", func(t *suite.T) {
		l := listen(t, t.Alice, document(t, "doc"), map[string]any{"endAt": moment(time.Now().Add(5 * time.Second))})
		l.ends()
	}),
	suite.Decision("NOT-FEAT-02", "an endAt that is over is refused", func(t *suite.T) {
		t.Alice.Post(service(t, webSocket), request(webSocket, document(t, "doc"), map[string]any{"endAt": moment(time.Now().Add(-time.Hour))})).Want(http.StatusUnprocessableEntity)
	}),
	suite.Should("NOT-FEAT-03", "who knows another state than the topic's is told at once, and who knows it is not", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, map[string]any{"state": "stale"})
		state := l.next().State
		if state == "" {
			t.NotApplicable("messages have no state")
		}
		knows := listen(t, t.Alice, topic, map[string]any{"state": state})
		update(t, topic)
		if m := knows.want("Update", topic); m.State == state {
			t.Failf("told is the state that was known")
		}
	}),
	suite.Should("NOT-FEAT-04", "with a rate, nothing is told more often", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, map[string]any{"rate": "PT5S"})
		began := time.Now()
		update(t, topic)
		l.want("Update", topic)
		for range 4 { // not at once, which may be told as one
			update(t, topic)
			time.Sleep(time.Second / 2)
		}
		for told := 1; len(l.got) > 0; l.next() {
			if told++; told > 1+int(time.Since(began)/(5*time.Second)) { // on a busy machine the updates take long
				t.Failf("%d messages came within %s", told, time.Since(began).Round(time.Second))
			}
		}
	}),
	suite.Should("NOT-FEAT-05", "messages are of the media type that was asked for", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, map[string]any{"accept": "text/turtle"})
		update(t, topic)
		select {
		case text := <-l.got:
			if strings.HasPrefix(strings.TrimSpace(text), "{") || !strings.Contains(text, topic) {
				t.Failf("told is %s, want Turtle", text)
			}
		case <-time.After(patience):
			t.Failf("nothing is told")
		}
	}),
	suite.Decision("NOT-FEAT-06", "features that are not known are ignored", func(t *suite.T) {
		t.Alice.Post(service(t, webSocket), request(webSocket, document(t, "doc"), map[string]any{"https://example.org/colour": "blue"})).WantSuccess()
	}),
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

var messages = []suite.Case{
	suite.Must("NOT-MSG-01", "a message says what happened to what and when, in Activity Streams", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, nil)
		update(t, topic)
		m := l.want("Update", topic)
		if _, err := time.Parse(time.RFC3339, m.Published); err != nil || !strings.Contains(m.ID, ":") || !strings.Contains(l.last, `"https://www.w3.org/ns/activitystreams"`) {
			t.Failf("told is %s: id, published or the context is missing or wrong", l.last)
		}
	}),
	suite.Should("NOT-MSG-02 NOT-MSG-03", "creation, update and deletion of a topic are told, and nothing that failed", func(t *suite.T) {
		topic := t.URL("doc")
		l := listen(t, t.Alice, topic, nil)
		document(t, "doc")
		l.want("Create", topic)
		t.Alice.Put(topic, suite.Turtle(thing), suite.IfMatch(`"stale"`)).WantRefused()
		update(t, topic)
		l.want("Update", topic)
		t.Alice.Delete(topic).WantSuccess()
		if m := l.want("Delete", topic); m.State != "" {
			t.Failf("told is %s: what is deleted has no state", l.last)
		}
	}),
	suite.Should("NOT-MSG-02 NOT-MSG-03", "members that come and go are told to who listens to their container", func(t *suite.T) {
		container := t.URL("c/")
		t.Alice.Put(container, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
		l := listen(t, t.Alice, container, nil)
		member := document(t, "c/doc")
		for _, activity := range []string{"Add", "Remove"} {
			if m := l.want(activity, member); m.Target != container {
				t.Failf("told is %s, want %s as target", l.last, container)
			}
			t.Alice.Delete(member)
		}
	}),
	suite.Decision("NOT-MSG-03 NOT-MSG-06", "each change is told once, in order, and neither changes of members nor of ACLs are", func(t *suite.T) {
		container, topic := t.URL("c/"), document(t, "c/doc")
		members, l := listen(t, t.Alice, container, nil), listen(t, t.Alice, topic, nil)
		t.SetACL(topic)
		var states []string
		for range 10 {
			states = append(states, strings.Trim(update(t, topic).WantETag(), `"`))
		}
		seen := map[string]bool{}
		for i, state := range states {
			m := l.want("Update", topic)
			if seen[m.ID] || !strings.HasPrefix(state, strings.Trim(m.State, `"`)) {
				t.Failf("message %d is %s, want the state of %s", i, l.last, state)
			}
			seen[m.ID] = true
		}
		other := document(t, "c/other")
		members.want("Add", other)
	}),
	suite.Decision("NOT-MSG-04", "the state of a message is the topic's, as its entity tag has it", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, nil)
		tag := update(t, topic).WantETag()
		if m := l.want("Update", topic); m.State == "" || !strings.HasPrefix(strings.Trim(tag, `"`), strings.Trim(m.State, `"`)) {
			t.Failf("the state is %q, the entity tag %s", m.State, tag)
		}
	}),
}

var channels = []suite.Case{
	suite.Must("NOT-WS-01", "nobody listens where no channel is", func(t *suite.T) {
		topic := document(t, "doc")
		made, _ := subscribe(t.Alice, service(t, webSocket), webSocket, topic, nil)
		guess := made.ReceiveFrom[:len(made.ReceiveFrom)-4] + "xxxx"
		connection, _, err := websocket.Dial(t.Context(), guess, nil)
		if err != nil {
			return // refused
		}
		defer connection.CloseNow()
		update(t, topic)
		for { // it may be told why before it ends
			_, told, err := connection.Read(t.Context())
			if err != nil {
				return
			}
			if strings.Contains(string(told), topic) {
				t.Failf("told is %s", told)
			}
		}
	}),
	suite.May("NOT-SSE-01", "events are told to an EventSource", func(t *suite.T) {
		stream(t, "EventSourceChannel2023", "text/event-stream")
	}),
	suite.May("NOT-SH-01", "events are told by streaming HTTP", func(t *suite.T) {
		stream(t, "StreamingHTTPChannel2023", "")
	}),
}

// stream subscribes by a type that is received by GET.
func stream(t *suite.T, channelType, mediaType string) {
	topic := document(t, "doc")
	made, _ := subscribe(t.Alice, service(t, channelType), channelType, topic, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, made.ReceiveFrom, nil)
	if err != nil {
		t.Failf("receiveFrom is %q: %v", made.ReceiveFrom, err)
	}
	response, err := t.Alice.Transport().RoundTrip(r)
	if err != nil {
		t.Failf("nobody answers at receiveFrom: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), mediaType) {
		t.Failf("receiveFrom answers %d with %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	update(t, topic)
	heard := ""
	for buffer := make([]byte, 4096); !strings.Contains(heard, "Update") || !strings.Contains(heard, topic); {
		n, err := response.Body.Read(buffer)
		if heard += string(buffer[:n]); err != nil && err != io.EOF || err == io.EOF {
			t.Failf("the stream ends after %q: %v", heard, err)
		}
	}
}
