package conformance

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"domicile/conformance/internal/harness"
)

// receiver gets webhooks and checks who sends them, with nothing but what
// Solid-OIDC says (NOT-WH-03).
type receiver struct {
	url    string // ends in a slash
	mu     sync.Mutex
	status int // that it answers
	pause  time.Duration
	got    []notification
	faults []error
	proofs map[string]bool
	sender string // of the channel
	// known verifies tokens of a sender, once its WebID led to its issuer.
	known map[string]*oidc.IDTokenVerifier
}

// notification is a message that was sent.
type notification struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Object    string `json:"object"`
	Target    string `json:"target"`
	Published time.Time
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK, proofs: map[string]bool{}, known: map[string]*oidc.IDTokenVerifier{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	n, err := r.check(request)
	r.mu.Lock()
	status, pause := r.status, r.pause
	if err != nil {
		r.faults = append(r.faults, err)
	} else {
		r.got = append(r.got, n)
	}
	r.mu.Unlock()
	time.Sleep(pause)
	if status == http.StatusFound {
		w.Header().Set("Location", r.url+"elsewhere")
	}
	w.WriteHeader(status)
}

// check follows the token to the WebID, from there to the issuer and its keys,
// and sees whether the proof is for this request and new.
func (r *receiver) check(request *http.Request) (n notification, err error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return n, err
	}
	compact, ok := strings.CutPrefix(request.Header.Get("Authorization"), "DPoP ")
	if !ok || request.Method != http.MethodPost || request.Header.Get("Content-Type") != "application/ld+json" {
		return n, fmt.Errorf("%s with %v", request.Method, request.Header)
	}
	unverified, err := jwt.ParseSigned(compact, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return n, err
	}
	var claims struct {
		Issuer       string `json:"iss"`
		WebID        string `json:"webid"`
		Subject      string `json:"sub"`
		Client       string `json:"azp"`
		Confirmation struct {
			Thumbprint string `json:"jkt"`
		} `json:"cnf"`
	}
	if err := unverified.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return n, err
	}
	verifier, err := r.verifierOf(claims.WebID, claims.Issuer)
	if err != nil {
		return n, err
	}
	token, err := verifier.Verify(request.Context(), compact)
	if err != nil {
		return n, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, who := range []string{claims.WebID, claims.Subject, claims.Client} {
		if who != r.sender {
			return n, fmt.Errorf("sent by %q, want %q", who, r.sender)
		}
	}
	if !slices.Equal(token.Audience, []string{r.sender, "solid"}) || token.Expiry.Sub(token.IssuedAt) > 20*time.Minute {
		return n, fmt.Errorf("for %q from %v until %v", token.Audience, token.IssuedAt, token.Expiry)
	}
	if err := r.checkProof(request, compact, claims.Confirmation.Thumbprint); err != nil {
		return n, err
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return n, fmt.Errorf("%w: %s", err, body)
	}
	if age := time.Since(n.Published); age > time.Hour || age < -time.Minute {
		return n, fmt.Errorf("published %v ago", age)
	}
	return n, nil
}

// verifierOf returns what verifies the tokens of a sender. It asks its server when
// it hears of it for the first time, as verifiers do.
func (r *receiver) verifierOf(webID, issuer string) (*oidc.IDTokenVerifier, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.known[webID+" "+issuer]; ok {
		return known, nil
	}
	if err := namesIssuer(webID, issuer); err != nil {
		return nil, err
	}
	provider, err := oidc.NewProvider(context.Background(), issuer) // the verifier outlives the request
	if err != nil {
		return nil, err
	}
	verifier := provider.Verifier(&oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: []string{"ES256"}})
	r.known[webID+" "+issuer] = verifier
	return verifier, nil
}

// namesIssuer checks that the document of a WebID names an issuer, in the one way
// that the server writes it.
func namesIssuer(webID, issuer string) error {
	answer, err := http.Get(webID)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.Header.Get("Content-Type") != turtle ||
		!strings.Contains(string(text), "<> <http://www.w3.org/ns/solid/terms#oidcIssuer> <"+issuer+">") {
		return fmt.Errorf("%s does not name %s: %v %s", webID, issuer, err, text)
	}
	return nil
}

