package server

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func environment(entries map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := entries[name]; return value, ok }
}

func TestConfigurePrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "domicile.json")
	content := `{"base-url": "https://file.example/", "data": "from-file", "listen": "127.0.0.1:1", "allow-fetch": ["10.0.0.1:80", "10.1.0.0/16"], "subdomains": true, "max-upload": 1048576}`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Configure([]string{"--base-url", "https://flag.example", "--config", file},
		environment(map[string]string{"DOMICILE_BASE_URL": "https://env.example/", "DOMICILE_DATA": "from-env"}), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.BaseURL != "https://flag.example/" {
		t.Errorf("a flag must win over the environment and the file, got %s", c.BaseURL)
	}
	if c.Data != "from-env" {
		t.Errorf("the environment must win over the file, got %s", c.Data)
	}
	if c.Listen != "127.0.0.1:1" || !c.Subdomains || c.MaxUpload != 1<<20 {
		t.Errorf("the file must win over the defaults: %+v", c)
	}
	if want := []string{"10.0.0.1:80", "10.1.0.0/16"}; !slices.Equal(c.AllowFetch, want) {
		t.Errorf("AllowFetch = %v, want %v", c.AllowFetch, want)
	}
	if c.OpsListen != "127.0.0.1:9464" {
		t.Errorf("default of --ops-listen = %s", c.OpsListen)
	}
}

func TestConfigureRepeatedEnvironment(t *testing.T) {
	c, err := Configure(nil, environment(map[string]string{"DOMICILE_TRUSTED_PROXY": "10.0.0.0/8, fd00::/8"}), io.Discard)
	if err != nil || len(c.TrustedProxy) != 2 {
		t.Errorf("TrustedProxy = %v, %v", c.TrustedProxy, err)
	}
}

func TestConfigureRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"base-uri": "http://x/"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--nonsense"}, "nonsense"},
		{[]string{"extra"}, "extra"},
		{[]string{"--listen", "3000"}, "HOST:PORT"},
		{[]string{"--ops-listen", "on"}, "HOST:PORT or off"},
		{[]string{"--base-url", "pods.example"}, "http://"},
		{[]string{"--base-url", "https://pods.example/path/"}, "nothing else"},
		{[]string{"--base-url", "https://user:secret@pods.example/"}, "nothing else"},
		{[]string{"--base-url", "https://pods.example/#x"}, "nothing else"},
		{[]string{"--subdomains", "--base-url", "http://127.0.0.1:3000/"}, "--subdomains"},
		{[]string{"--subdomains", "--base-url", "http://[::1]:3000/"}, "--subdomains"},
		{[]string{"--identity-url", "ftp://x/"}, "--identity-url"},
		{[]string{"--registration", "maybe"}, "open, invite or closed"},
		{[]string{"--bearer-tokens", "yes"}, "on or off"},
		{[]string{"--updates-via", "private"}, "public, all or off"},
		{[]string{"--trusted-proxy", "10.0.0.1"}, "CIDR"},
		{[]string{"--log-level", "loud"}, "loud"},
		{[]string{"--max-upload", "0"}, "--max-upload"},
		{[]string{"--max-document", "0"}, "--max-document"},
		{[]string{"--quota", "much"}, "500MB"},
		{[]string{"--account-quota", "-1"}, "500MB"},
		{[]string{"--change-retention", "-1s"}, "7d or 12h"},
		{[]string{"--change-retention", "-1d"}, "7d or 12h"},
		{[]string{"--change-retention", "999999999d"}, "7d or 12h"},
		{[]string{"--change-retention", "-150000d"}, "7d or 12h"},
		{[]string{"--change-retention", "a week"}, "7d or 12h"},
		{[]string{"--max-requests", "0"}, "--max-requests"},
		{[]string{"--max-connections", "-1"}, "--max-connections"},
		{[]string{"--max-channels", "0"}, "--max-channels"},
		{[]string{"--mail-from", "pods@example.org"}, "--smtp"},
		{[]string{"--memory", "--encryption-key-file", "k"}, "--memory"},
		{[]string{"--tls-cert", "c.pem"}, "--tls-key"},
		{[]string{"--tls-cert", "c.pem", "--tls-key", "k.pem", "--base-url", "http://pods.example/"}, "https"},
		{[]string{"--redirect-listen", "127.0.0.1:80"}, "--tls-cert"},
		{[]string{"--config", "does-not-exist.json"}, "does-not-exist.json"},
		{[]string{"--config", bad}, "base-uri"},
	} {
		_, err := Configure(c.args, environment(nil), io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: error %v does not say %q", c.args, err, c.says)
		}
	}
}

