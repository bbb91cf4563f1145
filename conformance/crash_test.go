package conformance

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domicile/conformance/internal/harness"
)

const (
	// crashRounds is the number of kills unless the environment variable
	// DOMICILE_CRASH_ROUNDS says another.
	crashRounds  = 20
	crashWriters = 6
	// killAfter is how many writes are acknowledged in a round before the
	// kill, at most.
	killAfter = 80
	// crashResources is how many resources a writer keeps, so that many
	// rounds take as long each as few.
	crashResources = 30
)

// TestKillInTheMiddleOfWrites kills the server with SIGKILL while several
// writers create, replace, patch and delete documents and files. After each
// restart every acknowledged write is there, and a write that got no answer
// has happened or has not, nothing in between, and the store's check of itself
// finds nothing. (That acknowledged writes were
// also synced to disk is shown by the store's own test: the page cache
// survives the end of a process.)
func TestKillInTheMiddleOfWrites(t *testing.T) {
	rounds := crashRounds
	if text, said := os.LookupEnv("DOMICILE_CRASH_ROUNDS"); said {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("DOMICILE_CRASH_ROUNDS=%s: want a number of rounds", text)
		}
	}
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	writers := make([]*crashWriter, crashWriters)
	for i := range writers {
		writers[i] = &crashWriter{
			client:    alice.Session.Client(),
			container: fmt.Sprintf("%scrash/%d/", alice.Pod.URL, i),
			random:    rand.New(rand.NewPCG(uint64(i), rand.Uint64())),
			known:     map[string]content{},
		}
	}
	writes, unanswered := 0, 0
	for round := range rounds {
		n := crashRound(t, server, writers)
		writes += n
		var verifying sync.WaitGroup
		for _, w := range writers {
			if w.pending != "" {
				unanswered++
			}
			verifying.Go(func() { w.verify(t, alice) })
		}
		verifying.Wait()
		if code, report, stderr := program.Run(t, "check", "--data", server.Data); code != exitFine {
			t.Errorf("check: exit code %d\n%s%s", code, report, stderr)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round+1)
		}
	}
	t.Logf("%d kills, %d writes acknowledged and none lost, %d without an answer", rounds, writes, unanswered)
}

// crashRound lets all write, kills the server at a random moment, starts it
// again and returns how many writes it had acknowledged.
func crashRound(t *testing.T, server *harness.Server, writers []*crashWriter) int {
	t.Helper()
	killAt := int64(1 + rand.IntN(killAfter))
	var acknowledged atomic.Int64
	enough, stopped := make(chan struct{}), make(chan struct{})
	var running sync.WaitGroup
	for _, w := range writers {
		running.Go(func() {
			w.write(t, func() {
				if acknowledged.Add(1) == killAt {
					close(enough)
				}
			})
		})
	}
	go func() { running.Wait(); close(stopped) }()
	select {
	case <-enough:
	case <-stopped: // each of them failed, and said so
		t.FailNow()
	}
	time.Sleep(rand.N(5 * time.Millisecond)) // into the middle of whatever is under way
	server.Kill()
	<-stopped
	server.Restart()
	return int(acknowledged.Load())
}

// content is the state of a resource: "" when it is absent, the hash of a
// file, the sorted literals of a document.
type content string

// crashWriter writes to a container of its own and remembers what the server
// has acknowledged.
type crashWriter struct {
	client    *http.Client
	container string
	random    *rand.Rand
	count     int
	known     map[string]content // by URL; absent ones too
	// The write that had no answer when the server was killed.
	pending        string
	before, wanted content
}

// write sends requests until one gets no answer.
func (w *crashWriter) write(t *testing.T, acknowledged func()) {
	for {
		method, mediaType, body := w.next()
		url, header := w.pending, []string{"Content-Type", mediaType}
		if method == http.MethodPost {
			url, header = w.container, append(header, "Slug", strings.TrimPrefix(w.pending, w.container))
		}
		answer, err := harness.TrySend(t, w.client, method, url, bytes.NewReader(body), header...)
		if err != nil {
			return
		}
		if location := answer.Header.Get("Location"); method == http.MethodPost && location != w.pending {
			t.Errorf("POST made %s of the slug in %v", location, header)
			return
		}
		if answer.Status < 200 || answer.Status > 299 {
			t.Errorf("%s %s: %d %s", method, w.pending, answer.Status, answer.Body)
			return
		}
		w.known[w.pending] = w.wanted
		w.pending = ""
		acknowledged()
	}
}

