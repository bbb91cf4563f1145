package ldp_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"domicile/ldp"
)

func put(path, mediaType, body string, more ...fields) call {
	return writing("PUT", path, mediaType, body, more...)
}

func post(path, mediaType, body string, more ...fields) call {
	return writing("POST", path, mediaType, body, more...)
}

// writing is a write of Alice's; a "" media type sends no Content-Type.
func writing(method, path, mediaType, body string, more ...fields) call {
	c := call{as: alice, method: method, path: "/alice/" + path, fields: fields{}, body: body}
	if mediaType != "" {
		c.fields["Content-Type"] = mediaType
	}
	for _, m := range more {
		for name, value := range m {
			c.fields[name] = value
		}
	}
	return c
}

func TestPUT(t *testing.T) {
	doc := []given{{"c/r", ttl, note}, {"c/j", jld, "{}"}, {"c/pic", "image/png", "x"}}
	created := fields{"Location": root + "c/new", "ETag": `"`, "Last-Modified": "GMT", "Link": link(root+"c/new.acl", "acl")}
	run(t, []row{
		{name: "SP-PUT-01 creates", call: put("c/new", ttl, note), status: 201, has: created, omits: []string{"Milk"}},
		{name: "SP-PUT-06 describedby of what was created", call: put("c/new", ttl, note), status: 201, has: fields{"Link": link(root+"c/new.meta", "describedby")}},
		{name: "SP-PUT-01 creates a binary", call: put("c/new", "image/png", "x"), status: 201, has: created},
		{name: "SP-PUT-01 replaces", given: doc, call: put("c/r", ttl, "<> a <#B>."), status: 204, has: fields{"ETag": `"`}},
		{name: "SP-PUT-03 the media type may change", given: doc, call: put("c/r", "image/png", "x"), status: 204},
		{name: "SP-HTTP-06 T03 body without Content-Type", call: put("c/new", "", "x"), status: 400},
		{name: "SP-HTTP-06 T03 replacing without Content-Type", given: doc, call: put("c/r", "", "x"), status: 400},
		{name: "SP-HTTP-06 a parameter without a name would leave no type", call: put("c/new", "text/html; *=utf-8''x", "x"), status: 400},
		{name: "SP-HTTP-06 no content needs no Content-Type", call: put("c/new", "", ""), status: 201},
		{name: "SP-HTTP-10 Content-Type that is none", call: put("c/new", "turtle", "x"), status: 400},
		{name: "SP-CN-07 malformed Turtle", given: doc, call: put("c/r", ttl, "<> <#p>\n  <#o> oops."), status: 400, holds: []string{"line 2"}},
		{name: "SP-CN-07 malformed JSON-LD", given: doc, call: put("c/r", jld, "{\n \"a\": ]}"), status: 400, holds: []string{"line 2"}},
		{name: "SP-CN-07 charset of UTF-8", call: put("c/new", "text/turtle; charset=UTF-8", note), status: 201},
		{name: "SP-CN-07 another charset", call: put("c/new", "text/turtle; charset=iso-8859-1", note), status: 415},
		{name: "SP-CN-08 context that nobody may fetch", call: put("c/new", jld, `{"@context":"http://127.0.0.1/c","a":"b"}`), status: 422},
		{name: "SP-PUT-07 partial PUT", given: doc, call: put("c/r", ttl, note, fields{"Content-Range": "bytes 0-3/10"}), status: 400},
		{name: "SP-PUT-05 container type without a slash", call: put("c/new", ttl, "", typeLink("BasicContainer")), status: 409},
		{name: "SP-PUT-05 hint ldp:Resource", call: put("c/new", ttl, note, typeLink("Resource")), status: 201},
		{name: "SP-PUT-05 hint ldp:RDFSource", call: put("c/new", ttl, note, typeLink("RDFSource")), status: 201},
		{name: "SP-URI-06 equivalent spelling", call: put("%63/n%65w", ttl, note), status: 201, has: fields{"Location": root + "c/new"}},
		{name: "SP-URI-06 encoded slash", call: put("c%2Fnew", ttl, note), status: 400},
		{name: "SP-URI-06 dot segments", call: put("c/%2E%2E/%2e%2e/bob/new", ttl, note), status: 400},
		{name: "SP-URI-06 reserved by the server", call: put(".well-known/other", ttl, note), status: 404},
		{name: "SP-AUX-02 W33 ACL of an ACL", given: doc, call: put("c/r.acl.acl", ttl, acl(root)), status: 404},
		{name: "SP-AUX-02 description of nothing", call: put("c/absent.meta", ttl, "<absent> a <#T>."), status: 409},
		{name: "SP-AUX-02 a container's ACL is inside of it", given: []given{{"c/", "", ""}}, call: put("c.acl", ttl, acl(root+"c")), status: 409},
		{name: "SP-AUX-02 ACL of nothing", call: put("c/absent.acl", ttl, acl(root+"c/absent")), status: 409},
		{name: "SP-PUT-02 below a document", given: doc, call: put("c/r/bar.txt", text, "x"), status: 409},
		{name: "T10 SP-PUT-02 deep below a document", given: doc, call: put("c/r/foo/bar.txt", text, "x"), status: 409},
		{name: "SP-STO-02 no storage is made by writing", call: call{alice, "PUT", "/nobody/r", fields{"Content-Type": ttl}, note}, status: 404},
	})
	t.Run("SP-CN-07 what is refused leaves what was", func(t *testing.T) {
		p := newPod(t, doc)
		p.send(put("c/r", ttl, "oops")).is(400)
		p.send(put("c/new", ttl, "oops")).is(400)
		p.get(alice, "/alice/c/r").is(200).holds(note)
		p.get(alice, "/alice/c/new").is(404)
		p.lists("c/", "c/j", "c/pic", "c/r")
	})
	t.Run("SP-PUT-02 below a document nothing is made", func(t *testing.T) {
		p := newPod(t, doc)
		p.send(put("c/r/foo/bar.txt", text, "x")).is(409)
		p.get(alice, "/alice/c/r/foo/").is(404)
		p.get(alice, "/alice/c/r/").is(404)
	})
	t.Run("SP-PUT-03 the new media type answers", func(t *testing.T) {
		p := newPod(t, doc)
		p.send(put("c/r", "image/png", "png")).is(204)
		p.get(alice, "/alice/c/r").is(200).has(fields{"Content-Type": "image/png"}).holds("png")
		p.send(put("c/pic", ttl, note)).is(204)
		p.get(alice, "/alice/c/pic").is(200).has(fields{"Content-Type": ttl}).holds(note)
	})
	t.Run("SP-AUX-06 replacing keeps the description", func(t *testing.T) {
		p := newPod(t, append(doc, given{"c/r.meta", ttl, "<r> <http://example.org/p> 'kept'."}))
		p.send(put("c/r", ttl, "<> a <#B>.")).is(204)
		p.get(alice, "/alice/c/r.meta").is(200).says(root+"c/r", "http://example.org/p", "kept")
	})
}

