package protocol

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"domicile/conformance/suite"
)

// validators are about entity tags, dates and what depends on them.
var validators = []suite.Case{
	suite.Should("SP-ETAG-01", "resources have strong tags, on GET and HEAD the same", func(t *suite.T) {
		for _, thing := range things(t) {
			tag := t.Alice.Get(thing.url).WantETag()
			if thing.url != t.Target.Root { // which other cases use meanwhile
				t.Alice.Head(thing.url).WantValue("ETag", tag)
			}
		}
	}),
	suite.Must("SP-ETAG-01", "a strong tag belongs to one representation of one state", func(t *suite.T) {
		url := t.URL("note.ttl")
		seen := map[string]string{}
		for _, title := range []string{"one", "two", "six"} { // as long as each other, within a second
			t.Alice.Put(url, suite.Turtle(suite.Prefixes+`<> ex:title "`+title+`".`)).WantSuccess()
			for _, accept := range []string{"text/turtle", "application/ld+json"} {
				answer := t.Alice.Get(url, suite.Accept(accept))
				tag := answer.List("ETag")
				if tag == "" || strings.HasPrefix(tag, "W/") {
					t.NotApplicable("documents have no strong tag")
				}
				if before, ok := seen[tag]; ok && before != answer.Body {
					answer.Failf("%s was the tag of other content", tag)
				}
				seen[tag] = answer.Body
			}
		}
	}),
	suite.Should("SP-ETAG-02", "the tag of any representation is good for a write", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, accept := range []string{"application/ld+json", "text/turtle"} {
			t.Alice.Put(url, suite.Turtle(note), suite.IfMatch(t.Alice.Get(url, suite.Accept(accept)).WantETag())).WantSuccess()
		}
	}),
	notModified("the current tag", func(tag string) string { return tag }),
	notModified("the current tag among others", func(tag string) string { return `"other", ` + tag }),
	notModified("the current tag as a weak one", func(tag string) string { return "W/" + tag }),
	notModified("the star", func(string) string { return "*" }),
	suite.Must("SP-ETAG-03", "a read with another tag is 200", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Get(url, suite.IfNoneMatch(`"other"`)).Want(http.StatusOK).WantTriples(isNote)
	}),
	suite.Should("SP-ETAG-04", "a read of what was not modified since is 304", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		modified := t.Alice.Head(url).WantHeader("Last-Modified")
		t.Alice.Get(url, ifModifiedSince(modified)).Want(http.StatusNotModified)
		t.Alice.Get(url, ifModifiedSince(longAgo)).Want(http.StatusOK)
	}),
	suite.Must("SP-ETAG-04", "dates do not count beside tags, nor when they are none", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		head := t.Alice.Head(url)
		modified, tag := head.WantHeader("Last-Modified"), head.WantETag()
		t.Alice.Get(url, ifModifiedSince(modified), suite.IfNoneMatch(`"other"`)).Want(http.StatusOK)
		t.Alice.Get(url, ifModifiedSince("yesterday")).Want(http.StatusOK)
		t.Alice.Put(url, suite.Turtle(note), ifUnmodifiedSince(longAgo), suite.IfMatch(tag)).WantSuccess()
		t.Alice.Put(url, suite.Turtle(note), ifUnmodifiedSince("yesterday")).WantSuccess()
		t.Alice.Put(url, suite.Turtle(note), ifModifiedSince(later())).WantSuccess()
	}),
	suite.Must("SP-ETAG-04", "a write of what was modified since is 412", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Put(url, suite.Turtle(""), ifUnmodifiedSince(longAgo)).Want(http.StatusPreconditionFailed)
		t.Alice.Patch(url, suite.N3(suite.InsertPatch("<> a ex:Other.")), ifUnmodifiedSince(longAgo)).Want(http.StatusPreconditionFailed)
		t.Alice.Delete(url, ifUnmodifiedSince(longAgo)).Want(http.StatusPreconditionFailed)
		t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a ex:Other.")
		t.Alice.Put(url, suite.Turtle(""), ifUnmodifiedSince(later())).WantSuccess()
	}),
	suite.Must("SP-ETAG-05", "conditions come after other refusals", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		never := suite.IfMatch(`"never"`)
		t.Nobody.Get(url, never).Want(http.StatusUnauthorized)
		t.Nobody.Put(url, suite.Turtle(""), suite.IfNoneMatch("*")).Want(http.StatusUnauthorized)
		t.Nobody.Delete(url, never).Want(http.StatusUnauthorized)
		t.Nobody.Put(t.URL("none"), suite.Turtle(""), suite.IfMatch("*")).Want(http.StatusUnauthorized)
		t.Alice.Get(t.URL("none"), never).Want(http.StatusNotFound)
		t.Alice.Delete(t.URL("none"), never).Want(http.StatusNotFound)
		t.Alice.Post(url, suite.Text("x"), never).Want(http.StatusMethodNotAllowed)
	}),
	suite.Must("SP-ETAG-05", "conditions come after the refusal of who may not", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Bob.Put(url, suite.Turtle(""), suite.IfNoneMatch("*")).Want(http.StatusForbidden)
		t.Bob.Put(t.URL("none"), suite.Turtle(""), suite.IfMatch("*")).Want(http.StatusForbidden)
		t.Bob.Delete(url, suite.IfMatch(`"never"`)).Want(http.StatusForbidden)
	}).Needing(suite.SecondAgent),
	suite.Must("SP-ETAG-06", "304 repeats what caches need", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		full := t.Alice.Get(url, suite.Origin("https://app.example"))
		answer := t.Alice.Get(url, suite.Origin("https://app.example"), suite.IfNoneMatch(full.WantETag())).Want(http.StatusNotModified)
		for _, name := range []string{"ETag", "Vary", "Cache-Control", "Content-Location", "Expires", "Access-Control-Allow-Origin"} {
			if full.List(name) != answer.List(name) {
				answer.Failf("%s is %q, of 200 %q", name, answer.List(name), full.List(name))
			}
		}
	}),
	suite.Must("SP-ETAG-07", "of PUTs at the same time that want nothing to be there, one makes it", func(t *suite.T) {
		url := t.URL("note.ttl")
		answers := together(func(int) *suite.Answer { return t.Alice.Put(url, suite.Turtle(note), suite.IfNoneMatch("*")) })
		if made, refused := count(answers, http.StatusCreated), count(answers, http.StatusPreconditionFailed); made != 1 || made+refused != len(answers) {
			t.Failf("%d of %d are 201 and %d are 412", made, len(answers), refused)
		}
		wantMembers(t, t.Container(), url)
	}),
	suite.Must("SP-ETAG-07", "of PUTs at the same time that replace the same state, one does", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		tag := t.Alice.Get(url).WantETag()
		answers := together(func(int) *suite.Answer { return t.Alice.Put(url, suite.Turtle("<> a <#Other>."), suite.IfMatch(tag)) })
		if refused := count(answers, http.StatusPreconditionFailed); refused != len(answers)-1 {
			t.Failf("%d of %d are 412", refused, len(answers))
		}
	}),
	suite.Must("SP-ETAG-07", "of inserts at the same time none is lost", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		together(func(n int) *suite.Answer {
			return t.Alice.Patch(url, suite.N3(suite.InsertPatch("<> ex:number "+digits[n:n+1]+" ."))).WantSuccess()
		})
		t.Alice.Get(url).WantTriples("<> ex:number 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 .").WantTriples(isNote)
	}),
	suite.Must("SP-ETAG-07 SP-CON-02", "of members made at the same time none is lost", func(t *suite.T) {
		var made []string
		for _, answer := range together(func(int) *suite.Answer { return t.Alice.Post(t.Container(), suite.Text("x"), suite.Slug("note")) }) {
			made = append(made, answer.Want(http.StatusCreated).WantLocation())
		}
		wantMembers(t, t.Container(), made...)
	}),
}

