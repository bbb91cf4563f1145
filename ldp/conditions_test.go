package ldp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
)

// epochStart is before, farFuture after everything in these tests.
const (
	epochStart = "Thu, 01 Jan 1970 00:00:00 GMT"
	farFuture  = "Fri, 01 Jan 2100 00:00:00 GMT"
)

// state is what a client may remember of a resource before it asks again.
type state struct{ ttl, jld, modified string }

func (p *pod) remember(path string) state {
	p.t.Helper()
	as := func(accept string) *answer {
		return p.send(call{alice, "GET", path, fields{"Accept": accept}, ""}).is(200)
	}
	return state{as(ttl).header.Get("ETag"), as(jld).header.Get("ETag"), as(ttl).header.Get("Last-Modified")}
}

func TestConditions(t *testing.T) {
	body := insertDelete("", "", "<#it> ex:more 1.")
	for _, c := range []struct {
		name, method, path string
		header, value      string // {ttl}, {jld}, {modified} stand for what GET said, {old} for an earlier tag
		want               int
	}{
		{"T44 SP-ETAG-03 GET, same tag", "GET", "c/r", "If-None-Match", "{ttl}", 304},
		{"SP-ETAG-03 HEAD, same tag", "HEAD", "c/r", "If-None-Match", "{ttl}", 304},
		{"SP-ETAG-03 GET, list of tags", "GET", "c/r", "If-None-Match", `"x", W/"y", {ttl}`, 304},
		{"SP-ETAG-03 GET, weak comparison", "GET", "c/r", "If-None-Match", "W/{ttl}", 304},
		{"SP-ETAG-03 GET, *", "GET", "c/r", "If-None-Match", "*", 304},
		{"SP-ETAG-01 GET, the other variant's tag", "GET", "c/r", "If-None-Match", "{jld}", 200},
		{"SP-ETAG-03 GET, old tag", "GET", "c/r", "If-None-Match", "{old}", 200},
		{"SP-ETAG-03 GET of a container, same tag", "GET", "c/", "If-None-Match", "{ttl}", 304},
		{"SP-ETAG-02 GET, If-Match of the current tag", "GET", "c/r", "If-Match", "{ttl}", 200},
		{"SP-ETAG-02 GET, If-Match of an old tag", "GET", "c/r", "If-Match", "{old}", 412},
		{"SP-ETAG-04 GET, not modified since", "GET", "c/r", "If-Modified-Since", "{modified}", 304},
		{"SP-ETAG-04 GET, modified since", "GET", "c/r", "If-Modified-Since", epochStart, 200},
		{"SP-ETAG-04 GET of a container by date: its listing may have changed", "GET", "c/", "If-Modified-Since", farFuture, 200},
		{"SP-ETAG-04 GET, a date that is none", "GET", "c/r", "If-Modified-Since", "yesterday", 200},
		{"SP-ETAG-04 GET, unmodified since", "GET", "c/r", "If-Unmodified-Since", "{modified}", 200},
		{"SP-ETAG-04 GET, modified since after all", "GET", "c/r", "If-Unmodified-Since", epochStart, 412},
		{"SP-ETAG-04 PUT is not asked If-Modified-Since", "PUT", "c/r", "If-Modified-Since", farFuture, 204},
		{"SP-ETAG-04 PUT, unmodified since", "PUT", "c/r", "If-Unmodified-Since", "{modified}", 204},
		{"SP-ETAG-04 PUT, modified since", "PUT", "c/r", "If-Unmodified-Since", epochStart, 412},
		{"SP-ETAG-02 PUT, current tag", "PUT", "c/r", "If-Match", "{ttl}", 204},
		{"T45 SP-ETAG-02 PUT, current tag of the other variant", "PUT", "c/r", "If-Match", "{jld}", 204},
		{"T45 SP-ETAG-02 PUT, old tag", "PUT", "c/r", "If-Match", "{old}", 412},
		{"SP-ETAG-02 PUT, weak tags never match", "PUT", "c/r", "If-Match", "W/{ttl}", 412},
		{"SP-ETAG-02 PUT, *", "PUT", "c/r", "If-Match", "*", 204},
		{"SP-ETAG-02 PUT of an absent one, *", "PUT", "c/new", "If-Match", "*", 412},
		{"T13 SP-ETAG-03 PUT if absent, exists", "PUT", "c/r", "If-None-Match", "*", 412},
		{"T13 SP-ETAG-03 PUT if absent, is absent", "PUT", "c/new", "If-None-Match", "*", 201},
		{"SP-ETAG-03 PUT of a container if absent, exists", "PUT", "c/", "If-None-Match", "*", 412},
		{"SP-ETAG-03 PUT of a container if absent, is absent", "PUT", "d/", "If-None-Match", "*", 201},
		{"SP-ETAG-03 PUT, tag in If-None-Match", "PUT", "c/r", "If-None-Match", "{ttl}", 412},
		{"SP-ETAG-03 PUT, other tag in If-None-Match", "PUT", "c/r", "If-None-Match", "{old}", 204},
		{"SP-ETAG-02 PATCH, current tag", "PATCH", "c/r", "If-Match", "{jld}", 204},
		{"SP-ETAG-02 PATCH, old tag", "PATCH", "c/r", "If-Match", "{old}", 412},
		{"SP-ETAG-03 PATCH if absent, exists", "PATCH", "c/r", "If-None-Match", "*", 412},
		{"SP-ETAG-03 PATCH if absent, is absent", "PATCH", "c/new", "If-None-Match", "*", 201},
		{"SP-ETAG-02 PATCH of a container, old tag", "PATCH", "c/", "If-Match", `"x"`, 412},
		{"SP-ETAG-02 DELETE, current tag", "DELETE", "c/r", "If-Match", "{ttl}", 204},
		{"SP-ETAG-02 DELETE, old tag", "DELETE", "c/r", "If-Match", "{old}", 412},
		{"SP-ETAG-03 POST, container exists", "POST", "c/", "If-None-Match", "*", 412},
		{"SP-ETAG-02 ACL, old tag", "PUT", "c/r.acl", "If-Match", "{old}", 412},
		{"SP-ETAG-05 404 wins", "DELETE", "c/absent", "If-Match", "{old}", 404},
		{"SP-ETAG-05 405 wins", "POST", "c/r", "If-None-Match", "*", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, []given{{"c/r", ttl, "<> a <#Old>."}, aclOf("c/r", mine)})
			old := p.remember("/alice/c/r")
			p.send(put("c/r", ttl, note)).is(204)
			now := old
			if path := "/alice/" + c.path; !strings.Contains(c.path, "absent") && !strings.Contains(c.path, "new") && c.path != "d/" {
				now = p.remember(path)
			}
			value := strings.NewReplacer("{ttl}", now.ttl, "{jld}", now.jld, "{modified}", now.modified, "{old}", old.ttl).Replace(c.value)
			mediaType, content := ttl, ""
			switch {
			case c.method == "PATCH":
				mediaType, content = n3, body
			case strings.HasSuffix(c.path, ".acl"):
				content = acl(root+"c/r", rule{agent: alice, modes: "Control", here: true})
			}
			a := p.write(alice, c.method, "/alice/"+c.path, mediaType, content, fields{c.header: value}).is(c.want)
			if c.want == 304 {
				a.has(fields{"ETag": now.ttl, "Last-Modified": "GMT", "Vary": "Accept", "Cache-Control": "no-cache"})
				if a.body != "" {
					t.Errorf("SP-ETAG-06: a body of %d bytes", len(a.body))
				}
			}
			if c.want == 412 && c.path == "c/r" {
				p.get(alice, "/alice/c/r").is(200).holds(note)
			}
		})
	}
}