func (r *receiver) checkProof(request *http.Request, token, thumbprint string) error {
	proof, err := jwt.ParseSigned(request.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	key := proof.Headers[0].JSONWebKey
	if key == nil || !key.IsPublic() || proof.Headers[0].ExtraHeaders["typ"] != "dpop+jwt" {
		return fmt.Errorf("header of the proof: %+v", proof.Headers[0])
	}
	var claims struct {
		ID     string           `json:"jti"`
		Method string           `json:"htm"`
		URL    string           `json:"htu"`
		Issued *jwt.NumericDate `json:"iat"`
		Hash   string           `json:"ath"`
	}
	if err := proof.Claims(key, &claims); err != nil {
		return err
	}
	print, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(token))
	switch {
	case base64.RawURLEncoding.EncodeToString(print) != thumbprint:
		return fmt.Errorf("the token is bound to another key")
	case claims.Method != http.MethodPost || claims.URL != strings.TrimSuffix(r.url, "/")+request.URL.Path:
		return fmt.Errorf("a proof for %s %s", claims.Method, claims.URL)
	case claims.Issued == nil || time.Since(claims.Issued.Time()).Abs() > time.Minute:
		return fmt.Errorf("a proof of %v", claims.Issued)
	case claims.Hash != base64.RawURLEncoding.EncodeToString(hash[:]):
		return fmt.Errorf("a proof for another token")
	case claims.ID == "" || r.proofs[claims.ID]:
		return fmt.Errorf("a proof that is not new")
	}
	r.proofs[claims.ID] = true
	return nil
}

func (r *receiver) answer(status int, pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.pause = status, pause
}

// received waits until enough says so and returns what came.
func (r *receiver) received(t *testing.T, enough func([]notification) bool) []notification {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		got, faults := slices.Clone(r.got), slices.Clone(r.faults)
		r.mu.Unlock()
		if len(faults) > 0 {
			t.Fatalf("NOT-WH-03: %v", faults)
		}
		if enough(got) {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d messages came", len(got))
		}
	}
}

func atLeast(n int) func([]notification) bool {
	return func(got []notification) bool { return len(got) >= n }
}

// hooked is the answer to a subscription.
type hooked struct{ ID, Type, Topic, SendTo, Sender string }

func askForHook(t *testing.T, as harness.Resident, base, topic, sendTo string) harness.Answer {
	t.Helper()
	body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/solid/notifications-context/v1","type":"WebhookChannel2023","topic":%q,"sendTo":%q}`, topic, sendTo)
	return as.Do(t, "POST", base+".notifications/WebhookChannel2023/", body, "Content-Type", "application/ld+json")
}

