package protocol

import (
	"net/http"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// messages are about HTTP itself, whatever the resource.
var messages = []suite.Case{
	suite.Must("SP-HTTP-01", "answers have a date", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, answer := range []*suite.Answer{t.Alice.Get(url), t.Alice.Get(url + "x"), t.Nobody.Get(url)} {
			if _, err := http.ParseTime(answer.WantHeader("Date")); err != nil {
				answer.Failf("Date is no date: %v", err)
			}
		}
	}),
	suite.Should("SP-HTTP-02", "the server is reached over TLS", func(t *suite.T) {
		if !strings.HasPrefix(t.Target.URL, "https:") {
			t.NotApplicable("the run was given an http: URL; where TLS ends at a proxy, judge the proxy's URL")
		}
		t.Nobody.Get(t.Target.URL)
	}),
	suite.Must("SP-HTTP-02", "http: redirects to https:, OPTIONS too", func(t *suite.T) {
		rest, ok := strings.CutPrefix(t.Target.Root, "https:")
		if !ok {
			t.NotApplicable("the run was given an http: URL")
		}
		for _, method := range reads {
			answer := t.Nobody.Try(method, "http:"+rest+"?x=y", suite.Origin("https://app.example"))
			if answer.Status == 0 {
				t.NotApplicable("nothing answers at http:")
			}
			answer.Want(http.StatusMovedPermanently, http.StatusPermanentRedirect)
			if location := answer.WantLocation(); location != t.Target.Root+"?x=y" {
				answer.Failf("Location is %s", location)
			}
		}
	}),
	suite.Must("SP-HTTP-05", "answers with content have a Content-Type, refusals too", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, answer := range []*suite.Answer{
			t.Alice.Get(url), t.Alice.Get(t.Container()), t.Alice.Get(t.URL("none")), t.Nobody.Get(url),
			t.Alice.Put(t.URL("x.ttl"), suite.Turtle("<> a")), t.Alice.Patch(url, suite.Text("x")), t.Alice.Delete(t.Container()),
			t.Alice.Post(url, suite.Text("x")),
		} {
			if answer.Body != "" {
				answer.WantHeader("Content-Type")
			}
		}
	}),
	suite.Must("SP-HTTP-06", "content without a Content-Type is 400", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		untyped := suite.Body("", note)
		t.Alice.Put(t.URL("new"), untyped).Want(http.StatusBadRequest)
		t.Alice.Put(url, untyped).Want(http.StatusBadRequest)
		t.Alice.Post(t.Container(), untyped).Want(http.StatusBadRequest)
		t.Alice.Patch(url, suite.Body("", suite.InsertPatch("<> a ex:Other."))).Want(http.StatusBadRequest)
		wantAbsent(t, t.URL("new"))
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.Decision("SP-HTTP-06", "no content needs no type", func(t *suite.T) {
		t.Alice.Put(t.URL("empty/")).Want(http.StatusCreated)
		t.Alice.Put(t.URL("empty") + ".bin").Want(http.StatusCreated)
		t.Alice.Get(t.URL("empty.bin")).Want(http.StatusOK).WantBody("")
	}),
	suite.Must("SP-HTTP-07", "GET and HEAD tell Last-Modified, which is not in the future", func(t *suite.T) {
		all := things(t)
		for _, description := range t.Alice.Head(t.Container()).Links(storageDescription) {
			all = append(all, thing{"storage description", description})
		}
		for _, thing := range all {
			for _, answer := range []*suite.Answer{t.Alice.Get(thing.url), t.Alice.Head(thing.url)} {
				answer.Want(http.StatusOK)
				modified, err := http.ParseTime(answer.WantHeader("Last-Modified"))
				if err != nil {
					answer.Failf("Last-Modified is no date: %v", err)
				}
				if now, err := http.ParseTime(answer.Header.Get("Date")); err == nil && modified.After(now) {
					answer.Failf("Last-Modified is %s after the Date", modified.Sub(now).Round(time.Second))
				}
			}
		}
	}),
	suite.Must("SP-HTTP-08", "HEAD has no content, and the length of GET's if any", func(t *suite.T) {
		for _, thing := range things(t) {
			get, head := t.Alice.Get(thing.url), t.Alice.Head(thing.url)
			head.Want(get.Status).WantBody("")
			length := get.Header.Get("Content-Length")
			if told := head.Header.Get("Content-Length"); told != "" && length != "" && told != length {
				head.Failf("Content-Length is %s, of GET %s", told, length)
			}
		}
	}),
	suite.Should("SP-HTTP-08", "HEAD has the header fields of GET", func(t *suite.T) {
		for _, thing := range things(t) {
			get, head := t.Alice.Get(thing.url), t.Alice.Head(thing.url)
			for _, name := range []string{"Content-Type", "ETag", "Last-Modified", "Link", "Allow", "Accept-Patch", "Accept-Post", "Accept-Put", "Vary", "WAC-Allow"} {
				if name == "ETag" && thing.url == t.Target.Root {
					continue // other cases change it meanwhile
				}
				if get.List(name) != head.List(name) {
					head.Failf("%s is %q, of GET %q", name, head.List(name), get.List(name))
				}
			}
		}
	}),
	suite.Must("SP-HTTP-15", "Expect: 100-continue is understood", func(t *suite.T) {
		expect := suite.Header("Expect", "100-continue")
		t.Alice.Put(t.URL("note.ttl"), suite.Turtle(note), expect).Want(http.StatusCreated)
		t.Alice.Get(t.URL("note.ttl")).WantTriples(isNote)
		t.Nobody.Put(t.URL("note.ttl"), suite.Turtle(note), expect).Want(http.StatusUnauthorized)
	}),
	suite.Should("SP-HTTP-13 SP-CN-01", "Vary names Accept where it decides what is sent", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Get(url).WantListed("Vary", "Accept")
		t.Alice.Get(t.Container()).WantListed("Vary", "Accept")
	}),
	suite.Must("SP-HTTP-13", "a shared cache is not told to keep what is private", func(t *suite.T) {
		answer := t.Alice.Get(put(t, "note.ttl", suite.Turtle(note))).Want(http.StatusOK)
		for _, may := range []string{"public", "s-maxage", "must-revalidate"} { // RFC 9111 §3.5
			for _, directive := range strings.Split(answer.List("Cache-Control"), ",") {
				if name, _, _ := strings.Cut(strings.TrimSpace(directive), "="); strings.EqualFold(name, may) {
					answer.Failf("Cache-Control %s has shared caches keep it", name)
				}
			}
		}
	}),
	suite.Decision("SP-HTTP-13", "Cache-Control is no-cache, and private for what not everybody may read", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Get(url).WantListed("Cache-Control", "private", "no-cache")
		t.Alice.Get(url).WantListed("Vary", "Accept", "Authorization", "Origin")
	}),
}
