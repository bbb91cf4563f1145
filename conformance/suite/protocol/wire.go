package protocol

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"domicile/conformance/suite"
)

// wire are about requests that are unusual on the wire: how a host or path is
// spelt, what a proxy seems to say, which version of HTTP it is, how slowly
// content comes.
var wire = []suite.Case{
	suite.Must("SP-URI-07", "the case of a host does not matter", func(t *suite.T) {
		url := t.URL("doc")
		t.Alice.Put(url, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(url, "http://"), "https://"), "/")
		t.Alice.Get(url, suite.Header("Host", strings.ToUpper(host))).Want(http.StatusOK)
	}),
	suite.Decision("SP-URI-06", "escapes are listed in one spelling, in upper case", func(t *suite.T) {
		t.Alice.Put(t.URL("caf%c3%a9"), suite.Turtle("<> a <#Thing>.")).Want(http.StatusCreated)
		t.Alice.Get(t.URL("caf%C3%A9")).Want(http.StatusOK)
		t.Alice.Get(t.Container()).WantTriples("<> ldp:contains <" + t.URL("caf%C3%A9") + ">.")
	}),
	suite.Decision("SP-HTTP-10", "headers have a bound", func(t *suite.T) {
		// No more than sockets hold: who is still sending does not hear the answer.
		t.Nobody.Get(t.Target.Root, suite.Header("X-Long", strings.Repeat("a", 100<<10))).Want(http.StatusRequestHeaderFieldsTooLarge)
	}),
	suite.Decision("SP-HTTP-01", "HTTP/2 is spoken, to who begins with it too", func(t *suite.T) {
		protocols := new(http.Protocols)
		protocols.SetHTTP2(true)
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{Protocols: protocols}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, t.Target.URL, nil)
		if err != nil {
			t.Failf("%v", err)
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Failf("it is not: %v", err)
		}
		if answer.Body.Close(); answer.ProtoMajor != 2 {
			t.Failf("the answer is of %s", answer.Proto)
		}
	}),
	suite.Decision("SP-HTTP-09", "TRACE is known, and allowed nowhere", func(t *suite.T) {
		t.Alice.Do(http.MethodTrace, t.Container()).Want(http.StatusMethodNotAllowed).WantUnlisted("Allow", "TRACE")
	}),
	suite.Must("SP-ETAG-07", "of two PUTs whose content comes late, that both want nothing there, one wins", func(t *suite.T) {
		url := t.URL("doc")
		var wait sync.WaitGroup
		answers := make([]*suite.Answer, 2)
		for i := range answers {
			wait.Go(func() {
				answers[i] = t.Alice.Put(url, suite.LateBody("text/turtle", "<> a <#Thing>.", 300*time.Millisecond), suite.IfNoneMatch("*"))
			})
		}
		wait.Wait()
		made := 0
		for _, answer := range answers {
			if answer.Want(http.StatusCreated, http.StatusPreconditionFailed, http.StatusConflict).Status == http.StatusCreated {
				made++
			}
		}
		if made != 1 {
			t.Failf("%d of two made it", made)
		}
	}),
}