// Settings that do not come from the command line are refused in plain words too,
// and never taken for another value. The value is not repeated: it may be secret.
func TestConfigureRefusesOtherSources(t *testing.T) {
	for _, c := range []struct{ variable, value, file, says string }{
		{variable: "DOMICILE_SUBDOMAINS", value: "maybe", says: "DOMICILE_SUBDOMAINS: want true or false"},
		{variable: "DOMICILE_MAX_REQUESTS", value: "many", says: "DOMICILE_MAX_REQUESTS: want a whole number"},
		{file: `{"max-requests": 2.7}`, says: "max-requests: want a whole number"},
		{file: `{"subdomains": "maybe"}`, says: "subdomains: want true or false"},
		{file: `{"seed": null}`, says: "seed: want a string"},
		{file: `{"base-url": {"host": "pods.example"}}`, says: "base-url: want a string"},
		{file: `["base-url"]`, says: "want JSON such as"},
		{file: `{"base-url": "https://pods.example/"} }`, says: "something follows it"},
	} {
		var args []string
		if c.file != "" {
			args = []string{"--config", filepath.Join(t.TempDir(), "domicile.json")}
			if err := os.WriteFile(args[1], []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Configure(args, environment(map[string]string{c.variable: c.value}), io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s%s: error %v does not say %q", c.variable, c.file, err, c.says)
		}
	}
}

func TestConfigureUnits(t *testing.T) {
	c, err := Configure([]string{"--max-upload", "2GB", "--change-retention", "30d"}, environment(nil), io.Discard)
	if err != nil || c.MaxUpload != 2<<30 || c.ChangeRetention != 30*24*time.Hour {
		t.Errorf("%d bytes, %s, %v", c.MaxUpload, c.ChangeRetention, err)
	}
}

func TestConfigureHelp(t *testing.T) {
	var help strings.Builder
	if _, err := Configure([]string{"-h"}, environment(nil), &help); !errors.Is(err, ErrHelp) {
		t.Fatalf("error %v, want ErrHelp", err)
	}
	for _, flag := range []string{"-listen", "-base-url", "-data", "-memory", "-subdomains", "-identity-url", "-seed", "-ops-listen", "-log-level", "-config", "-allow-fetch", "-registration", "-trusted-proxy"} {
		if !strings.Contains(help.String(), flag) {
			t.Errorf("help does not list %s", flag)
		}
	}
}

func TestResolveDefaults(t *testing.T) {
	for _, c := range []struct{ base, identity, registration, bearer string }{
		{"", "http://localhost:4000/", "open", "on"},
		{"http://127.0.0.1:9/", "http://127.0.0.1:9/", "open", "on"},
		{"http://pods.localhost/", "http://pods.localhost/", "open", "on"},
		{"https://pods.example/", "https://pods.example/", "invite", "off"},
	} {
		config := Config{BaseURL: c.base}
		config.resolve(4000)
		if config.IdentityURL != c.identity || config.Registration != c.registration || config.BearerTokens != c.bearer {
			t.Errorf("%q resolves to %+v, want %+v", c.base, config, c)
		}
	}
	public := Config{BaseURL: "http://localhost/", IdentityURL: "https://id.example/"}
	public.resolve(80)
	if public.BearerTokens != "off" || public.Registration != "invite" {
		t.Errorf("an identity provider that others can reach must not be open: %+v", public)
	}
}

func TestIsExposed(t *testing.T) {
	for _, c := range []struct {
		base, listening string
		want            bool
	}{
		{"http://localhost:3000/", "127.0.0.1:3000", false},
		{"http://localhost:3000/", "[::1]:3000", false},
		{"http://localhost:3000/", "0.0.0.0:3000", true},
		{"http://localhost:3000/", "[::]:3000", true},
		{"http://pods.localhost/", "192.0.2.1:80", true},
		{"https://pods.example/", "0.0.0.0:3000", false},
	} {
		config := Config{BaseURL: c.base}
		if got := config.isExposed(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.listening))); got != c.want {
			t.Errorf("%s on %s: %v, want %v", c.base, c.listening, got, c.want)
		}
	}
}