func TestLimits(t *testing.T) {
	small := func(c *ldp.Config) { c.MaxBody, c.MaxDocument = 2000, 1000 }
	p := newPod(t, nil, small)
	body := "<> <#p> '" + strings.Repeat("x", 1000) + "'."
	p.send(put("r", ttl, body)).is(413)
	p.send(put("r", text, body)).is(201)
	p.send(put("big", text, body+body)).is(413)
	p.send(post("", text, body+body)).is(413)
	p.send(writing("PATCH", "patched", n3, insertDelete("", "", body))).is(413)
	p.lists("", "profile/", "r")
}

// A path of two thousand segments makes more containers than one commit takes.
func TestTooDeepAtOnce(t *testing.T) {
	p := newPod(t, nil)
	p.send(put(strings.Repeat("a/", 2030)+"r", text, "x")).is(413)
	p.lists("", "profile/")
}

func TestPOST(t *testing.T) {
	doc := []given{{"c/", "", ""}, {"c/foo", ttl, note}, {"c/sub/x", text, "x"}}
	for _, c := range []struct {
		name, slug string
		fields     fields
		want       string // Location below the root; a "*" stands for any text without a slash
	}{
		{"SP-POST-01 without Slug", "", nil, "c/*"},
		{"SP-POST-03 T16 Slug", "foobar", nil, "c/foobar"},
		{"SP-POST-03 E09 spaces and letters beyond ASCII", "my file é.txt", nil, "c/my%20file%20%C3%A9.txt"},
		{"SP-POST-03 percent-encoded Slug", "my%20file%20%C3%A9.txt", nil, "c/my%20file%20%C3%A9.txt"},
		{"ECO-CLI-05 Slug in Latin-1", "caf\xe9.txt", nil, "c/caf%C3%A9.txt"},
		{"SP-POST-03 SP-URI-04 Slug in use", "foo", nil, "c/*"},
		{"SP-URI-04 Slug of the twin of a container", "sub", nil, "c/*"},
		{"SP-URI-04 container with the Slug of a document", "foo", typeLink("BasicContainer"), "c/*/"},
		{"SP-POST-04 container", "box", typeLink("BasicContainer"), "c/box/"},
		{"SP-POST-04 container by ldp:Container", "box", typeLink("Container"), "c/box/"},
		{"SP-POST-04 container, lower-case rel list without quotes", "box", fields{"Link": "<http://www.w3.org/ns/ldp#Resource>; rel=type, <http://www.w3.org/ns/ldp#BasicContainer>; rel=type"}, "c/box/"},
		{"SP-POST-04 container without Slug", "", typeLink("BasicContainer"), "c/*/"},
		{"SP-POST-04 a slash in the Slug makes no container", "box/", nil, "c/*"},
		{"SP-POST-03 path in the Slug", "../evil", nil, "c/*"},
		{"SP-POST-03 encoded path in the Slug", "..%2F..%2Fevil", nil, "c/*"},
		{"SP-POST-03 dots", "..", nil, "c/*"},
		{"SP-POST-03 ACL of the container", ".acl", nil, "c/*"},
		{"SP-POST-03 ACL of a member", "foo.acl", nil, "c/*"},
		{"SP-POST-03 description of a member", "foo.meta", nil, "c/*"},
		{"SP-POST-03 encoded name of an ACL", "foo%2Eacl", nil, "c/*"},
		{"SP-POST-03 line break encoded", "a%0D%0ASet-Cookie:%20x=y", nil, "c/*"},
		{"SP-POST-03 NUL encoded", "a%00b", nil, "c/*"},
		{"SP-POST-03 a percent sign that encodes nothing", "100%", nil, "c/100%25"},
		{"SP-POST-03 question mark and hash", "a?b#c", nil, "c/a%3Fb%23c"},
		{"SP-POST-03 only blanks", "   ", nil, "c/*"},
		{"SP-POST-03 very long", strings.Repeat("n", 3000), nil, "c/*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, doc)
			f := fields{}
			if c.slug != "" {
				f["Slug"] = c.slug
			}
			a := p.send(post("c/", ttl, "<> <http://example.org/p> <#x>.", f, c.fields)).is(201).omits("example.org")
			location := a.header.Get("Location")
			checkLocation(t, location, c.want)
			if len(a.header["Set-Cookie"]) != 0 {
				t.Error("SP-SEC-01: the Slug wrote a header")
			}
			path := strings.TrimPrefix(location, base)
			p.get(alice, path).is(200).states(location, "http://example.org/p", location+"#x")
			if got := p.get(alice, "/alice/c/").members(); !slices.Contains(got, location) || len(got) != 3 {
				t.Errorf("SP-CON-02: %s is not listed once in %v", location, got)
			}
			p.get(alice, "/alice/c/foo").is(200).holds(note)
			p.get(alice, "/alice/c/foo.acl").is(404)
			p.get(alice, "/alice/c/.acl").is(404)
		})
	}
}

