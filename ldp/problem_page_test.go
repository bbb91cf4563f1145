package ldp

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore/resource"
)

func TestTranslationsAreComplete(t *testing.T) {
	for _, tag := range []string{"nl", "fr", "en"} {
		if words := wordsOfProblems[tag]; words.Start == "" || words.Help == "" {
			t.Errorf("%s: %+v", tag, words)
		}
		for kind := range nextSteps["en"] {
			if nextSteps[tag][kind] == "" || len(nextSteps[tag]) != len(nextSteps["en"]) {
				t.Errorf("%s: what to do next about %q", tag, kinds[kind].title)
			}
		}
		if tag == "en" {
			continue
		}
		for kind, text := range translations[tag] {
			if text.title == "" || text.meaning == "" || text.title == kinds[kind].title {
				t.Errorf("%s: nothing for %q", tag, kinds[kind].title)
			}
		}
	}
}

func TestProblemPage(t *testing.T) {
	space, err := resource.NewSpace("https://pods.example/", true)
	if err != nil {
		t.Fatal(err)
	}
	h := &Handler{
		space:    space,
		logger:   slog.New(slog.DiscardHandler),
		language: func(r *http.Request) string { return r.Header.Get("Accept-Language") },
	}
	fail := func(err error, method, wanted string) (http.Header, string) {
		r := httptest.NewRequest(method, "/", nil)
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		r.Header.Set("Accept-Language", wanted)
		w := httptest.NewRecorder()
		h.fail(w, r, err)
		return w.Header(), w.Body.String()
	}
	notFound := refuse(NotFound, "")
	for _, c := range []struct {
		wanted, tag string
		err         error
		parts       []string
	}{
		{"nl", "nl", notFound, []string{"Op dit adres is niets", "Kijk of het adres", `<a href="https://pods.example/">`, "Vraag je om hulp", "404 urn:request:"}},
		{"fr", "fr", notFound, []string{"Il n&#39;y a rien à cette adresse", "Si vous demandez de l&#39;aide"}},
		{"en", "en", notFound, []string{"There is no such resource"}},
		{"nl", "nl", errors.New("private"), []string{"Er ging iets mis"}},
		{"nl", "nl", refuse(Invalid, "Line 1: <script>"), []string{"Het verzoek klopt niet", `<p lang="en">Line 1: &lt;script&gt;</p>`}},
	} {
		t.Run("SP-CN-11 "+c.wanted+" "+c.parts[0], func(t *testing.T) {
			header, body := fail(c.err, "GET", c.wanted)
			for _, part := range append(c.parts, `<html lang="`+c.tag+`">`) {
				if !strings.Contains(body, part) {
					t.Errorf("no %q in %s", part, body)
				}
			}
			if strings.Contains(body, "private") {
				t.Error("the cause is told")
			}
			if header.Get("Content-Language") != c.tag || !slices.Contains(header.Values("Vary"), "Accept-Language, Cookie") {
				t.Errorf("%v", header)
			}
			if header.Get("Content-Security-Policy") != sandbox {
				t.Errorf("Content-Security-Policy %q", header.Get("Content-Security-Policy"))
			}
		})
	}
	t.Run("SP-HTTP-08 HEAD has no body", func(t *testing.T) {
		if header, body := fail(notFound, "HEAD", "nl"); body != "" || header.Get("Content-Language") != "nl" {
			t.Errorf("%v %q", header, body)
		}
	})
}