// next picks a write, sets what is pending and returns the request.
func (w *crashWriter) next() (method, mediaType string, body []byte) {
	w.count++
	value := fmt.Sprintf("v%d", w.count)
	var documents, existing []string
	for _, url := range slices.Sorted(maps.Keys(w.known)) {
		if w.known[url] == "" {
			continue
		}
		existing = append(existing, url)
		if strings.HasSuffix(url, ".ttl") {
			documents = append(documents, url)
		}
	}
	choice := w.random.IntN(12)
	switch {
	case len(existing) > crashResources || choice < 2 && len(existing) > 0:
		w.expect(w.pick(existing), "")
		return http.MethodDelete, "", nil
	case choice < 5 && len(documents) > 0:
		url := w.pick(documents)
		w.expect(url, literals(string(w.known[url])+" "+value))
		insert := fmt.Sprintf(`_:p a <http://www.w3.org/ns/solid/terms#InsertDeletePatch>; <http://www.w3.org/ns/solid/terms#inserts> {<#it> <#value> "%s".}.`, value)
		return http.MethodPatch, n3, []byte(insert)
	case choice < 6 && len(documents) > 0:
		url := w.pick(documents)
		w.expect(url, content(value))
		return http.MethodPut, turtle, fmt.Appendf(nil, `<#it> <#value> "%s".`, value)
	case choice < 7:
		file := make([]byte, 100_000+w.random.IntN(200_000))
		for i := range file {
			file[i] = byte(w.random.Uint32())
		}
		w.expect(fmt.Sprintf("%s%d.bin", w.container, w.count), hashOf(file))
		return http.MethodPut, "application/octet-stream", file
	case choice < 9 && len(existing) > 0: // its container is there
		w.expect(fmt.Sprintf("%s%d.ttl", w.container, w.count), content(value))
		return http.MethodPost, turtle, fmt.Appendf(nil, `<#it> <#value> "%s".`, value)
	default:
		w.expect(fmt.Sprintf("%s%d.ttl", w.container, w.count), content(value))
		return http.MethodPut, turtle, fmt.Appendf(nil, `<#it> <#value> "%s".`, value)
	}
}

func (w *crashWriter) pick(urls []string) string { return urls[w.random.IntN(len(urls))] }

func (w *crashWriter) expect(url string, wanted content) {
	w.pending, w.before, w.wanted = url, w.known[url], wanted
}

// verify compares what the server has with what it acknowledged, and learns
// how the pending write ended.
func (w *crashWriter) verify(t *testing.T, owner harness.Resident) {
	t.Helper()
	if w.pending != "" {
		got := w.read(t, owner, w.pending)
		if got != w.before && got != w.wanted {
			t.Errorf("%s was %q, should have become %q, is %q", w.pending, w.before, w.wanted, got)
		}
		w.known[w.pending] = got
		w.pending = ""
	}
	listing := owner.Do(t, "GET", w.container, "", "Accept", "application/ld+json")
	for url, want := range w.known {
		if got := w.read(t, owner, url); got != want {
			t.Errorf("%s was acknowledged as %q, is %q", url, want, got)
		}
		if listed := strings.Contains(listing.Body, `"`+url+`"`); listed != (want != "") {
			t.Errorf("%s is %q, listed: %t", url, want, listed)
		}
		if want == "" {
			delete(w.known, url) // seen to be gone; its name does not come back
		}
	}
}

func (w *crashWriter) read(t *testing.T, owner harness.Resident, url string) content {
	t.Helper()
	answer := owner.Do(t, "GET", url, "", "Accept", turtle+", */*;q=0.1")
	switch {
	case answer.Status == http.StatusNotFound:
		return ""
	case answer.Status != http.StatusOK:
		t.Errorf("GET %s: %d %s", url, answer.Status, answer.Body)
		return ""
	case strings.HasSuffix(url, ".ttl"):
		var values strings.Builder
		for _, match := range literal.FindAllStringSubmatch(answer.Body, -1) {
			_, _ = io.WriteString(&values, match[1]+" ")
		}
		return literals(values.String())
	default:
		return hashOf([]byte(answer.Body))
	}
}

var literal = regexp.MustCompile(`"(v[0-9]+)"`)

// literals sorts values that are separated by spaces.
func literals(values string) content {
	fields := strings.Fields(values)
	slices.Sort(fields)
	return content(strings.Join(fields, " "))
}

func hashOf(file []byte) content { return content(fmt.Sprintf("%x", sha256.Sum256(file))) }