// checkLocation compares an absolute URL with a path below the root.
func checkLocation(t *testing.T, location, want string) {
	t.Helper()
	before, after, open := strings.Cut(root+want, "*")
	middle, ok := strings.CutPrefix(location, before)
	if ok && open {
		middle, ok = strings.CutSuffix(middle, after)
		ok = ok && middle != "" && !strings.Contains(middle, "/") &&
			!strings.HasSuffix(middle, ".acl") && !strings.HasSuffix(middle, ".meta")
	}
	if !ok || !open && middle != "" {
		t.Errorf("Location %q, want %s", location, root+want)
	}
}

func TestPOSTRefused(t *testing.T) {
	doc := []given{{"c/", "", ""}, {"c/r", ttl, note}}
	run(t, []row{
		{name: "SP-POST-02 T12 absent container", call: post("absent/", ttl, note), status: 404},
		{name: "SP-POST-02 T11 below a document", given: doc, call: post("c/r/foo/", ttl, note), status: 404},
		{name: "SP-POST-02 twin of a document", given: doc, call: post("c/r/", ttl, note), status: 404},
		{name: "SP-POST-02 T12 absent document", call: post("absent.ttl", ttl, note), status: 404},
		{name: "SP-POST-02 existing document", given: doc, call: post("c/r", ttl, note), status: 405, has: fields{"Allow": "PATCH"}},
		{name: "SP-POST-02 an ACL", given: doc, call: post(".acl", ttl, note), status: 405, has: fields{"Allow": "PUT"}},
		{name: "SP-HTTP-06 T03 body without Content-Type", given: doc, call: post("c/", "", "x"), status: 400},
		{name: "SP-CN-07 malformed Turtle", given: doc, call: post("c/", ttl, "oops"), status: 400},
		{name: "SP-POST-06 direct container", given: doc, call: post("c/", ttl, "", typeLink("DirectContainer")), status: 409, has: fields{"Link": "constrainedBy"}},
		{name: "SP-POST-06 indirect container", given: doc, call: post("c/", ttl, "", typeLink("IndirectContainer")), status: 409, has: fields{"Link": "constrainedBy"}},
		{name: "SP-HTTP-10 Link that is none", given: doc, call: post("c/", ttl, note, fields{"Link": ";"}), status: 400},
		{name: "SP-HTTP-10 Link without its end", given: doc, call: post("c/", ttl, note, fields{"Link": "<http://www.w3.org/ns/ldp#BasicContainer; rel=type"}), status: 400},
		{name: "SP-HTTP-10 If-Match that is none", given: doc, call: post("c/", ttl, note, fields{"If-Match": "x"}), status: 400},
		{name: "SP-PUT-04 container of a picture", given: doc, call: post("c/", "image/png", "x", typeLink("BasicContainer")), status: 415},
	})
	t.Run("SP-POST-05 T12 nothing is made on the way", func(t *testing.T) {
		p := newPod(t, doc)
		p.send(post("absent/", ttl, note)).is(404)
		p.send(post("absent.ttl", ttl, note)).is(404)
		p.lists("", "c/", "profile/")
	})
	t.Run("SP-POST-03 raw control characters do not reach the answer", func(t *testing.T) {
		p := newPod(t, doc)
		a := p.send(post("c/", text, "x", fields{"Slug": "tab\tbed"})).isOneOf(201, 400)
		if strings.ContainsAny(a.header.Get("Location"), "\t\r\n") {
			t.Errorf("Location %q", a.header.Get("Location"))
		}
	})
}

