package provider

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestMessagesAreComplete(t *testing.T) {
	template, err := os.ReadFile("page.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`\.T "([^"]+)"`).FindAllStringSubmatch(string(template), -1) {
		if english[message(match[1])] == "" {
			t.Errorf("page.html uses the message %q, which is not there", match[1])
		}
	}
	for _, tag := range []string{"nl", "fr", "en"} {
		for key := range english {
			if strings.TrimSpace(messages[tag][key]) == "" {
				t.Errorf("%s has no message %q", tag, key)
			}
		}
		if len(messages[tag]) != len(english) {
			t.Errorf("%s has %d messages, English %d", tag, len(messages[tag]), len(english))
		}
	}
}

func TestPagesSpeakThePersonsLanguage(t *testing.T) {
	h := newHarness(t)
	for _, test := range []struct{ name, path, wanted, tag, part string }{
		{"refusal in Dutch", ".oidc/auth", "nl", "nl", "welke app ze is"},
		{"refusal in French", ".oidc/auth", "fr", "fr", "qui elle est (client_id)"},
		{"refusal in English", ".oidc/auth", "en", "en", "which app it is"},
		{"detail stays English", ".oidc/auth?client_id=http://a.example/", "fr", "fr", `<p lang="en">it is not https</p>`},
		{"signed out", ".oidc/session/end", "nl", "nl", "Je bent afgemeld"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := h.do("GET", issuer+test.path, "", "Accept-Language", test.wanted)
			if body := w.Body.String(); !strings.Contains(body, `<html lang="`+test.tag+`">`) || !strings.Contains(body, test.part) {
				t.Errorf("no %q in %s", test.part, body)
			}
			if got := w.Header().Get("Content-Language"); got != test.tag {
				t.Errorf("Content-Language %q", got)
			}
		})
	}
	t.Run("question whether to sign out", func(t *testing.T) {
		h.signIn()
		w := h.do("GET", issuer+".oidc/session/end", "", "Accept-Language", "fr")
		if !strings.Contains(w.Body.String(), "Se déconnecter\u00a0?") {
			t.Errorf("%s", w.Body)
		}
	})
}

func TestStyleOfPages(t *testing.T) {
	const style = issuer + "style.css"
	h := newHarness(t, func(c *Config) { c.StyleURL = style })
	w := h.do("GET", issuer+".oidc/auth", "")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "style-src "+style+";") || !strings.Contains(w.Body.String(), `href="`+style+`"`) {
		t.Errorf("policy %s for %s", policy, w.Body)
	}
}
