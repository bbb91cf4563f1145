package account

import (
	"errors"
	"strings"
	"testing"
)

func TestNormaliseEmail(t *testing.T) {
	for text, want := range map[string]string{
		"anna@example.org":             "anna@example.org",
		"  Anna@Example.ORG\n":         "anna@example.org",
		"a+b.c@localhost":              "a+b.c@localhost",
		"bücher@example.org":           "bücher@example.org",
		"":                             "",
		"anna":                         "",
		"@example.org":                 "",
		"anna@":                        "",
		"anna@a@b":                     "",
		"anna smith@example.org":       "",
		"Anna <anna@example.org>":      "",
		"anna@example.org\r\nBcc: x@y": "",
		"anna\x00@example.org":         "",
		"a\xff@example.org":            "",
		strings.Repeat("a", 250) + "@example.org": "",
	} {
		got, err := normaliseEmail(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("normaliseEmail(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func FuzzNormaliseEmail(f *testing.F) {
	f.Add(" Anna@Example.org ")
	f.Add("İ@ſ.org")
	f.Fuzz(func(t *testing.T, text string) {
		once, err := normaliseEmail(text)
		if err != nil {
			return
		}
		if twice, err := normaliseEmail(once); err != nil || twice != once {
			t.Errorf("%q normalises to %q and that to %q, %v", text, once, twice, err)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	for password, want := range map[string]error{
		"correct horse":           nil,
		"wachtwoo":                nil,
		"été à Ré":                nil, // 8 characters in more bytes
		"1234567":                 errPasswordShort,
		"":                        errPasswordShort,
		"Anna.Smith@Example.org ": errPasswordEmail,
		"ANNA.SMITH":              errPasswordEmail,
		strings.Repeat("x", 1025): errPasswordLong,
	} {
		if got := checkPassword(password, "anna.smith@example.org"); !errors.Is(got, want) {
			t.Errorf("checkPassword(%q) = %v, want %v", password, got, want)
		}
	}
}

func TestPodName(t *testing.T) {
	for text, want := range map[string]string{
		"anna": "anna", " Anna Smith ": "anna-smith", "a b/c": "a-b-c", "Bob2": "bob2", "--x--": "x", "...": "", "": "", "é": "",
	} {
		if got := podName(text); got != want {
			t.Errorf("podName(%q) = %q, want %q", text, got, want)
		}
	}
}
