package server

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestSharedDomain(t *testing.T) {
	for _, c := range []struct{ base, identity, want string }{
		{"https://pods.example/", "https://pods.example/", "pods.example"},
		{"https://city.example:8443/", "https://city.example/", "city.example"},
		{"https://pods.city.example/", "https://id.city.example/", "city.example"},
		{"https://city.example/", "https://id.city.example/", "city.example"},
		{"https://pods.id.city.example/", "https://id.city.example/", "id.city.example"},
		{"https://citypods.example/", "https://city.example/", ""},
		{"https://xcity.example/", "https://city.example/", ""},
		{"http://192.0.2.1/", "http://192.0.2.1:3000/", "192.0.2.1"},
		{"http://10.0.2.1/", "http://192.0.2.1/", ""},
		{"http://localhost:3000/", "http://localhost:3000/", ""},
		{"http://pods.localhost/", "http://id.localhost/", ""},
		{"http://127.0.0.1:1/", "http://127.0.0.1:1/", ""},
	} {
		if got := (origin{BaseURL: c.base, IdentityURL: c.identity}).sharedDomain(); got != c.want {
			t.Errorf("accounts at %s and pods at %s share %q, want %q", c.identity, c.base, got, c.want)
		}
	}
}

func TestOpenWarnsOfASharedDomain(t *testing.T) {
	for identity, warns := range map[string]bool{"https://id.city.example/": true, "https://city-id.example/": false} {
		var logs bytes.Buffer
		config, err := Configure([]string{"--memory", "--base-url", "https://pods.city.example/", "--identity-url", identity}, environment(nil), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		config.resolve(3000)
		s, err := open(t.Context(), config, slog.New(slog.NewTextHandler(&logs, nil)), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		s.close()
		if got := strings.Contains(logs.String(), "level=WARN") && strings.Contains(logs.String(), "--identity-url"); got != warns {
			t.Errorf("accounts at %s: warned %v, want %v\n%s", identity, got, warns, logs.String())
		}
	}
}
