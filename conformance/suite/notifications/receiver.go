package notifications

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"domicile/conformance/suite"
)

// receiver is where webhooks of a case go.
type receiver struct {
	url string
	got chan delivery
}

type delivery struct {
	path, query string
	header      http.Header
	body        string
	at          time.Time
}

// newReceiver takes all that comes. With handlers, the first answers what comes
// first, and so on.
func newReceiver(t *suite.T, first ...http.HandlerFunc) *receiver {
	r := &receiver{got: make(chan delivery, 10)}
	var count atomic.Int32
	r.url = t.Serve(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
		if err != nil || request.Method != http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		n := int(count.Add(1))
		r.got <- delivery{request.URL.Path, request.URL.RawQuery, request.Header, string(body), time.Now()}
		if n <= len(first) {
			first[n-1](w, request)
		}
	})) + "hook"
	return r
}

// answering answers with a status and a header field.
func answering(status int, name, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(name, value)
		w.WriteHeader(status)
	}
}

func (r *receiver) next(t *suite.T) delivery {
	select {
	case d := <-r.got:
		return d
	case <-time.After(patience):
		t.Failf("nothing comes to %s", r.url)
		return delivery{}
	}
}

// message reads what was delivered.
func (d delivery) message(t *suite.T) message {
	var m message
	if err := json.Unmarshal([]byte(d.body), &m); err != nil {
		t.Failf("told is %q, which is no JSON", d.body)
	}
	return m
}

// proofKey returns the thumbprint (RFC 7638) of the key of a DPoP proof.
func proofKey(t *suite.T, proof string) string {
	encoded, _, _ := strings.Cut(proof, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	var header struct {
		Key map[string]any `json:"jwk"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil || header.Key == nil {
		t.Failf("the proof shows no key: %v", err)
	}
	required := map[string]any{} // marshalled in the order of their names
	for _, name := range []string{"crv", "e", "kty", "n", "x", "y"} {
		if value, ok := header.Key[name]; ok {
			required[name] = value
		}
	}
	text, err := json.Marshal(required)
	if err != nil {
		t.Failf("%v", err)
	}
	digest := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
