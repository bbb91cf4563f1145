package provider

import (
	"os"
	"path/filepath"
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

// TestReasonsAreComplete: each reason that the code gives has its translations,
// with the same values, and each translation a reason.
func TestReasonsAreComplete(t *testing.T) {
	given := map[string]bool{foreignRedirectURI: true, documentRules: true, malformedDetails: true}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`because\("([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			given[match[1]] = true
		}
	}
	for _, tag := range []string{"nl", "fr"} {
		for text := range given {
			if translated := reasons[tag][text]; translated == "" || strings.Count(translated, "%s") != strings.Count(text, "%s") {
				t.Errorf("%s: %q is %q", tag, text, translated)
			}
		}
		for text := range reasons[tag] {
			if !given[text] {
				t.Errorf("%s: nobody gives the reason %q", tag, text)
			}
		}
	}
}

func TestReasonsInReasons(t *testing.T) {
	why := ofDetails(because("the only known type is %s", DomicileAccess))
	if got := why.Error(); got != "authorization_details: the only known type is "+DomicileAccess {
		t.Errorf("programs are told %q", got)
	}
	want := "Het document dat de app beschrijft, is niet bruikbaar: authorization_details: het enige bekende type is " + DomicileAccess + "."
	if got := (pageView{Language: "nl"}).Explain(refuseSignIn("invalid_client", badDocument, why)); got != want {
		t.Errorf("people are told %q", got)
	}
}

func TestPagesSpeakThePersonsLanguage(t *testing.T) {
	h := newHarness(t)
	for _, test := range []struct{ name, path, wanted, tag, part string }{
		{"refusal in Dutch", ".oidc/auth", "nl", "nl", "welke app ze is"},
		{"refusal in French", ".oidc/auth", "fr", "fr", "qui elle est (client_id)"},
		{"refusal in English", ".oidc/auth", "en", "en", "which app it is"},
		{"reason in Dutch", ".oidc/auth?client_id=http://a.example/", "nl", "nl", "niet bruikbaar: ze is geen https-URL.</p>"},
		{"reason in French", ".oidc/auth?client_id=http://a.example/", "fr", "fr", "inutilisable\u00a0: il n&#39;est pas en https.</p>"},
		{"reason in English", ".oidc/auth?client_id=http://a.example/", "en", "en", "cannot be used: it is not https.</p>"},
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