// notModified is a case about reads with tags made from the current one.
func notModified(title string, tags func(tag string) string) suite.Case {
	return suite.Must("SP-ETAG-03", "a read with "+title+" in If-None-Match is 304 without content", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), put(t, "file.txt", suite.Text("x")), t.Container()} {
			for _, accept := range []string{"*/*", "application/ld+json, */*;q=0.1"} {
				tag := t.Alice.Get(url, suite.Accept(accept)).WantETag()
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					t.Alice.Do(method, url, suite.Accept(accept), suite.IfNoneMatch(tags(tag))).Want(http.StatusNotModified).WantBody("")
				}
			}
		}
	})
}

// longAgo and later are dates for conditions.
const longAgo = "Sat, 01 Jan 2000 00:00:00 GMT"

func later() string { return time.Now().Add(time.Hour).UTC().Format(http.TimeFormat) }

func ifModifiedSince(date string) suite.Part   { return suite.Header("If-Modified-Since", date) }
func ifUnmodifiedSince(date string) suite.Part { return suite.Header("If-Unmodified-Since", date) }

// digits number the requests of together.
const digits = "0123456789"

// together sends ten requests at the same time.
func together(send func(n int) *suite.Answer) []*suite.Answer {
	answers := make([]*suite.Answer, len(digits))
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = send(n) })
	}
	all.Wait()
	return answers
}

