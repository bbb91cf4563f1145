package conformance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domicile/conformance/internal/harness"
)

// TestErasedAccount has the operator erase an account while the server runs:
// pods, identity and whoever listened are gone at once, and no file of the pod
// is left.
func TestErasedAccount(t *testing.T) {
	server := program.Start(t)
	alice, bob := server.SignUp(t, "alice"), server.SignUp(t, "bob")
	const secret = "what nobody may find afterwards"
	wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"diary.txt", strings.Repeat(secret, 10_000), "Content-Type", "text/plain"), http.StatusCreated)
	subscribed := harness.Anonymous(t, "POST", server.BaseURL+".notifications/WebSocketChannel2023/", `{
		"@context": ["https://www.w3.org/ns/solid/notification/v1"],
		"type": "http://www.w3.org/ns/solid/notifications#WebSocketChannel2023",
		"topic": "`+alice.Pod.URL+`profile/card"}`, "Content-Type", "application/ld+json")
	wantStatus(t, subscribed, http.StatusOK, http.StatusCreated)
	var channel struct{ ID string }
	if err := json.Unmarshal([]byte(subscribed.Body), &channel); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, harness.Anonymous(t, "GET", channel.ID, ""), http.StatusOK)

	command := func(args ...string) string {
		t.Helper()
		code, out, problem := program.Run(t, append(args, "--data", server.Data)...)
		if code != 0 {
			t.Fatalf("%v: %d %s", args, code, problem)
		}
		return out
	}
	command("account", "disable", alice.Email)
	wantStatus(t, alice.Do(t, "GET", alice.Pod.URL, ""), http.StatusNotFound)
	command("account", "enable", alice.Email)
	wantStatus(t, alice.Do(t, "GET", alice.Pod.URL, ""), http.StatusOK)
	command("account", "delete", "--yes", "--now", alice.Email)
	wantStatus(t, alice.Do(t, "GET", alice.Pod.URL, ""), http.StatusUnauthorized)
	for _, gone := range []string{alice.Pod.URL, alice.Pod.WebID, channel.ID} {
		wantStatus(t, harness.Anonymous(t, "GET", gone, ""), http.StatusNotFound)
	}
	wantStatus(t, bob.Do(t, "GET", bob.Pod.URL, ""), http.StatusOK)
	if accounts := command("account", "list"); strings.Contains(accounts, alice.Email) || !strings.Contains(accounts, bob.Email) {
		t.Errorf("accounts:\n%s", accounts)
	}
	err := filepath.Walk(filepath.Join(server.Data, "blobs"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), secret) {
			t.Errorf("%s has the diary", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
