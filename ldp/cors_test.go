package ldp_test

import (
	"slices"
	"strings"
	"testing"
)

const app = "https://app.example"

// exposed are the fields that scripts of other origins may read (SP-CORS-04).
var exposed = []string{"Accept-Patch", "Accept-Post", "Accept-Put", "Accept-Ranges", "Allow", "Content-Length", "Content-Location",
	"Content-Range", "DPoP-Nonce", "ETag", "Last-Modified", "Link", "Location", "MS-Author-Via", "Preference-Applied", "Retry-After",
	"Updates-Via", "Vary", "WAC-Allow", "WWW-Authenticate"}

// list splits a comma-separated field.
func (a *answer) list(name string) []string {
	value, _ := a.field(name)
	var items []string
	for _, item := range strings.Split(value, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

func checkExposed(a *answer) {
	a.t.Helper()
	got := a.list("Access-Control-Expose-Headers")
	for _, name := range exposed {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.EqualFold(g, name) }) {
			a.t.Errorf("SP-CORS-04: %s is not exposed by %v", name, got)
		}
	}
	if slices.Contains(got, "*") {
		a.t.Errorf("SP-CORS-04: exposes *")
	}
}

func TestCORSOfAnswers(t *testing.T) {
	standing := []given{{"c/r", ttl, note}, {"c/pic.png", "image/png", "x"}}
	p := newPod(t, standing)
	for _, c := range []struct {
		name   string
		call   call
		status int
	}{
		{"WAC-ALLOW-04 T23 200 of HEAD", call{as: alice, method: "HEAD", path: "/alice/c/r"}, 200},
		{"200 of GET", call{as: alice, method: "GET", path: "/alice/c/"}, 200},
		{"206", call{as: alice, method: "GET", path: "/alice/c/pic.png", fields: fields{"Range": "bytes=0-0"}}, 206},
		{"201", put("c/new", ttl, note), 201},
		{"204 of OPTIONS that is no preflight", call{as: alice, method: "OPTIONS", path: "/alice/c/r"}, 204},
		{"304", call{as: alice, method: "GET", path: "/alice/c/r", fields: fields{"If-None-Match": "*"}}, 304},
		{"400 of a path", call{as: alice, method: "GET", path: "/alice/%00"}, 400},
		{"400 of a body", put("c/bad", ttl, "oops"), 400},
		{"T22 401", call{as: public, method: "GET", path: "/alice/c/"}, 401},
		{"401 of credentials that do not hold", call{as: forged, method: "GET", path: "/alice/c/"}, 401},
		{"403", call{as: stranger, method: "GET", path: "/alice/c/"}, 403},
		{"404", call{as: alice, method: "GET", path: "/alice/c/absent"}, 404},
		{"404 of no storage", call{as: alice, method: "GET", path: "/nobody/x"}, 404},
		{"405", call{as: alice, method: "DELETE", path: "/alice/"}, 405},
		{"406", call{as: alice, method: "GET", path: "/alice/c/r", fields: fields{"Accept": "image/png"}}, 406},
		{"409", deletion("c/"), 409},
		{"412", put("c/r", ttl, note, fields{"If-None-Match": "*"}), 412},
		{"415", writing("PATCH", "c/r", text, "x"), 415},
		{"416", call{as: alice, method: "GET", path: "/alice/c/pic.png", fields: fields{"Range": "bytes=9-"}}, 416},
		{"422", writing("PATCH", "c/r", n3, "<> a <#T>."), 422},
	} {
		t.Run("SP-CORS-01 SP-CORS-02 SP-CORS-03 SP-CORS-04 "+c.name, func(t *testing.T) {
			f := fields{"Origin": app}
			for name, value := range c.call.fields {
				f[name] = value
			}
			c.call.fields = f
			a := p.send(c.call).is(c.status)
			a.t = t
			if got := a.header["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{app}) {
				t.Errorf("Access-Control-Allow-Origin %q", got)
			}
			if got := a.header.Get("Access-Control-Allow-Credentials"); got != "true" {
				t.Errorf("SP-CORS-03: Access-Control-Allow-Credentials %q", got)
			}
			if !slices.Contains(a.list("Vary"), "Origin") {
				t.Errorf("Vary %v", a.list("Vary"))
			}
			checkExposed(a)
		})
	}
	t.Run("SP-CORS-07 authorised answers name the request fields", func(t *testing.T) {
		a := p.send(call{alice, "GET", "/alice/c/r", fields{"Origin": app}, ""}).is(200)
		for _, name := range []string{"Accept", "Authorization", "Content-Type", "DPoP", "If-Match", "If-None-Match", "Link", "Slug"} {
			if !slices.Contains(a.list("Access-Control-Allow-Headers"), name) {
				t.Errorf("Access-Control-Allow-Headers %v lacks %s", a.list("Access-Control-Allow-Headers"), name)
			}
		}
	})
	t.Run("E10 ECO-CLI-09 rdflib with credentials", func(t *testing.T) {
		p.send(call{alice, "GET", "/alice/c/", fields{"Origin": app, "Accept": rdflibAccept, "Cookie": "a=b"}, ""}).is(200).has(fields{
			"Content-Type": ttl, "Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true",
			"WAC-Allow": "write", "Accept-Patch": sparql, "MS-Author-Via": "SPARQL"})
	})
}

