package dpop

import (
	"strings"
	"testing"
)

func TestNormalizeURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://pods.example":                   "https://pods.example/",
		"https://pods.example?q":                 "https://pods.example/",
		"https://pods.example/":                  "https://pods.example/",
		"HTTPS://PODS.Example:443/A":             "https://pods.example/A",
		"http://pods.example:80/a":               "http://pods.example/a",
		"http://pods.example:443/a":              "http://pods.example:443/a",
		"https://pods.example:/a":                "https://pods.example/a",
		"http://[::1]:3000/a":                    "http://[::1]:3000/a",
		"https://pods.example/a?b=c#d":           "https://pods.example/a",
		"https://pods.example/%7Ea%2db":          "https://pods.example/~a-b",
		"https://pods.example/a%2fb":             "https://pods.example/a%2Fb",
		"https://pods.example/a%2Cb":             "https://pods.example/a%2Cb",
		"https://pods.example/%25%36%31":         "https://pods.example/%2561",
		"https://pods.example/caf\u00e9":         "https://pods.example/caf%C3%A9",
		"https://pods.example/a b":               "https://pods.example/a%20b",
		"https://pods.example/a/../b/./c//d":     "https://pods.example/a/../b/./c//d",
		"ftp://pods.example/":                    "",
		"https:pods.example":                     "",
		"https://:443/":                          "",
		"//pods.example/":                        "",
		"/alice/":                                "",
		"":                                       "",
		"https://user@pods.example/":             "",
		"https://pods.example/%zz":               "",
		"https://pods.example/%4":                "",
		"https://pods.example\t/":                "",
		"https://pods.example@evil.example/":     "",
		"https://pods.example\\@evil.example/":   "",
		"https://evil.example/https://pods.exam": "https://evil.example/https://pods.exam",
	} {
		got, err := normalizeURL(raw)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v; want %q", raw, got, err, want)
		}
	}
}

// FuzzNormalizeURL: the normal form is stable, absolute and has neither query
// nor fragment.
func FuzzNormalizeURL(f *testing.F) {
	for _, seed := range []string{
		"https://pods.example/a%2fb?c#d", "http://LOCALHOST:80", "https://[::1]:443/%7e", "https://a/%25%32%35", "https://a:/é", "https:a", "%", "http://:",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := normalizeURL(raw)
		if err != nil {
			return
		}
		twice, err := normalizeURL(once)
		if err != nil || twice != once {
			t.Fatalf("%q became %q, then %q, %v", raw, once, twice, err)
		}
		_, rest, ok := strings.Cut(once, "://")
		if !ok || !strings.Contains(rest, "/") || strings.ContainsAny(rest, "?# ") {
			t.Fatalf("%q became %q", raw, once)
		}
	})
}
