package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/hook?for=a" ||
			r.Header.Get("Content-Type") != "application/ld+json" || r.Header.Get("DPoP") != "proof" || r.Header.Get("User-Agent") != "Domicile" {
			http.Error(w, "unexpected request", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		w.Write(body)
	})
	c := newClient(t, Config{Allow: []string{hostPort}})
	m := Message{MediaType: "application/ld+json", Body: []byte("{}"), Header: http.Header{"Dpop": {"proof"}}}
	receipt, err := c.Post(t.Context(), base+"/hook?for=a#b", m)
	if err != nil || receipt.Status != http.StatusAccepted || !receipt.Accepted() || receipt.RetryAfter != 0 {
		t.Errorf("got %+v, %v", receipt, cause(err))
	}
}

// TestPostAnyAnswerIsAReceipt: what the answer means is for the caller to say,
// and a redirect leads nowhere.
func TestPostAnyAnswerIsAReceipt(t *testing.T) {
	elsewhere, _, elsewhereHits := serve(t, turtle)
	for name, c := range map[string]struct {
		status           int
		header, value    string
		least, most      time.Duration
		neverEndingReply bool
	}{
		"redirect":         {http.StatusTemporaryRedirect, "Location", elsewhere, 0, 0, false},
		"gone":             {http.StatusGone, "", "", 0, 0, false},
		"later":            {http.StatusTooManyRequests, "Retry-After", "120", 2 * time.Minute, 2 * time.Minute, false},
		"at a date":        {http.StatusServiceUnavailable, "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 58 * time.Minute, time.Hour, false},
		"at a past date":   {http.StatusServiceUnavailable, "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT", 0, 0, false},
		"when it pleases":  {http.StatusServiceUnavailable, "Retry-After", "soon", 0, 0, false},
		"more than wanted": {http.StatusOK, "", "", 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			base, hostPort, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if c.header != "" {
					w.Header().Set(c.header, c.value)
				}
				w.WriteHeader(c.status)
				for err := error(nil); c.neverEndingReply && err == nil; {
					_, err = io.WriteString(w, strings.Repeat("x", 1<<16))
				}
			})
			_, elsewherePort, _ := strings.Cut(elsewhere, "//")
			client := newClient(t, Config{Allow: []string{hostPort, elsewherePort}})
			receipt, err := client.Post(t.Context(), base, Message{MediaType: "text/plain"})
			if err != nil || receipt.Status != c.status || receipt.RetryAfter < c.least || receipt.RetryAfter > c.most {
				t.Errorf("got %+v, %v", receipt, cause(err))
			}
			if hits.Load() != 1 || elsewhereHits.Load() != 0 {
				t.Errorf("%d requests, and %d elsewhere", hits.Load(), elsewhereHits.Load())
			}
		})
	}
}

// TestPostRefuses covers N17: nothing is sent to addresses that are not public,
// to this server or by http, whenever the name came to mean them.
func TestPostRefuses(t *testing.T) {
	base, hostPort, hits := serve(t, turtle)
	own := func(u *url.URL) bool { return u.Host == "pods.example" }
	for name, c := range map[string]struct {
		url     string
		answers []string // of the resolver
		reason  error
		late    bool // nothing is wrong before it is sent
	}{
		"loopback":                     {"https://127.0.0.1/", nil, ErrForbidden, false},
		"loopback by name":             {"https://hook.example/", []string{"127.0.0.1"}, ErrForbidden, false},
		"private by name":              {"https://hook.example/", []string{"10.1.2.3"}, ErrForbidden, false},
		"metadata":                     {"https://169.254.169.254/latest", nil, ErrForbidden, false},
		"mapped":                       {"https://[::ffff:10.0.0.1]/", nil, ErrForbidden, false},
		"http":                         {base, nil, ErrForbidden, false},
		"another port":                 {"https://hook.example:8443/", []string{"93.184.216.34"}, ErrForbidden, false},
		"own":                          {"https://pods.example/alice/inbox/", []string{"93.184.216.34"}, ErrForbidden, false},
		"own, spelled otherwise":       {"https://PODS.example./alice/inbox/", []string{"93.184.216.34"}, ErrForbidden, false},
		"credentials":                  {"https://a:b@hook.example/", []string{"93.184.216.34"}, ErrForbidden, false},
		"no such host":                 {"https://hook.example/", nil, ErrUnreachable, false},
		"no URL":                       {"https://hook.example/%zz", nil, ErrForbidden, false},
		"not absolute":                 {"/hook", nil, ErrForbidden, false},
		"too long":                     {"https://hook.example/" + strings.Repeat("a", maxURLLength), []string{"93.184.216.34"}, ErrForbidden, false},
		"rebound after being accepted": {"https://hook.example/", []string{"93.184.216.34", "127.0.0.1"}, ErrForbidden, true},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, Config{Own: own, Resolver: &fakeResolver{answers: c.answers}})
			if err := client.Check(t.Context(), c.url); c.late && err != nil || !c.late && !errors.Is(err, c.reason) {
				t.Errorf("Check: %v", cause(err))
			}
			_, err := client.Post(t.Context(), c.url, Message{MediaType: "text/plain"})
			if !errors.Is(err, c.reason) {
				t.Errorf("Post: %v", cause(err))
			}
			if text := fmt.Sprint(err); text != (&Error{}).Error() {
				t.Errorf("the error tells %q", text)
			}
		})
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests to %s", hits.Load(), hostPort)
	}
}

func TestCheckPermits(t *testing.T) {
	_, hostPort, hits := serve(t, turtle)
	client := newClient(t, Config{Allow: []string{hostPort}, Resolver: &fakeResolver{answers: []string{"93.184.216.34"}}})
	for _, permitted := range []string{"http://" + hostPort + "/hook", "https://hook.example/"} {
		if err := client.Check(t.Context(), permitted); err != nil {
			t.Errorf("%s: %v", permitted, cause(err))
		}
	}
	if hits.Load() != 0 {
		t.Error("it connected")
	}
}

func TestPostEndsInTime(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // net/http notices the end of the request only behind its body
		<-r.Context().Done()
	})
	client := newClient(t, Config{Allow: []string{hostPort}})
	client.timeout = 50 * time.Millisecond
	if _, err := client.Post(t.Context(), base, Message{MediaType: "text/plain", Body: []byte("x")}); !errors.Is(err, ErrTimeout) {
		t.Error(cause(err))
	}
}