func TestOrigins(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}})
	for _, c := range []struct{ name, origin, want string }{
		{"SP-CORS-01 no Origin", "", ""},
		{"SP-CORS-08 null", "null", "null"},
		{"SP-CORS-01 with a port", "http://localhost:8080", "http://localhost:8080"},
		{"SP-CORS-01 app of another scheme", "capacitor://localhost", "capacitor://localhost"},
		{"SP-CORS-08 with a path", "https://app.example/x", ""},
		{"SP-CORS-08 without a scheme", "app.example", ""},
		{"SP-CORS-08 two", "https://a.example https://b.example", ""},
		{"SP-CORS-08 *", "*", ""},
		{"SP-CORS-08 user information", "https://user@app.example", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fields{}
			if c.origin != "" {
				f["Origin"] = c.origin
			}
			a := p.send(call{alice, "GET", "/alice/r", f, ""}).is(200).has(fields{"Vary": "Origin"})
			if got := a.header.Get("Access-Control-Allow-Origin"); got != c.want {
				t.Errorf("Access-Control-Allow-Origin %q, want %q", got, c.want)
			}
			if _, ok := a.field("Access-Control-Allow-Credentials"); ok != (c.want != "") {
				t.Errorf("Access-Control-Allow-Credentials sent: %v", ok)
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note}})
	for _, path := range []string{"/alice/", "/alice/c/", "/alice/c/r", "/alice/c/absent", "/alice/absent/", "/alice/.acl", "/nobody/x", "/alice/.well-known/solid"} {
		for _, method := range everyMethod {
			t.Run("T20 SP-CORS-05 "+method+" "+path, func(t *testing.T) {
				a := p.send(call{public, "OPTIONS", path, fields{"Origin": app, "Access-Control-Request-Method": method,
					"Access-Control-Request-Headers": "X-CUSTOM, Content-Type"}, ""}).is(204)
				if a.body != "" {
					t.Errorf("a body of %d bytes", len(a.body))
				}
				a.has(fields{"Access-Control-Allow-Origin": app, "Access-Control-Max-Age": "", "Access-Control-Allow-Headers": "X-CUSTOM", "Vary": "Origin"})
				a.has(fields{"Vary": "Access-Control-Request-Headers", "Access-Control-Allow-Headers": "Content-Type"}).lacks(fields{"Access-Control-Allow-Headers": "Accept"})
				if !slices.Contains(a.list("Access-Control-Allow-Methods"), method) {
					t.Errorf("Access-Control-Allow-Methods %v", a.list("Access-Control-Allow-Methods"))
				}
				checkExposed(a)
			})
		}
	}
	t.Run("T21 SP-CORS-06 echoes Accept", func(t *testing.T) {
		a := p.send(call{public, "OPTIONS", "/alice/c/", fields{"Origin": app, "Access-Control-Request-Method": "GET",
			"Access-Control-Request-Headers": "X-CUSTOM, Content-Type, Accept"}, ""}).is(204)
		for _, name := range []string{"X-CUSTOM", "Content-Type", "Accept"} {
			if !slices.ContainsFunc(a.list("Access-Control-Allow-Headers"), func(h string) bool { return strings.EqualFold(h, name) }) {
				t.Errorf("Access-Control-Allow-Headers %v", a.list("Access-Control-Allow-Headers"))
			}
		}
	})
	t.Run("SP-CORS-05 preflight with credentials that do not hold", func(t *testing.T) {
		p.send(call{forged, "OPTIONS", "/alice/c/", fields{"Origin": app, "Access-Control-Request-Method": "GET"}, ""}).is(204)
	})
	t.Run("SP-CORS-06 what is no field name is not echoed", func(t *testing.T) {
		a := p.send(call{public, "OPTIONS", "/alice/c/", fields{"Origin": app, "Access-Control-Request-Method": "GET",
			"Access-Control-Request-Headers": `X-A, "bad name", X-B`}, ""}).is(204)
		if got := a.list("Access-Control-Allow-Headers"); !slices.Equal(got, []string{"X-A", "X-B"}) {
			t.Errorf("Access-Control-Allow-Headers %q", got)
		}
	})
}
