package ldp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// brokenStore fails whatever it is asked.
type brokenStore struct{ rdfstore.Store }

var errDisk = errors.New("disk /dev/secret is on fire")

func (brokenStore) View(context.Context, func(rdfstore.Reader) error) error { return errDisk }

func (brokenStore) Version(string) (uint64, bool) { return 0, true }

func brokenHandler(t *testing.T, log io.Writer) *Handler {
	t.Helper()
	space, err := resource.NewSpace("http://pods.example/", false)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{
		Space: space, Store: brokenStore{}, Issuer: "https://id.example/",
		Authenticate: func(*http.Request, string) (wac.Agent, error) { return wac.Agent{}, nil },
		Logger:       slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestInternalErrorsAreForTheLog(t *testing.T) {
	var log bytes.Buffer
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "from-outside")
	brokenHandler(t, &log).ServeHTTP(w, httptest.NewRequest("GET", "http://pods.example/alice/private", nil))
	var body problem
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if w.Code != 500 || body.Instance != "urn:request:from-outside" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("SP-HTTP-11: %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "from-outside") || !strings.Contains(log.String(), "on fire") {
		t.Errorf("the log lacks the cause or the id: %s", &log)
	}
	if strings.Contains(log.String(), "private") {
		t.Errorf("the log names the resource: %s", &log)
	}
}

func TestAnswersThatFailAreCutOff(t *testing.T) {
	late := func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return errDisk }
	early := func(io.Writer) error { return errDisk }
	w := httptest.NewRecorder()
	if err := send(w, nil, early); errors.Is(err, errBegun) || !errors.Is(err, errDisk) {
		t.Errorf("nothing was sent, yet %v", err)
	}
	err := send(w, nil, late)
	if !errors.Is(err, errBegun) {
		t.Fatalf("half was sent, yet %v", err)
	}
	defer func() {
		if fault := recover(); fault != http.ErrAbortHandler {
			t.Errorf("the connection is not cut: %v", fault)
		}
		if w.Body.String() != "half" {
			t.Errorf("something was sent behind: %q", w.Body)
		}
	}()
	brokenHandler(t, io.Discard).fail(w, httptest.NewRequest("GET", "/", nil), err)
}

func TestChallengeNamesTheIssuer(t *testing.T) {
	err := brokenHandler(t, io.Discard).unauthenticated([]string{"DPoP"}, "", nil)
	header := asError(err).Header
	if header.Get("WWW-Authenticate") != "DPoP" || !strings.Contains(header.Get("Link"), "<https://id.example/>") {
		t.Errorf("SP-HTTP-03: %v", header)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, c := range []Config{
		{},
		{Space: new(resource.Space)},
		{Space: new(resource.Space), Store: brokenStore{}},
		{Space: new(resource.Space), Store: brokenStore{}, Authenticate: func(*http.Request, string) (wac.Agent, error) { return wac.Agent{}, nil }, MaxBody: -1},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
