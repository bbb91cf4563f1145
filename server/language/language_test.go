package language

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestOf(t *testing.T) {
	for _, c := range []struct{ cookie, accept, want string }{
		{"", "fr", "fr"}, {"nl", "fr", "nl"}, {"de", "fr", "fr"}, {"", "", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: Cookie, Value: c.cookie})
		}
		if got := Of(r); got != c.want {
			t.Errorf("cookie %q, Accept-Language %q: %s, want %s", c.cookie, c.accept, got, c.want)
		}
	}
}

func TestAsked(t *testing.T) {
	for target, want := range map[string]string{"/": "", "/?lang=nl": "nl", "/?lang=de": "", "/?x=1&lang=fr": "fr"} {
		if got := Asked(httptest.NewRequest(http.MethodGet, target, nil)); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for field, want := range map[string]string{
		"":                          "en",
		"nl":                        "nl",
		"fr-BE, nl;q=0.8":           "fr",
		"de, fr;q=0.5, nl;q=0.7":    "nl",
		"en-GB;q=0.9, fr-CH;q=0.95": "fr",
		"NL-be":                     "nl",
		"de, *;q=0.1":               "en",
		"fr;q=x, nl":                "nl",
		"fr;q=0":                    "en",
	} {
		if got := Negotiate(field); got != want {
			t.Errorf("Negotiate(%q) = %q, want %q", field, got, want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("fr-BE, nl;q=0.8")
	f.Add(";;q=,")
	f.Fuzz(func(t *testing.T, field string) {
		if got := Negotiate(field); !slices.Contains(All, got) {
			t.Errorf("Negotiate(%q) = %q, which is no language of ours", field, got)
		}
	})
}