func TestConditionsAndAccess(t *testing.T) {
	standing := []given{{"c/r", ttl, note}, aclOf("c/", mine, all("Append"))}
	run(t, []row{
		{name: "SP-ETAG-05 401 wins", given: standing, call: call{public, "PUT", "/alice/c/r", fields{"If-None-Match": "*", "Content-Type": ttl}, note}, status: 401},
		{name: "SP-ETAG-05 403 wins", given: standing, call: call{stranger, "PUT", "/alice/c/r", fields{"If-None-Match": "*", "Content-Type": ttl}, note}, status: 403},
		{name: "SP-ETAG-05 403 wins over 304", given: standing, call: call{bob, "GET", "/alice/c/r", fields{"If-None-Match": "*"}, ""}, status: 403},
		{name: "SP-ETAG-05 no 412 of what may not be read", given: standing, call: call{bob, "DELETE", "/alice/c/r", fields{"If-Match": `"x"`}, ""}, status: 403},
		{name: "SP-ETAG-06 304 has CORS fields", given: standing, call: call{alice, "GET", "/alice/c/r", fields{"If-None-Match": "*", "Origin": "https://app.example"}, ""},
			status: 304, has: fields{"Access-Control-Allow-Origin": "https://app.example", "Vary": "Origin"}},
	})
}

