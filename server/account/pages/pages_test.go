package pages

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"domicile/server/language"
)

func TestCataloguesAreComplete(t *testing.T) {
	for tag, catalogue := range catalogues {
		for key, text := range english {
			translated, ok := catalogue[key]
			if !ok || strings.TrimSpace(translated) == "" {
				t.Errorf("%s has no message %q", tag, key)
			}
			if strings.Count(text, "%s") != strings.Count(translated, "%s") {
				t.Errorf("%s: message %q takes other arguments than in English", tag, key)
			}
		}
		for key := range catalogue {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has a message %q that English lacks", tag, key)
			}
		}
	}
	if len(catalogues) != len(language.All) || len(languageNames) != len(language.All) {
		t.Error("languages, catalogues and names differ in number")
	}
}

var message = regexp.MustCompile(`\.T "([^"]+)"`)

func TestTemplatesUseKnownMessages(t *testing.T) {
	files, err := filepath.Glob("template/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("templates: %v, %v", files, err)
	}
	used := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range message.FindAllStringSubmatch(string(text), -1) {
			used[match[1]] = true
			if _, ok := english[match[1]]; !ok {
				t.Errorf("%s uses the message %q, which no catalogue has", file, match[1])
			}
		}
		scripts := strings.ReplaceAll(string(text), `<script src="/.account/name.js" defer></script>`, "")
		if strings.Contains(scripts, "<script") || strings.Contains(string(text), "style=") {
			t.Errorf("%s holds script or inline style, which the policy forbids", file)
		}
	}
	for key := range english {
		group, _, _ := strings.Cut(key, ".")
		byCode := slices.Contains([]string{"error", "level", "term", "month", "mail"}, group) || strings.HasSuffix(key, ".title")
		if !used[key] && !byCode {
			t.Errorf("message %q is used nowhere", key)
		}
	}
}

func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	colours := schemes.FindAllStringSubmatch(string(style), -1)
	const perScheme = 8
	if len(colours) != 2*perScheme {
		t.Fatalf("found %d colours, want %d in each of two schemes", len(colours), perScheme)
	}
	pairs := []struct {
		ink, ground string
		least       float64
	}{
		{"text", "paper", 4.5}, {"text", "soft", 4.5}, {"quiet", "paper", 4.5}, {"quiet", "soft", 4.5}, {"accent", "paper", 4.5},
		{"accent", "soft", 4.5}, {"on-accent", "accent", 4.5}, {"bad", "paper", 4.5}, {"line", "paper", 3},
	}
	for scheme := range 2 {
		named := map[string]string{}
		for _, c := range colours[scheme*perScheme : (scheme+1)*perScheme] {
			named[c[1]] = c[2]
		}
		for _, p := range pairs {
			if got := contrast(t, named[p.ink], named[p.ground]); got < p.least {
				t.Errorf("scheme %d: %s on %s has contrast %.2f, want %.1f (WCAG 1.4.3, 1.4.11)", scheme, p.ink, p.ground, got, p.least)
			}
		}
	}
}
