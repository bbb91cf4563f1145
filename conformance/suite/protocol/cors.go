package protocol

import (
	"net/http"
	"slices"
	"strings"

	"domicile/conformance/suite"
)

const app = "https://app.example"

// safelisted are the response header fields that scripts may read anyway, by
// the Fetch standard, and those that CORS itself needs or that no script sees.
var safelisted = []string{
	"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma",
	"Connection", "Keep-Alive", "Transfer-Encoding", "Date", "Vary", "Set-Cookie", "Server", "X-Powered-By",
}

// answersOf are one answer of each kind, to an app of another origin.
func answersOf(t *suite.T) []*suite.Answer {
	url := put(t, "note.ttl", suite.Turtle(note))
	origin := suite.Origin(app)
	got := t.Alice.Get(url, origin).Want(http.StatusOK)
	return []*suite.Answer{
		got, t.Alice.Head(t.Container(), origin), t.Alice.Options(url, origin),
		t.Alice.Get(url, origin, suite.IfNoneMatch(got.List("ETag"))),
		t.Alice.Get(t.URL("none"), origin), t.Nobody.Get(url, origin), t.Nobody.Get(t.Target.Root, origin),
		t.Alice.Post(url, suite.Text("x"), origin), t.Alice.Put(url, suite.Turtle(note), origin, suite.IfNoneMatch("*")),
		t.Alice.Put(t.URL("x"), suite.Body("", "x"), origin), t.Alice.Delete(t.Container(), origin),
		t.Alice.Put(t.URL("new"), suite.Turtle(note), origin), t.Alice.Delete(t.URL("new"), origin),
	}
}

// preflight is what a browser asks before an app's request.
func preflight(t *suite.T, url, method string, headers ...string) *suite.Answer {
	parts := []suite.Part{suite.Origin(app), suite.Header("Access-Control-Request-Method", method)}
	if len(headers) > 0 {
		parts = append(parts, suite.Header("Access-Control-Request-Headers", strings.Join(headers, ", ")))
	}
	return t.Nobody.Options(url, parts...)
}

// cors is about apps of other origins.
var cors = []suite.Case{
	suite.Must("SP-CORS-01 SP-CORS-02", "every answer echoes the Origin and says that it depends on it", func(t *suite.T) {
		for _, answer := range answersOf(t) {
			answer.WantValue("Access-Control-Allow-Origin", app)
			if !answer.Lists("Vary", "*") {
				answer.WantListed("Vary", "Origin")
			}
		}
	}),
	suite.Should("SP-CORS-03", "credentials are allowed", func(t *suite.T) {
		for _, answer := range answersOf(t) {
			answer.WantValue("Access-Control-Allow-Credentials", "true")
		}
	}),
	suite.Decision("SP-CORS-03", "credentials are not allowed where accounts and the issuer are", func(t *suite.T) {
		for _, path := range []string{".account/", ".oidc/jwks", ".well-known/openid-configuration"} {
			t.Nobody.Get(t.Target.URL+path, suite.Origin(app)).WantNoHeader("Access-Control-Allow-Credentials")
		}
	}),
	suite.Must("SP-CORS-04", "header fields that answers use are exposed", func(t *suite.T) {
		for _, answer := range answersOf(t) {
			for name := range answer.Header {
				if slices.Contains(safelisted, name) || strings.HasPrefix(name, "Access-Control-") || solidHeaders[name] == "" {
					continue
				}
				if !answer.Lists("Access-Control-Expose-Headers", "*") {
					answer.WantListed("Access-Control-Expose-Headers", name)
				}
			}
		}
	}),
	suite.Should("SP-CORS-04", "exposed header fields are listed, without the star", func(t *suite.T) {
		for _, answer := range answersOf(t) {
			answer.WantHeader("Access-Control-Expose-Headers")
			answer.WantUnlisted("Access-Control-Expose-Headers", "*")
		}
	}),
	suite.Must("SP-CORS-05", "a preflight lets an app send every method to every URL", func(t *suite.T) {
		urls := []string{t.Target.Root, t.Container(), put(t, "note.ttl", suite.Turtle(note)), t.URL("none"), t.URL("no/ne/")}
		for _, url := range urls {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
				answer := preflight(t, url, method, "authorization", "dpop", "content-type").Want(http.StatusNoContent, http.StatusOK).
					WantBody("").WantValue("Access-Control-Allow-Origin", app)
				if !answer.Lists("Access-Control-Allow-Methods", "*") {
					answer.WantListed("Access-Control-Allow-Methods", method)
				}
			}
		}
	}),
	suite.Should("SP-CORS-05", "browsers may remember a preflight", func(t *suite.T) {
		preflight(t, t.Container(), "GET", "accept").Want(http.StatusNoContent, http.StatusOK).WantHeader("Access-Control-Max-Age")
	}),
	suite.Must("SP-CORS-06", "a preflight allows the header fields that are asked for, any of them", func(t *suite.T) {
		asked := []string{"accept", "authorization", "content-type", "dpop", "if-match", "if-none-match", "link", "slug", "x-custom"}
		answer := preflight(t, t.Container(), "POST", asked...).Want(http.StatusNoContent, http.StatusOK)
		answer.WantListed("Access-Control-Allow-Headers", asked...)
	}),
	suite.Decision("SP-CORS-06", "a preflight does not name Accept when nobody asked for it", func(t *suite.T) {
		answer := preflight(t, t.Container(), "GET", "X-CUSTOM", "Content-Type").Want(http.StatusNoContent)
		answer.WantListed("Access-Control-Allow-Headers", "X-CUSTOM", "Content-Type").WantUnlisted("Access-Control-Allow-Headers", "Accept")
	}),
	suite.Should("SP-CORS-07 SP-CORS-06", "answers name Accept among the allowed header fields", func(t *suite.T) {
		t.Alice.Get(t.Container(), suite.Origin(app)).Want(http.StatusOK).WantListed("Access-Control-Allow-Headers", "Accept")
	}),
	suite.Should("SP-CORS-08", "the origin null is one", func(t *suite.T) {
		t.Alice.Get(t.Container(), suite.Origin("null")).Want(http.StatusOK).WantValue("Access-Control-Allow-Origin", "null")
	}),
	suite.Decision("SP-CORS-08", "a malformed origin is none", func(t *suite.T) {
		for _, origin := range []string{"not an origin", "https://app.example/path", "app.example"} {
			t.Alice.Get(t.Container(), suite.Origin(origin)).Want(http.StatusOK).WantNoHeader("Access-Control-Allow-Origin")
		}
	}),
}

// solidHeaders are the fields by which a server tells apps what its texts say,
// each with the text.
var solidHeaders = map[string]string{
	"Accept-Patch": "RFC 5789", "Accept-Post": "LDP", "Accept-Put": "Solid Protocol", "Accept-Ranges": "RFC 9110",
	"Allow": "RFC 9110", "Content-Location": "RFC 9110", "Content-Range": "RFC 9110", "Etag": "RFC 9110", "Link": "RFC 8288",
	"Location": "RFC 9110", "Preference-Applied": "RFC 7240", "Retry-After": "RFC 9110", "Updates-Via": "solid-0.1",
	"Wac-Allow": "WAC", "Www-Authenticate": "RFC 9110", "Ms-Author-Via": "RFC 4918", "Dpop-Nonce": "RFC 9449",
}
