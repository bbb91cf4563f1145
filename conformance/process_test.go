package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// Exit codes of the command line (contract).
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

func TestWrongUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown command":          {"server"},
		"unknown flag":             {"serve", "--lisen", "127.0.0.1:0"},
		"unexpected argument":      {"serve", "now"},
		"version of something":     {"version", "serve"},
		"help on nothing":          {"help", "nothing"},
		"address without port":     {"serve", "--listen", "localhost"},
		"base URL with a path":     {"serve", "--base-url", "http://localhost:3000/pods/"},
		"unknown registration":     {"serve", "--registration", "maybe"},
		"configuration is missing": {"serve", "--config", filepath.Join(t.TempDir(), "missing.json")},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := program.Run(t, args...)
			if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "domicile: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
	for _, args := range [][]string{{"help"}, {"help", "serve"}, {"help", "account", "list"}, {"version"}, {"serve", "-h"}} {
		code, stdout, stderr := program.Run(t, args...)
		if code != exitFine || stdout+stderr == "" {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

func TestServerDoesNotStart(t *testing.T) {
	running := program.Start(t)
	failing := func(t *testing.T, want string, args ...string) {
		t.Helper()
		code, stdout, stderr := program.Run(t, append([]string{"serve", "--ops-listen", "off"}, args...)...)
		if code != exitFailed || stdout != "" {
			t.Errorf("exit code %d, stdout %q", code, stdout)
		}
		if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "domicile: ") || !strings.Contains(stderr, want) {
			t.Errorf("want one line that says %q, got:\n%s", want, stderr)
		}
	}
	t.Run("the data folder is in use by another process", func(t *testing.T) {
		failing(t, "in use by another process", "--listen", harness.FreeAddress(t), "--data", running.Data)
		wantStatus(t, harness.Anonymous(t, "GET", running.BaseURL, ""), http.StatusOK) // the other one goes on
	})
	t.Run("the address is in use", func(t *testing.T) {
		failing(t, "address already in use", "--listen", running.Listen, "--data", t.TempDir())
	})
	t.Run("the data folder is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		failing(t, file, "--listen", harness.FreeAddress(t), "--data", file)
	})
	t.Run("the data belong to another base URL", func(t *testing.T) {
		stopped := program.Start(t)
		stopped.Stop()
		failing(t, "--base-url "+stopped.BaseURL, "--listen", harness.FreeAddress(t), "--data", stopped.Data)
	})
	t.Run("the seed is no JSON", func(t *testing.T) {
		seed := filepath.Join(t.TempDir(), "seed.json")
		if err := os.WriteFile(seed, []byte("alice"), 0o600); err != nil {
			t.Fatal(err)
		}
		failing(t, seed, "--listen", harness.FreeAddress(t), "--data", t.TempDir(), "--seed", seed)
	})
}

func TestFreePort(t *testing.T) {
	first, second := program.Start(t, "--listen", "127.0.0.1:0"), program.Start(t, "--listen", "127.0.0.1:0")
	if first.BaseURL == second.BaseURL || !strings.HasPrefix(first.BaseURL, "http://localhost:") {
		t.Errorf("the base URLs are %s and %s", first.BaseURL, second.BaseURL)
	}
	for _, server := range []*harness.Server{first, second} {
		wantStatus(t, harness.Anonymous(t, "GET", server.BaseURL, ""), http.StatusOK)
	}
}

func TestMemoryForgets(t *testing.T) {
	server := program.Start(t, "--memory")
	server.SignUp(t, "alice")
	if files, err := os.ReadDir(server.Data); err != nil || len(files) > 0 {
		t.Errorf("the data folder holds %v, %v", files, err)
	}
	server.Kill()
	server.Restart()
	_, err := solid.SignIn(t.Context(), server.BaseURL, "alice@example.org", harness.Password)
	wantRefusal(t, err, http.StatusForbidden)
}

