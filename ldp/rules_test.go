package ldp

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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
		if file == "rules.go" { // without the table itself
			_, source, _ = strings.Cut(source, "var patchRules")
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
			w := httptest.NewRecorder()
			Rules().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.docs/errors/"+string(id), nil))
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, string(id)) || !strings.Contains(body, r.spec) ||
				!strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %v %s", w.Code, w.Header(), body)
			}
			if r.title == "" || r.text == "" || !strings.HasPrefix(r.spec, "https://") {
				t.Errorf("%+v", r)
			}
		})
	}
	for path, want := range map[string]int{"/.docs/errors/SP-XX-99": 404, "/.docs/errors/": 404} {
		w := httptest.NewRecorder()
		Rules().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	Rules().ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/.docs/errors/SP-CON-07", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("PUT of a page: %d %v", w.Code, w.Header())
	}
}

func TestRuleURL(t *testing.T) {
	if got := (&Handler{}).ruleURL("SP-CON-07"); got != "https://solidproject.org/TR/protocol#server-protect-containment" {
		t.Errorf("without pages here: %s", got)
	}
}
