package conformance

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"domicile/conformance/internal/harness"
	"domicile/conformance/suite"
	"domicile/conformance/suite/command"
)

// distortion is a fault that a proxy gives to a server.
type distortion struct {
	request  func(*http.Request)
	response func(*http.Response)
	// caught are requirements, separated by spaces, each of which a case that is
	// named by it has to find broken.
	caught string
}

// TestSuiteBites puts faults between a server and the suite, which has to find
// them where they are, and nothing there without them.
func TestSuiteBites(t *testing.T) {
	proxy := newDistortingProxy(t)
	target, err := suite.SignUp(t.Context(), proxy.baseURL, "")
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range broken(t, target, regexp.MustCompile("^SP-")) {
		t.Fatalf("%d cases of %s fail without any fault", n, id)
	}
	for name, d := range map[string]distortion{
		"no Last-Modified":                {response: drop("Last-Modified"), caught: "SP-HTTP-07"},
		"no Content-Type of refusals":     {response: onStatus(http.StatusNotFound, drop("Content-Type")), caught: "SP-HTTP-05"},
		"no challenge":                    {response: drop("WWW-Authenticate"), caught: "SP-HTTP-03"},
		"no Allow with 405":               {response: onStatus(http.StatusMethodNotAllowed, drop("Allow")), caught: "SP-HTTP-09 SP-POST-02"},
		"no Allow":                        {response: drop("Allow"), caught: "SP-GET-02"},
		"no Accept-Patch":                 {response: drop("Accept-Patch"), caught: "SP-GET-03"},
		"no ETag":                         {response: drop("ETag"), caught: "SP-ETAG-01 SP-ETAG-03"},
		"one ETag for all":                {response: set("ETag", `"x"`), caught: "SP-ETAG-01"},
		"no Location":                     {response: drop("Location"), caught: "SP-POST-01"},
		"no links":                        {response: drop("Link"), caught: "SP-GET-05 SP-GET-06 SP-STO-01 SP-STO-04"},
		"everything is a storage":         {response: add("Link", `<http://www.w3.org/ns/pim/space#Storage>; rel="type"`), caught: "SP-STO-02"},
		"a second description":            {response: add("Link", `<other.meta>; rel="describedby"`), caught: "SP-GET-07"},
		"no WAC-Allow":                    {response: drop("WAC-Allow"), caught: "SP-GET-08"},
		"the star for every origin":       {response: replace("Access-Control-Allow-Origin", "*"), caught: "SP-CORS-01 SP-CORS-08"},
		"nothing is exposed":              {response: drop("Access-Control-Expose-Headers"), caught: "SP-CORS-04"},
		"preflights allow fixed headers":  {response: replace("Access-Control-Allow-Headers", "Accept, Authorization"), caught: "SP-CORS-06"},
		"public to caches":                {response: set("Cache-Control", "public, max-age=600"), caught: "SP-HTTP-13"},
		"401 is 403":                      {response: status(http.StatusUnauthorized, http.StatusForbidden), caught: "SP-HTTP-03 SP-ETAG-05"},
		"403 is 404":                      {response: status(http.StatusForbidden, http.StatusNotFound), caught: "SP-HTTP-04"},
		"404 is 200":                      {response: status(http.StatusNotFound, http.StatusOK), caught: "SP-GET-10 SP-DEL-01 SP-DEL-05 SP-URI-03 SP-POST-02"},
		"405 is 204":                      {response: status(http.StatusMethodNotAllowed, http.StatusNoContent), caught: "SP-HTTP-09 SP-DEL-04"},
		"409 is 204":                      {response: status(http.StatusConflict, http.StatusNoContent), caught: "SP-CON-07 SP-CON-08 SP-DEL-03 SP-N3-10 SP-N3-11 SP-URI-02"},
		"412 is 204":                      {response: status(http.StatusPreconditionFailed, http.StatusNoContent), caught: "SP-ETAG-02 SP-ETAG-03 SP-ETAG-04 SP-ETAG-07"},
		"415 is 204":                      {response: status(http.StatusUnsupportedMediaType, http.StatusNoContent), caught: "SP-N3-02"},
		"422 is 400":                      {response: status(http.StatusUnprocessableEntity, http.StatusBadRequest), caught: "SP-N3-04 SP-N3-05 SP-N3-06 SP-N3-07 SP-N3-08 SP-N3-09"},
		"400 is 204":                      {response: status(http.StatusBadRequest, http.StatusNoContent), caught: "SP-HTTP-06 SP-N3-03 SP-CN-07"},
		"201 is 200":                      {response: status(http.StatusCreated, http.StatusOK), caught: "SP-PUT-01 SP-POST-01 SP-N3-01"},
		"listings lose their members":     {response: rewrite("contains", "holds"), caught: "SP-CON-01 SP-CON-02 SP-CON-10 SP-PUT-02 SP-STO-01"},
		"documents lose a triple":         {response: rewrite("first", "other"), caught: "SP-CN-01 SP-N3-01"},
		"the parts of files are shifted":  {response: rewrite("0123", "1234"), caught: "SP-RNG-01"},
		"If-Match is ignored":             {request: forget("If-Match"), caught: "SP-ETAG-02 SP-ETAG-07"},
		"If-None-Match is ignored":        {request: forget("If-None-Match"), caught: "SP-ETAG-03 SP-ETAG-06 SP-ETAG-07"},
		"If-Unmodified-Since is ignored":  {request: forget("If-Unmodified-Since"), caught: "SP-ETAG-04"},
		"If-Range is ignored":             {request: forget("If-Range"), caught: "SP-RNG-01"},
		"Accept is ignored":               {request: forget("Accept"), caught: "SP-CN-01 SP-CN-02 SP-CON-10"},
		"Slug is ignored":                 {request: forget("Slug"), caught: "SP-POST-03"},
		"Link is ignored":                 {request: forget("Link"), caught: "SP-POST-04 SP-GET-09"},
		"what has no type is text":        {request: untyped, caught: "SP-HTTP-06"},
		"DELETE does nothing":             {request: instead(http.MethodDelete, http.MethodOptions), caught: "SP-DEL-01 SP-DEL-02 SP-DEL-06 SP-HTTP-14"},
		"PATCH does nothing":              {request: instead(http.MethodPatch, http.MethodOptions), caught: "SP-N3-01 SP-N3-10 SP-ETAG-07 SP-AUX-01 SP-SPU-01"},
		"TRACE answers":                   {request: instead(http.MethodTrace, http.MethodOptions), caught: "SP-HTTP-09"},
		"names are in small letters only": {request: smallLetters, caught: "SP-URI-07"},
	} {
		t.Run(name, func(t *testing.T) {
			ids := strings.Fields(d.caught)
			proxy.current.Store(&d)
			defer proxy.current.Store(nil)
			found := broken(t, target, regexp.MustCompile("^("+strings.Join(ids, "|")+") "))
			for _, id := range ids {
				if found[id] == 0 {
					t.Errorf("no case of %s notices", id)
				}
			}
		})
	}
}