func (r *receiver) subscribe(t *testing.T, as harness.Resident, base, topic, path string) (h hooked) {
	t.Helper()
	answer := askForHook(t, as, base, topic, r.url+path)
	wantStatus(t, answer, http.StatusOK)
	if err := json.Unmarshal([]byte(answer.Body), &h); err != nil || h.Topic != topic || h.SendTo != r.url+path || h.Sender == "" {
		t.Fatalf("NOT-SUB-06: %v %s", err, answer.Body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sender = h.Sender
	return h
}

// TestWebhook is N16, N17 and N18: a receiver that knows the sender by its WebID
// alone.
func TestWebhook(t *testing.T) {
	to := newReceiver(t)
	server := program.Start(t, "--allow-fetch", strings.TrimSuffix(strings.TrimPrefix(to.url, "http://"), "/"))
	alice := server.SignUp(t, "alice")
	services := alice.Do(t, "GET", alice.Pod.URL+".well-known/solid", "", "Accept", "application/ld+json")
	wantContains(t, "NOT-DISC-02: the storage description", services.Body, "WebhookChannel2023")

	for name, sendTo := range map[string]string{
		"loopback": "https://127.0.0.1/", "loopback by name": "https://localhost/", "private": "https://10.0.0.1/", "metadata": "https://169.254.169.254/",
		"http": "http://example.org/", "the server itself": server.BaseURL + "alice/inbox/", "no URL": "mailto:a@example.org",
	} {
		answer := askForHook(t, alice, server.BaseURL, alice.Pod.URL, sendTo)
		if answer.Status != http.StatusUnprocessableEntity || strings.Contains(answer.Body, "loopback") || strings.Contains(answer.Body, "refused") {
			t.Errorf("N17 %s: %d %s", name, answer.Status, answer.Body)
		}
	}

	hook := to.subscribe(t, alice, server.BaseURL, alice.Pod.URL, "hook?of=alice")
	note := alice.Pod.URL + "note"
	wantStatus(t, alice.Do(t, "PUT", note, "<> <p:p> 1.", "Content-Type", turtle), http.StatusCreated)
	wantStatus(t, alice.Do(t, "DELETE", note, ""), http.StatusNoContent)
	got := to.received(t, atLeast(2))
	if got[0].Type != "Add" || got[1].Type != "Remove" || got[0].Object != note || got[1].Target != alice.Pod.URL || got[0].ID == got[1].ID {
		t.Errorf("N16: %+v", got)
	}
	wantStatus(t, alice.Do(t, "DELETE", hook.ID, ""), http.StatusNoContent)
	wantStatus(t, alice.Do(t, "PUT", note, "", "Content-Type", turtle), http.StatusCreated)

	gone := to.subscribe(t, alice, server.BaseURL, alice.Pod.URL, "gone")
	to.answer(http.StatusGone, 0)
	wantStatus(t, alice.Do(t, "DELETE", note, ""), http.StatusNoContent)
	got = to.received(t, atLeast(3))
	if len(got) != 3 || got[2].Type != "Remove" {
		t.Errorf("N18: %+v", got[2:])
	}
	var told harness.Answer
	for range 1000 {
		if told = alice.Do(t, "GET", gone.ID, ""); told.Status == http.StatusGone {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	wantStatus(t, told, http.StatusGone)
	wantContains(t, "the reason", told.Body, "410 Gone")

	to.subscribe(t, alice, server.BaseURL, alice.Pod.URL, "moved")
	to.answer(http.StatusFound, 0)
	wantStatus(t, alice.Do(t, "PUT", note, "", "Content-Type", turtle), http.StatusCreated)
	to.received(t, atLeast(4)) // and not the redirect: its proof would be for another URL
}

// TestKillInTheMiddleOfDeliveries kills the server several times while it
// delivers what is written. The receiver gets each change that was acknowledged,
// in order, and knows what came twice by its identifier.
func TestKillInTheMiddleOfDeliveries(t *testing.T) {
	to := newReceiver(t)
	to.answer(http.StatusOK, time.Millisecond)
	server := program.Start(t, "--allow-fetch", strings.TrimSuffix(strings.TrimPrefix(to.url, "http://"), "/"))
	alice := server.SignUp(t, "alice")
	container := alice.Pod.URL + "loans/"
	wantStatus(t, alice.Do(t, "PUT", container, "", "Content-Type", turtle), http.StatusCreated)
	to.subscribe(t, alice, server.BaseURL, container, "hook")
	const rounds, writes = 4, 20
	for round := range rounds {
		before := round * writes
		for i := range writes {
			wantStatus(t, alice.Do(t, "PUT", fmt.Sprint(container, before+i), "", "Content-Type", turtle), http.StatusCreated)
		}
		to.received(t, atLeast(before+1+round*5)) // somewhere in the middle
		server.Kill()
		server.Restart()
	}
	positions := map[string]int{} // of objects, by their first arrival
	ids := map[string]string{}
	complete := func(got []notification) bool {
		for _, n := range got {
			if _, known := positions[n.Object]; !known {
				positions[n.Object] = len(positions)
			}
		}
		return len(positions) >= rounds*writes
	}
	got := to.received(t, complete)
	for i := range rounds * writes {
		if at, came := positions[fmt.Sprint(container, i)]; !came || at != i {
			t.Errorf("change %d came at place %d (%v)", i, at, came)
		}
	}
	for _, n := range got {
		if before, again := ids[n.ID]; again && before != n.Object {
			t.Errorf("%s is the identifier of two changes", n.ID)
		}
		ids[n.ID] = n.Object
	}
	if len(ids) != rounds*writes {
		t.Errorf("%d identifiers of %d changes", len(ids), rounds*writes)
	}
	t.Logf("%d messages for %d changes", len(got), rounds*writes)
}
