package verify

import (
	"strings"
	"testing"
)

func TestParseAuthorization(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  credentials // zero: refused
	}{
		{"OIDC-RS-01 DPoP", []string{"DPoP a.b.c"}, credentials{"dpop", "a.b.c"}},
		{"OIDC-RS-01 any case", []string{"dpOP a.b.c"}, credentials{"dpop", "a.b.c"}},
		{"OIDC-RS-01 Bearer", []string{"BEARER a.b.c"}, credentials{"bearer", "a.b.c"}},
		{"OIDC-RS-01 white space around", []string{" \tDPoP   a.b.c  "}, credentials{"dpop", "a.b.c"}},
		{"OIDC-RS-01 padding", []string{"DPoP abc=="}, credentials{"dpop", "abc=="}},
		{"OIDC-RS-01 two headers", []string{"DPoP a", "DPoP a"}, credentials{}},
		{"OIDC-RS-01 Basic", []string{"Basic YTpi"}, credentials{}},
		{"OIDC-RS-01 scheme alone", []string{"DPoP"}, credentials{}},
		{"OIDC-RS-01 no token", []string{"DPoP  "}, credentials{}},
		{"OIDC-RS-01 padding alone", []string{"DPoP =="}, credentials{}},
		{"OIDC-RS-01 empty", []string{""}, credentials{}},
		{"OIDC-RS-01 two tokens", []string{"DPoP a b"}, credentials{}},
		{"OIDC-RS-01 a list", []string{"DPoP a, DPoP b"}, credentials{}},
		{"OIDC-RS-01 parameters", []string{`DPoP token="a"`}, credentials{}},
		{"OIDC-RS-01 not ASCII", []string{"DPoP \u00e9"}, credentials{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseAuthorization(c.lines)
			if got != c.want || (err != nil) != (c.want == credentials{}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// FuzzParseAuthorization: what is accepted is a known scheme and one token,
// and is in the header as sent.
func FuzzParseAuthorization(f *testing.F) {
	for _, seed := range []string{"DPoP a.b.c", "bearer x", "Basic YTpi", " DPoP  a== ", "DPoP a, b", "", "DPoP\ta"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := parseAuthorization([]string{line})
		if err != nil {
			mustRefuse(t, err, CodeInvalidToken, "")
			return
		}
		if got.scheme != schemeDPoP && got.scheme != schemeBearer {
			t.Errorf("scheme %q", got.scheme)
		}
		if got.token == "" || strings.ContainsAny(got.token, " \t\r\n,\"") || !strings.HasSuffix(strings.TrimRight(line, " \t"), got.token) {
			t.Errorf("token %q of %q", got.token, line)
		}
	})
}
