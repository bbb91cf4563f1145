package conformance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"domicile/conformance/internal/harness"
)

const (
	linearClients = 6
	// linearOperations is how many each client sends before the kill, at
	// least, and after it.
	linearOperations = 60
	// linearRounds is how often they do so after it, at most.
	linearRounds   = 8
	linearPatience = time.Minute
)

// pod is the state that the clients fight about: a container with two
// documents, each with one value that no other write has, and members that
// were posted. The zero pod is empty.
type pod struct {
	container bool
	documents [2]string // "": absent
	posted    int
}

// operation is a request; outcome is its answer, absent when the server was
// killed before it.
type operation struct {
	kind     string
	document int
	value    string // that it writes
	expected string // that its condition names; "": absent
}

type outcome struct {
	status int // 0: no answer
	value  string
}

// step is the sequential specification: what happens to the pod, and the
// status that a client has to be answered.
func (p pod) step(o operation) (status int, value string, next pod) {
	current := p.documents[o.document]
	write := func(value string) pod {
		p.container, p.documents[o.document] = true, value
		return p
	}
	switch o.kind {
	case "GET":
		if current == "" {
			return http.StatusNotFound, "", p
		}
		return http.StatusOK, current, p
	case "PUT":
		return http.StatusCreated, "", write(o.value)
	case "PUT if":
		if current != o.expected {
			return http.StatusPreconditionFailed, "", p
		}
		return http.StatusCreated, "", write(o.value)
	case "PATCH":
		if current == "" || current != o.expected {
			return http.StatusConflict, "", p
		}
		return http.StatusCreated, "", write(o.value)
	case "DELETE":
		if current == "" {
			return http.StatusNotFound, "", p
		}
		p.documents[o.document] = ""
		return http.StatusCreated, "", p
	case "POST":
		if !p.container {
			return http.StatusNotFound, "", p
		}
		p.posted++
		return http.StatusCreated, "", p
	case "DELETE posted":
		p.posted--
		return http.StatusCreated, "", p
	case "DELETE container":
		switch {
		case !p.container:
			return http.StatusNotFound, "", p
		case p != pod{container: true}:
			return http.StatusConflict, "", p
		}
		return http.StatusCreated, "", pod{}
	}
	panic("no such operation: " + o.kind)
}

var podModel = porcupine.Model{
	Init: func() any { return pod{} },
	Step: func(state, input, output any) (bool, any) {
		status, value, next := state.(pod).step(input.(operation))
		got := output.(outcome)
		return got.status == 0 || got == outcome{status, value}, next
	},
}

// linearClient sends requests that depend on what it last saw.
type linearClient struct {
	number    int
	http      *http.Client
	container string
	random    *rand.Rand
	began     time.Time
	count     int
	seen      [2]struct{ value, etag string }
	posted    string // URL that it posted and has not deleted yet
	history   []porcupine.Operation
}

func (c *linearClient) url(document int) string {
	return fmt.Sprintf("%sdocument%d", c.container, document)
}

// run sends requests until enough says so or one gets no answer.
func (c *linearClient) run(t *testing.T, enough func(sent int) bool) {
	for sent := 0; !enough(sent); sent++ {
		o, method, url, body, header := c.next()
		call := time.Since(c.began).Nanoseconds()
		client := c.http
		if o.kind == "GET" && c.random.IntN(2) == 0 {
			client = http.DefaultClient // what the public is answered is remembered
		}
		answer, err := harness.TrySend(t, client, method, url, strings.NewReader(body), header...)
		returned := time.Since(c.began).Nanoseconds()
		got := outcome{status: answer.Status}
		switch {
		case err != nil:
			// It may take effect at any time after the call, or never, which
			// is the same as at the very end.
			got, returned = outcome{}, math.MaxInt64
		case answer.Status >= 200 && answer.Status < 300 && o.kind != "GET":
			got.status = http.StatusCreated
		case o.kind == "GET" && answer.Status == http.StatusOK:
			got.value = literal.FindStringSubmatch(answer.Body + `"v0"`)[1]
		}
		c.history = append(c.history, porcupine.Operation{ClientId: c.number, Input: o, Call: call, Output: got, Return: returned})
		c.learn(o, got, answer)
		if err != nil {
			return
		}
	}
}

// learn remembers what the next conditions are made of.
func (c *linearClient) learn(o operation, got outcome, answer harness.Answer) {
	switch o.kind {
	case "GET":
		c.seen[o.document] = struct{ value, etag string }{got.value, answer.Header.Get("ETag")}
	case "POST":
		if got.status == http.StatusCreated {
			location, err := answer.URL.Parse(answer.Header.Get("Location"))
			if err != nil {
				panic(err)
			}
			c.posted = location.String()
		}
	case "DELETE posted":
		c.posted = ""
	}
}