func TestTagsOverruleDates(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}})
	tag := p.remember("/alice/r").ttl
	t.Run("SP-ETAG-04 If-None-Match over If-Modified-Since", func(t *testing.T) {
		p.send(call{alice, "GET", "/alice/r", fields{"If-None-Match": `"x"`, "If-Modified-Since": farFuture}, ""}).is(200)
		p.send(call{alice, "GET", "/alice/r", fields{"If-None-Match": tag, "If-Modified-Since": epochStart}, ""}).is(304)
	})
	t.Run("SP-ETAG-04 If-Match over If-Unmodified-Since", func(t *testing.T) {
		p.send(put("r", ttl, note, fields{"If-Match": tag, "If-Unmodified-Since": epochStart})).is(204)
		p.send(put("r", ttl, note, fields{"If-Match": tag, "If-Unmodified-Since": farFuture})).is(412)
	})
}

func TestEntityTags(t *testing.T) {
	t.Run("SP-ETAG-01 each write makes another tag, also within a second", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		seen := []string{}
		for range 5 {
			p.send(put("r", ttl, note)).is(204)
			seen = append(seen, p.remember("/alice/r").ttl)
		}
		slices.Sort(seen)
		if len(slices.Compact(seen)) != 5 {
			t.Errorf("tags %v", seen)
		}
	})
	t.Run("SP-ETAG-01 variants have tags of their own", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		for _, path := range []string{"/alice/c/r", "/alice/c/"} {
			if s := p.remember(path); s.ttl == s.jld {
				t.Errorf("%s: both variants have %s", path, s.ttl)
			}
		}
	})
	t.Run("SP-ETAG-01 the tag of a write is the tag of the next read", func(t *testing.T) {
		p := newPod(t, nil)
		created := p.send(put("r", ttl, note)).is(201).header.Get("ETag")
		if got := p.get(alice, "/alice/r").header.Get("ETag"); got != created {
			t.Errorf("PUT said %s, GET %s", created, got)
		}
		patched := p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", "<> ex:p 1.")).is(204).header.Get("ETag")
		if got := p.get(alice, "/alice/r").header.Get("ETag"); got != patched || got == created {
			t.Errorf("PUT said %s, PATCH %s, GET %s", created, patched, got)
		}
	})
	t.Run("SP-HTTP-07 Last-Modified is never ahead of the clock", func(t *testing.T) {
		slow := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
		p := newPod(t, []given{{"r", ttl, note}}, func(c *ldp.Config) { c.Clock = func() time.Time { return slow } })
		if got := p.get(alice, "/alice/r").is(200).header.Get("Last-Modified"); got != slow.Format(http.TimeFormat) {
			t.Errorf("Last-Modified %q", got)
		}
	})
	t.Run("SP-ETAG-01 a tag does not outlive its resource", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		before := p.remember("/alice/r").ttl
		p.send(deletion("r")).is(204)
		p.send(put("r", ttl, note)).is(201)
		p.send(put("r", ttl, note, fields{"If-Match": before})).is(412)
	})
}