func TestSlashTwins(t *testing.T) {
	asContainer := typeLink("BasicContainer")
	t.Run("SP-URI-02 T04 document beside a container", func(t *testing.T) {
		p := newPod(t, nil)
		p.send(put("c/foo/", ttl, "", asContainer)).is(201)
		p.get(alice, "/alice/c/foo").is(404)
		p.send(put("c/foo", text, "x")).is(409)
		p.send(writing("PATCH", "c/foo", n3, insertDelete("", "", "<> ex:p ex:o."))).is(409)
		p.lists("c/", "c/foo/")
	})
	t.Run("SP-URI-02 T05 container beside a document", func(t *testing.T) {
		p := newPod(t, nil)
		p.send(put("c/foo", text, "x")).is(201)
		p.send(put("c/foo/", ttl, "")).is(409)
		p.send(put("c/foo/bar", text, "x")).is(409)
		p.send(writing("PATCH", "c/foo/bar", n3, insertDelete("", "", "<> ex:p ex:o."))).is(409)
		p.get(alice, "/alice/c/foo/").is(404)
		p.lists("c/", "c/foo")
	})
	t.Run("SP-URI-02 T06 after POST of a container", func(t *testing.T) {
		p := newPod(t, []given{{"c/", "", ""}})
		location := p.send(post("c/", ttl, "", asContainer)).is(201).header.Get("Location")
		twin := strings.TrimSuffix(strings.TrimPrefix(location, root), "/")
		p.send(put(twin, text, "x")).is(409)
		other := p.send(post("c/", text, "x", fields{"Slug": strings.TrimPrefix(twin, "c/")})).is(201).header.Get("Location")
		if other+"/" == location {
			t.Errorf("%s exists beside %s", other, location)
		}
	})
	t.Run("SP-URI-02 T07 after POST of a document", func(t *testing.T) {
		p := newPod(t, []given{{"c/", "", ""}})
		location := p.send(post("c/", text, "Hello")).is(201).header.Get("Location")
		if strings.HasSuffix(location, "/") {
			t.Errorf("SP-POST-04: a document at %s", location)
		}
		p.send(put(strings.TrimPrefix(location, root)+"/", ttl, "")).is(409)
	})
	t.Run("SP-URI-02 the name is free after deletion", func(t *testing.T) {
		p := newPod(t, []given{{"c/foo/", "", ""}})
		p.send(writing("DELETE", "c/foo/", "", "")).is(204)
		p.send(put("c/foo", text, "x")).is(201)
	})
}

