package suite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// shelf is a server that keeps bytes by URL, so much of one as the cases below
// need.
type shelf struct {
	mu   sync.Mutex
	kept map[string]string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := "http://" + r.Host + r.URL.Path
	switch r.Method {
	case http.MethodPut:
		body, _ := io.ReadAll(r.Body)
		s.kept[at] = string(body)
		w.WriteHeader(http.StatusCreated)
	case http.MethodDelete:
		delete(s.kept, at)
	default:
		body, ok := s.kept[at]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", turtle)
		w.Header().Add("Link", `<a>; rel="acl type", <b>; title="x, <c>; rel=acl"; rel=describedby`)
		w.Header().Add("Set-Cookie", "session=open sesame")
		if strings.HasSuffix(at, "/") {
			for name := range s.kept {
				if below, ok := strings.CutPrefix(name, at); ok && below != "" {
					body += fmt.Sprintf("<> <http://www.w3.org/ns/ldp#contains> <%s>.\n", below)
				}
			}
		}
		fmt.Fprint(w, body)
	}
}

func newShelf(t *testing.T) (*shelf, *Target) {
	s := &shelf{kept: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	identity := func(name string) *Identity { return &Identity{Name: name, transport: http.DefaultTransport} }
	return s, &Target{URL: server.URL + "/", container: server.URL + "/run/", Alice: identity("Alice"), nobody: identity("nobody")}
}

func TestRun(t *testing.T) {
	kept, target := newShelf(t)
	put := func(t *T) *Answer { return t.Alice.Put(t.URL("x"), Turtle("<> a <#X>.")).Want(http.StatusCreated) }
	area := Area{Name: "area", Cases: []Case{
		Must("A-ONE-01", "passes", func(t *T) { put(t); t.Alice.Get(t.URL("x")).WantTriples("<> a <#X>.") }),
		Must("A-ONE-02", "fails", func(t *T) { put(t); t.Alice.Get(t.URL("y")).Want(http.StatusOK); panic("went on") }),
		Should("A-ONE-03", "warns", func(t *T) { put(t).Want(http.StatusOK) }),
		May("A-ONE-04", "is not offered", func(t *T) { t.NotApplicable("because of %d", 1) }),
		Decision("A-ONE-05", "is ours", func(t *T) { put(t).Want(http.StatusOK) }),
		Must("A-ONE-06", "needs Bob", func(t *T) { t.Bob.Get(t.URL("x")) }).Needing(SecondAgent),
		Must("A-ONE-07", "panics", func(t *T) { put(t); panic("no answer to that") }),
		Must("A-ONE-08", "hangs", func(t *T) { put(t); select {} }),
		Must("A-ONE-09", "gets no answer", func(t *T) { t.Nobody.Get("http://127.0.0.1:1/") }),
		Must("A-ONE-10", "fails beside", func(t *T) {
			var all sync.WaitGroup
			all.Go(func() { put(t).Want(http.StatusTeapot) })
			all.Wait()
		}),
		Must("B-ONE-01", "is not selected", func(t *T) { t.Failf("it ran") }),
	}}
	report, err := Run(t.Context(), target, []Area{area}, Options{Only: regexp.MustCompile("^A-"), Parallel: 4, Limit: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		outcome Outcome
		reason  string
		sent    int
	}{
		{Passed, "", 3},
		{Failed, "got 404 Not Found, want 200 OK", 3},
		{Warned, "got 201 Created, want 200 OK", 2},
		{Inapplicable, "because of 1", 0},
		{Inapplicable, "--decisions", 0},
		{Untested, "one agent only", 0},
		{Failed, "panic: no answer to that", 2},
		{Failed, "the time of the case was up", 2},
		{Failed, "no answer: ", 1},
		{Failed, "want 418", 2},
	}
	results := report.Areas[0].Results
	if len(results) != len(want) {
		t.Fatalf("got %d results, want %d", len(results), len(want))
	}
	for i, result := range results {
		if w := want[i]; result.Outcome != w.outcome || !strings.Contains(result.Reason, w.reason) || len(result.Exchanges) != w.sent {
			t.Errorf("%s: %s after %d requests: %q, want %+v", result.Case.Name(), result.Outcome, len(result.Exchanges), result.Reason, w)
		}
	}
	if blamed := results[1].Blamed; blamed != 2 {
		t.Errorf("answer %d is blamed, want the third", blamed)
	}
	if report.Count(Failed) != 5 {
		t.Errorf("%d failed", report.Count(Failed))
	}
	if len(kept.kept) > 0 {
		t.Errorf("left over: %v", kept.kept)
	}
}

// TestAskedTooOften: a server is left alone for as long as it says, which may be
// longer than a case, and no longer than the run has patience.
func TestAskedTooOften(t *testing.T) {
	_, target := newShelf(t)
	var asked atomic.Int32
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n == 1 || r.URL.Path == "/always" {
			w.Header().Set("Retry-After", r.URL.Query().Get("after"))
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer busy.Close()
	for name, c := range map[string]struct {
		ask      func(*T)
		patience time.Duration
		outcome  Outcome
		asked    int
	}{
		"waits":                      {func(t *T) { t.Nobody.Get(busy.URL + "/?after=4").Want(http.StatusOK) }, time.Minute, Passed, 2},
		"has no patience":            {func(t *T) { t.Nobody.Get(busy.URL + "/?after=4") }, 3 * time.Second, Untested, 1},
		"loses its patience":         {func(t *T) { t.Nobody.Get(busy.URL + "/always?after=2") }, 3 * time.Second, Untested, 2},
		"does not use a proof twice": {func(t *T) { t.Nobody.Get(busy.URL+"/?after=1", Header("DPoP", "proof")) }, time.Minute, Untested, 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(0)
			area := Area{Cases: []Case{Must("A-ONE-01", "asks", c.ask)}}
			report, err := Run(t.Context(), target, []Area{area}, Options{Parallel: 1, Limit: 3 * time.Second, Patience: c.patience})
			if err != nil || report.Count(c.outcome) != 1 || int(asked.Load()) != c.asked {
				t.Errorf("%s after %d requests: %s, %v", report.Areas[0].Results[0].Outcome, asked.Load(), report.Areas[0].Results[0].Reason, err)
			}
		})
	}
}

func TestDecisionsCountWhenAskedFor(t *testing.T) {
	_, target := newShelf(t)
	area := Area{Cases: []Case{Decision("A-ONE-01", "is ours", func(t *T) { t.Failf("no") })}}
	report, err := Run(t.Context(), target, []Area{area}, Options{Decisions: true, Parallel: 1, Limit: time.Second})
	if err != nil || report.Count(Failed) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	_, target := newShelf(t)
	ctx, cancel := context.WithCancel(t.Context())
	area := Area{Cases: []Case{Must("A-ONE-01", "stops all", func(t *T) { cancel(); <-t.Context().Done() })}}
	if _, err := Run(ctx, target, []Area{area}, Options{Parallel: 1, Limit: time.Minute}); err == nil {
		t.Error("there was no error")
	}
}

func TestSecretsAreLeftOut(t *testing.T) {
	_, target := newShelf(t)
	area := Area{Cases: []Case{Must("A-ONE-01", "sends secrets", func(t *T) {
		secret := `{"access_token": "open sesame", "name": "kept"}`
		t.Alice.Put(t.URL("x"), Turtle("#"+secret), Header("Authorization", "DPoP open sesame"), Header("DPoP", "open sesame"))
		t.Alice.Put(t.URL("y"), Body("application/x-www-form-urlencoded", "refresh_token=open+sesame&a=kept"))
		t.Alice.Get(t.URL("x")).Failf("done")
	})}}
	report, err := Run(t.Context(), target, []Area{area}, Options{Parallel: 1, Limit: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	text, kept := "", 0
	for _, exchange := range report.Areas[0].Results[0].Exchanges {
		text += exchange.RequestText() + exchange.AnswerText()
	}
	if kept = strings.Count(text, "kept"); strings.Contains(text, "sesame") || kept != 3 || !strings.Contains(text, "DPoP (left out)") {
		t.Errorf("%d kept\n%s", kept, text)
	}
}

func TestLinks(t *testing.T) {
	header := http.Header{"Link": {`<a>; rel="acl type", <b>; title="x, <c>; rel=acl"; rel=describedby`, `</d>;REL=Acl;rel=no, <e>; rel=acl; anchor="#x", broken`}}
	var got []string
	for _, l := range parseLinks(header, "https://pod.example/x/y") {
		got = append(got, l.rel+" "+l.target)
	}
	want := []string{"acl https://pod.example/x/a", "type https://pod.example/x/a", "describedby https://pod.example/x/b", "Acl https://pod.example/d"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheck(t *testing.T) {
	area := Area{
		Name: "area",
		Cases: []Case{
			Must("A-ONE-01 A-ONE-02", "is twice", nil), Must("A-ONE-01", "is twice!", nil), Must("A-ONE-03", "has a reason too", nil),
			Must("A-ONE-01 A-TWO-01", "is on no list", nil),
		},
		Unseen: map[string]string{"A-ONE-03": "because", "A-ONE-04": "because", "B-ONE-01": "because"},
	}
	other := Area{Name: "other", Cases: []Case{Must("B-ONE-01 A-ONE-06", "is about another area too", nil)}}
	got := Check([]Area{area, other}, map[string][]string{
		"area":  {"A-ONE-01", "A-ONE-02", "A-ONE-03", "A-ONE-04", "A-ONE-05", "A-ONE-06"},
		"other": {"B-ONE-01"},
	})
	want := []string{
		`two cases are called "A-ONE-01 is twice!"`,
		`"A-ONE-01 is on no list" is about A-TWO-01, which is on no list`,
		"B-ONE-01 has a reason and is not on the list of its area",
		"A-ONE-03: want a case or a reason why there is none, and not both",
		"A-ONE-05: want a case or a reason why there is none, and not both",
	}
	if !slices.Equal(got, want) {
		t.Errorf("says\n%s", strings.Join(got, "\n"))
	}
}