func TestSeed(t *testing.T) {
	type pod struct {
		Name string `json:"name"`
	}
	type account struct {
		Email    string `json:"email"`
		Password string `json:"password"`
		Pods     []pod  `json:"pods"`
	}
	accounts := []account{
		{"alice@example.org", "alice's password", []pod{{"alice"}, {"choir"}}},
		{"bob@example.org", "bob's password", nil},
	}
	seed := filepath.Join(t.TempDir(), "seed.json")
	write := func() {
		t.Helper()
		raw, err := json.Marshal(accounts)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(seed, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	server := program.Start(t, "--seed", seed)
	wantSeeded := func() {
		t.Helper()
		for _, want := range accounts {
			signedIn, err := solid.SignIn(t.Context(), server.BaseURL, want.Email, want.Password)
			if err != nil {
				t.Fatal(err)
			}
			if pods, err := signedIn.Pods(t.Context()); err != nil || len(pods) != len(want.Pods) {
				t.Errorf("%s has the pods %v, %v", want.Email, pods, err)
			}
		}
	}
	wantSeeded()
	wantStatus(t, harness.Anonymous(t, "GET", server.BaseURL+"choir/profile/card", ""), http.StatusOK)

	server.Stop()
	accounts = append(accounts, account{"carol@example.org", "carol's password", []pod{{"carol"}}})
	write()
	server.Restart() // existing accounts are left alone, the new one is made
	wantSeeded()
}

func TestOperationsListener(t *testing.T) {
	address := harness.FreeAddress(t)
	server := program.Start(t, "--ops-listen", address)
	server.SignUp(t, "alice")
	ops := "http://" + address
	for path, want := range map[string]string{
		"/livez":        "ok",
		"/readyz":       "store ok",
		"/metrics":      `domicile_http_request_duration_seconds_count{area="account",method="POST",status="200"}`,
		"/debug/pprof/": "goroutine",
	} {
		answer := harness.Anonymous(t, "GET", ops+path, "")
		wantStatus(t, answer, http.StatusOK)
		wantContains(t, path, answer.Body, want)
		public := harness.Anonymous(t, "GET", strings.TrimSuffix(server.BaseURL, "/")+path, "")
		if public.Status == http.StatusOK {
			t.Errorf("%s answers on the public listener", path)
		}
	}
	if code, stdout, stderr := program.Run(t, "healthcheck", "--ops-listen", address); code != exitFine || !strings.Contains(stdout, "store ok") {
		t.Errorf("healthcheck: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if code := server.Stop(); code != exitFine {
		t.Errorf("SIGTERM: exit code %d", code)
	}
	if code, _, stderr := program.Run(t, "healthcheck", "--ops-listen", address); code != exitFailed || stderr == "" {
		t.Errorf("healthcheck of a stopped server: exit code %d, stderr %q", code, stderr)
	}
}

// TestGracefulStop: SIGTERM lets an upload that has begun end well, takes no
// new connections, and exits 0.
func TestGracefulStop(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	url, content := alice.Pod.URL+"slow.bin", string(randomBytes(3<<20))
	half := len(content) / 2

	body, sender := io.Pipe()
	// The server asks for the body when it has begun to handle the request.
	begun := make(chan struct{})
	trace := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	request, err := http.NewRequestWithContext(trace, http.MethodPut, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	request.Header.Set("Expect", "100-continue")
	authorized, err := authorize(t, alice, request)
	if err != nil {
		t.Fatal(err)
	}
	patient := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer patient.CloseIdleConnections()
	answered := make(chan int, 1)
	go func() {
		response, err := patient.RoundTrip(authorized)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		response.Body.Close()
		answered <- response.StatusCode
	}()
	select {
	case <-begun:
	case status := <-answered:
		t.Fatalf("answered %d before the body was asked for", status)
	}
	if _, err := io.WriteString(sender, content[:half]); err != nil {
		t.Fatal(err)
	}
	server.Terminate()
	for { // until the server has heard it
		connection, err := net.Dial("tcp", server.Listen)
		if err != nil {
			break
		}
		connection.Close()
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := io.WriteString(sender, content[half:]); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	if status := <-answered; status != http.StatusCreated {
		t.Errorf("the upload was answered with %d", status)
	}
	if code := server.Wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	server.Restart()
	if read := alice.Do(t, "GET", url, ""); read.Status != http.StatusOK || read.Body != content {
		t.Errorf("after the restart: %d with %d bytes", read.Status, len(read.Body))
	}
}

// TestSignals: a terminal that is closed stops the server as cleanly as SIGTERM
// does, and whoever does not want to wait for clients asks twice.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		server := program.Start(t)
		server.Signal(signal)
		if code := server.Wait(); code != exitFine {
			t.Errorf("%s: exit code %d", signal, code)
		}
	}
	server := program.Start(t)
	client, err := net.Dial("tcp", server.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fmt.Fprintf(client, "PUT /alice/ HTTP/1.1\r\nHost: %s\r\n", server.Listen) // and no more
	for range 20 {                                                             // until it has heard the first
		server.Terminate()
		time.Sleep(20 * time.Millisecond)
	}
	if code := server.Wait(); code == exitFine {
		t.Error("the server had the time for a clean end")
	}
}

// authorize adds the resident's token and a proof to a request that is sent by
// other means than her session.
func authorize(t *testing.T, resident harness.Resident, request *http.Request) (*http.Request, error) {
	t.Helper()
	token, err := resident.Session.Token(request.Context())
	if err != nil {
		return nil, err
	}
	proof, err := resident.Session.Key().Sign(solid.Proof{Method: request.Method, URL: request.URL.String(), AccessToken: token})
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "DPoP "+token)
	request.Header.Set("DPoP", proof)
	return request, nil
}
