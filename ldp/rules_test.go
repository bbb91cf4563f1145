package ldp

import (
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func in(tag string) http.Handler { return Rules(func(*http.Request) string { return tag }) }

// Each rule that an error names has a page, and each page an error.
func TestRules(t *testing.T) {
	used := map[rule]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile(`"((?:SP|WAC|ECO)-[A-Z0-9]+-\d\d)"`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source := string(raw)
		switch file { // without the tables themselves
		case "rules.go":
			_, source, _ = strings.Cut(source, "var patchRules")
		case "rule_page.go":
			source, _, _ = strings.Cut(source, "var ruleTranslations")
		}
		for _, match := range quoted.FindAllStringSubmatch(source, -1) {
			used[rule(match[1])] = true
			if _, known := rules[rule(match[1])]; !known {
				t.Errorf("%s names the rule %s, which has no page", file, match[1])
			}
		}
	}
	for id, r := range rules {
		t.Run("SP-HTTP-11 page of "+string(id), func(t *testing.T) {
			if !used[id] {
				t.Error("no error names it")
			}
			if r.title == "" || r.text == "" || !strings.HasPrefix(r.spec, "https://") {
				t.Errorf("%+v", r)
			}
			for tag, want := range map[string]struct{ title, text string }{
				"nl": ruleTranslations["nl"][id], "fr": ruleTranslations["fr"][id], "en": {r.title, r.text},
			} {
				w := httptest.NewRecorder()
				in(tag).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.docs/errors/"+string(id), nil))
				body := html.UnescapeString(w.Body.String())
				for _, part := range []string{`<html lang="` + tag + `">`, string(id), r.spec, "<h1>" + want.title + "</h1>", "<p>" + want.text + "</p>"} {
					if want.title == "" || want.text == "" || !strings.Contains(body, part) {
						t.Errorf("%s lacks %q:\n%s", tag, part, body)
					}
				}
				if header := w.Header(); w.Code != http.StatusOK || header.Get("Content-Language") != tag || !strings.Contains(header.Get("Vary"), "Accept-Language") ||
					!strings.HasPrefix(header.Get("Content-Type"), "text/html") || header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%d %v", w.Code, header)
				}
			}
		})
	}
	for tag, translated := range ruleTranslations {
		for id := range translated {
			if _, known := rules[id]; !known {
				t.Errorf("%s has the rule %s, which there is not", tag, id)
			}
		}
	}
	for path, want := range map[string]int{"/.docs/errors/SP-XX-99": 404, "/.docs/errors/": 404} {
		w := httptest.NewRecorder()
		in("en").ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	in("en").ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/.docs/errors/SP-CON-07", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("PUT of a page: %d %v", w.Code, w.Header())
	}
}

func TestRuleURL(t *testing.T) {
	if got := (&Handler{}).ruleURL("SP-CON-07"); got != "https://solidproject.org/TR/protocol#server-protect-containment" {
		t.Errorf("without pages here: %s", got)
	}
}