// count returns how many answers have a status.
func count(answers []*suite.Answer, status int) (n int) {
	for _, answer := range answers {
		if answer != nil && answer.Status == status {
			n++
		}
	}
	return n
}

// preconditions are about If-Match and If-None-Match of writes: each condition
// with each method, on what is there and on what is not.
func preconditions() []suite.Case {
	var cases []suite.Case
	patch := suite.N3(suite.InsertPatch("<> a ex:Other."))
	for _, write := range []struct {
		method string
		parts  []suite.Part
	}{{http.MethodPut, []suite.Part{suite.Turtle(note)}}, {http.MethodPatch, []suite.Part{patch}}, {http.MethodDelete, nil}} {
		for _, row := range []struct {
			ids, title string
			missing    bool
			condition  func(tag string) suite.Part
			fails      bool
		}{
			{"SP-ETAG-02", "If-Match with the current tag goes on", false, suite.IfMatch, false},
			{"SP-ETAG-02", "If-Match with the current tag among others goes on", false, func(tag string) suite.Part { return suite.IfMatch(`"other", ` + tag) }, false},
			{"SP-ETAG-02", "If-Match with another tag is 412", false, func(string) suite.Part { return suite.IfMatch(`"other"`) }, true},
			{"SP-ETAG-02", "If-Match with the tag made weak is 412", false, func(tag string) suite.Part { return suite.IfMatch("W/" + tag) }, true},
			{"SP-ETAG-02", "If-Match: * goes on where something is", false, func(string) suite.Part { return suite.IfMatch("*") }, false},
			{"SP-ETAG-02", "If-Match: * is 412 where nothing is", true, func(string) suite.Part { return suite.IfMatch("*") }, true},
			{"SP-ETAG-03", "If-None-Match: * is 412 where something is", false, func(string) suite.Part { return suite.IfNoneMatch("*") }, true},
			{"SP-ETAG-03", "If-None-Match: * goes on where nothing is", true, func(string) suite.Part { return suite.IfNoneMatch("*") }, false},
			{"SP-ETAG-03", "If-None-Match with the current tag is 412", false, suite.IfNoneMatch, true},
			{"SP-ETAG-03", "If-None-Match with another tag goes on", false, func(string) suite.Part { return suite.IfNoneMatch(`"other"`) }, false},
		} {
			if row.missing && write.method == http.MethodDelete {
				continue // 404 anyway
			}
			cases = append(cases, suite.Must(row.ids, write.method+" with "+row.title, func(t *suite.T) {
				url, tag := t.URL("note.ttl"), ""
				if !row.missing {
					put(t, "note.ttl", suite.Turtle(note))
					tag = t.Alice.Head(url).WantETag()
				}
				answer := t.Alice.Do(write.method, url, append([]suite.Part{row.condition(tag)}, write.parts...)...)
				switch {
				case !row.fails:
					answer.WantSuccess()
				case row.missing:
					answer.Want(http.StatusPreconditionFailed)
					wantAbsent(t, url)
				default:
					answer.Want(http.StatusPreconditionFailed)
					t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a ex:Other.").WantValue("ETag", tag)
				}
			}))
		}
	}
	return cases
}
