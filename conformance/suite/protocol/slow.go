package protocol

import (
	"io"
	"net/http"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// slow are about clients that keep a server waiting, who should cost it no more
// than their socket, and about those who merely have a poor connection.
var slow = []suite.Case{
	suite.Decision("SP-HTTP-10", "an upload that hardly goes on is ended", func(t *suite.T) {
		answer := t.Alice.Put(t.URL("file"), suite.SlowBody("text/plain", "a", 5*time.Second, 12))
		if answer.Status/100 == 2 {
			t.Failf("a byte in five seconds was taken for a minute")
		}
	}).Slowly(),
	suite.Decision("SP-HTTP-10", "an upload that goes on is taken, however long it lasts", func(t *suite.T) {
		t.Alice.Put(t.URL("file"), suite.SlowBody("text/plain", strings.Repeat("a", 8<<10), time.Second, 45)).Want(http.StatusCreated)
	}).Slowly(),
	suite.Decision("SP-HTTP-10", "who does not read is not waited for", func(t *suite.T) {
		const size = 48 << 20 // more than sockets hold
		url := put(t, "file", suite.Text(strings.Repeat("a", size)))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Failf("%v", err)
		}
		r.Header.Set("Accept-Encoding", "identity")
		answer, err := t.Alice.Transport().RoundTrip(r)
		if err != nil {
			t.Failf("%v", err)
		}
		defer answer.Body.Close()
		time.Sleep(50 * time.Second)
		if n, err := io.Copy(io.Discard, answer.Body); err == nil && n == size {
			t.Failf("the rest came after 50 seconds in which nothing was read")
		}
	}).Slowly(),
}