func TestInterruptedUpload(t *testing.T) {
	p := newPod(t, []given{{"old", text, "whole"}})
	for _, path := range []string{"new", "old", "a/b/new", "new.ttl"} {
		for _, method := range []string{"PUT", "POST", "PATCH"} {
			body := io.MultiReader(strings.NewReader("<#a> <#b> <#c>.\n"), iotest.ErrReader(errors.New("the client went away")))
			req, err := http.NewRequestWithContext(t.Context(), method, root+path, body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(agentHeader, alice)
			req.Header.Set("Content-Type", map[string]string{"PUT": ttl, "POST": text, "PATCH": n3}[method])
			if resp, err := p.client.Do(req); err == nil {
				resp.Body.Close()
				if resp.StatusCode < 400 {
					t.Errorf("%s %s: %s for half a body", method, path, resp.Status)
				}
			}
		}
	}
	p.get(alice, "/alice/old").is(200).holds("whole")
	p.lists("", "old", "profile/")
}

func TestWritesOfUnknownMethod(t *testing.T) {
	p := newPod(t, nil)
	for _, method := range []string{"MKCOL", "COPY", "LOCK", "CONNECTED"} {
		a := p.write(alice, method, "/alice/", ttl, note).isOneOf(http.StatusMethodNotAllowed, http.StatusNotImplemented)
		a.lacks(fields{"Allow": method})
	}
}