func (c *linearClient) next() (o operation, method, url, body string, header []string) {
	c.count++
	o.document = c.random.IntN(2)
	o.value = fmt.Sprintf("v%d", c.count*linearClients+c.number)
	url = c.url(o.document)
	body = fmt.Sprintf(`<#it> <#value> "%s".`, o.value)
	seen := c.seen[o.document]
	switch choice := c.random.IntN(20); {
	case choice < 6:
		o.kind, method, body = "GET", "GET", ""
		return o, method, url, body, []string{"Accept", turtle}
	case choice < 8:
		o.kind, method = "PUT", "PUT"
		header = []string{"Content-Type", turtle}
	case choice < 12:
		o.kind, method, o.expected = "PUT if", "PUT", seen.value
		header = []string{"Content-Type", turtle, "If-Match", seen.etag}
		if seen.value == "" {
			header = []string{"Content-Type", turtle, "If-None-Match", "*"}
		}
	case choice < 14 && seen.value != "":
		o.kind, method, o.expected = "PATCH", "PATCH", seen.value
		header = []string{"Content-Type", n3}
		body = fmt.Sprintf(`@prefix solid: <http://www.w3.org/ns/solid/terms#>.
			<> a solid:InsertDeletePatch; solid:deletes { <#it> <#value> "%s" }; solid:inserts { <#it> <#value> "%s" }.`, seen.value, o.value)
	case choice < 17:
		o.kind, method, body = "DELETE", "DELETE", ""
	case choice < 18 && c.posted == "":
		o.kind, method, url = "POST", "POST", c.container
		header = []string{"Content-Type", turtle}
	case c.posted != "":
		o.kind, method, url, body = "DELETE posted", "DELETE", c.posted, ""
	default:
		o.kind, method, url, body = "DELETE container", "DELETE", c.container, ""
	}
	return o, method, url, body, header
}

// TestLinearizability: whatever clients do to the same few resources at the
// same time, the answers are those of some order of the requests in which each
// takes effect between its sending and its answer, also across a kill.
func TestLinearizability(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	alice.Publish(t, alice.Pod.URL+"open/")
	clients := make([]*linearClient, linearClients)
	began := time.Now()
	for i := range clients {
		clients[i] = &linearClient{
			number: i, http: alice.Session.Client(), container: alice.Pod.URL + "open/shared/",
			random: rand.New(rand.NewPCG(uint64(i), 1)), began: began,
		}
	}
	all := func(enough func(sent int) bool) {
		var running sync.WaitGroup
		for _, c := range clients {
			running.Go(func() { c.run(t, enough) })
		}
		running.Wait()
	}
	enough, stopped := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		all(func(sent int) bool {
			if sent == linearOperations {
				once.Do(func() { close(enough) })
			}
			return false // but go on until there is no answer
		})
		close(stopped)
	}()
	<-enough
	server.Kill()
	<-stopped
	server.Restart()

	// Chance may leave a kind without one success: then they go on.
	var history []porcupine.Operation
	var missing []string
	for range linearRounds {
		all(func(sent int) bool { return sent == linearOperations })
		history = nil
		for _, c := range clients {
			history = append(history, c.history...)
		}
		if missing = kindsWithoutSuccess(history); len(missing) == 0 {
			break
		}
	}
	wantLinearizable(t, history)
	if len(missing) > 0 {
		t.Errorf("no %s succeeded: the history proves little", strings.Join(missing, ", no "))
	}
}

func kindsWithoutSuccess(history []porcupine.Operation) (missing []string) {
	succeeded := map[string]bool{}
	for _, o := range history {
		if status := o.Output.(outcome).status; status == http.StatusOK || status == http.StatusCreated {
			succeeded[o.Input.(operation).kind] = true
		}
	}
	for _, kind := range []string{"GET", "PUT", "PUT if", "PATCH", "DELETE", "POST"} {
		if !succeeded[kind] {
			missing = append(missing, kind)
		}
	}
	return missing
}

func wantLinearizable(t *testing.T, history []porcupine.Operation) {
	t.Helper()
	result := porcupine.CheckOperationsTimeout(podModel, history, linearPatience)
	if result == porcupine.Ok {
		return
	}
	for _, o := range history {
		t.Logf("%d: %+v → %+v, %d to %d", o.ClientId, o.Input, o.Output, o.Call, o.Return)
	}
	t.Errorf("the history of %d requests is %s", len(history), result)
}

// TestLostUpdatesAreNoticed shows that the check can fail: both of two writers
// are told that they replaced the same value.
func TestLostUpdatesAreNoticed(t *testing.T) {
	history := []porcupine.Operation{
		{Input: operation{kind: "PUT", value: "v1"}, Output: outcome{status: http.StatusCreated}, Call: 0, Return: 1},
		{Input: operation{kind: "PUT if", value: "v2", expected: "v1"}, Output: outcome{status: http.StatusCreated}, Call: 2, Return: 4},
		{Input: operation{kind: "PATCH", value: "v3", expected: "v1"}, Output: outcome{status: http.StatusConflict}, Call: 3, Return: 5},
	}
	if result := porcupine.CheckOperationsTimeout(podModel, history, linearPatience); result != porcupine.Ok {
		t.Errorf("a good history is %s", result)
	}
	history[2].Output = outcome{status: http.StatusCreated}
	if result := porcupine.CheckOperationsTimeout(podModel, history, linearPatience); result != porcupine.Illegal {
		t.Errorf("a lost update is %s", result)
	}
}