// broken runs cases and returns how many were failed or warned about, by the
// requirement that names them.
func broken(t *testing.T, target *suite.Target, only *regexp.Regexp) map[string]int {
	t.Helper()
	report, err := suite.Run(t.Context(), target, command.Areas(), suite.Options{Only: only, Parallel: 8, Limit: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, area := range report.Areas {
		for _, result := range area.Results {
			if result.Outcome == suite.Failed || result.Outcome == suite.Warned {
				found[result.Case.IDs[0]]++
			}
		}
	}
	return found
}

// distortingProxy is what the suite takes for the server.
type distortingProxy struct {
	baseURL string
	current atomic.Pointer[distortion] // nil: no fault
}

// newDistortingProxy starts a server behind a proxy. Faults are in storages
// only, so that agents can sign in.
func newDistortingProxy(t *testing.T) *distortingProxy {
	t.Helper()
	listener, err := net.Listen("tcp", harness.FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := &distortingProxy{baseURL: "http://localhost:" + port + "/"}
	server := program.Start(t, "--memory", "--base-url", p.baseURL)
	behind := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: server.Listen})
			r.Out.Host = r.In.Host
			if d := p.current.Load(); d != nil && d.request != nil && !strings.HasPrefix(r.In.URL.Path, "/.") {
				d.request(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if d := p.current.Load(); d != nil && d.response != nil && !strings.HasPrefix(r.Request.URL.Path, "/.") {
				d.response(r)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil // or net/http guesses one where there is none
		behind.ServeHTTP(w, r)
	}))
	front.Listener.Close()
	front.Listener = listener
	front.Start()
	t.Cleanup(front.Close)
	return p
}

// The faults of answers.

func drop(name string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Del(name) }
}

func set(name, value string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Set(name, value) }
}

func add(name, value string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Add(name, value) }
}

func replace(name, value string) func(*http.Response) {
	return func(r *http.Response) {
		if r.Header.Get(name) != "" {
			r.Header.Set(name, value)
		}
	}
}

func onStatus(status int, do func(*http.Response)) func(*http.Response) {
	return func(r *http.Response) {
		if r.StatusCode == status {
			do(r)
		}
	}
}

func status(from, to int) func(*http.Response) {
	return onStatus(from, func(r *http.Response) {
		r.StatusCode = to
		setBody(r, nil)
	})
}

func rewrite(from, to string) func(*http.Response) {
	return func(r *http.Response) {
		if r.Request.Method == http.MethodHead {
			return
		}
		if body, err := io.ReadAll(r.Body); err == nil {
			setBody(r, bytes.ReplaceAll(body, []byte(from), []byte(to)))
		}
	}
}

func setBody(r *http.Response, body []byte) {
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.StatusCode == http.StatusNoContent || r.StatusCode == http.StatusNotModified {
		r.Header.Del("Content-Length")
	}
}

// The faults of what the server makes of requests.

func forget(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

func untyped(r *http.Request) {
	if r.Header.Get("Content-Type") == "" && r.ContentLength > 0 {
		r.Header.Set("Content-Type", "text/plain")
	}
}

// instead has requests answered as those of another method that needs no proof
// of possession, which names the method.
func instead(method, other string) func(*http.Request) {
	return func(r *http.Request) {
		if r.Method == method {
			r.Method, r.Body, r.ContentLength = other, nil, 0
			r.Header.Del("Authorization")
			r.Header.Del("DPoP")
		}
	}
}

func smallLetters(r *http.Request) {
	if name, ok := strings.CutSuffix(r.URL.Path, "/Note"); ok {
		r.URL.Path = name + "/note"
	}
}
