package protocol

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// members returns what a container lists, in order.
func members(listing *suite.Answer) []string {
	var all []string
	for member := range listing.Graph().Objects(rdf.IRI(listing.URL), rdf.IRI(rdf.LDP+"contains")) {
		all = append(all, member.Value())
	}
	slices.Sort(all)
	return all
}

// wantMembers wants a container to list these and nothing else.
func wantMembers(t *suite.T, container string, want ...string) {
	listing := t.Alice.Get(container, suite.Accept("text/turtle")).Want(http.StatusOK)
	slices.Sort(want)
	if got := members(listing); !slices.Equal(got, want) {
		listing.Failf("it lists %q, want %q", got, want)
	}
}

// containers are about what containers tell, and what may be told of them.
var containers = []suite.Case{
	suite.Must("SP-CON-01 SP-CON-02", "a container lists its members, and only these", func(t *suite.T) {
		inner := put(t, "a/inner.ttl", suite.Turtle(note))
		file, empty := put(t, "file.txt", suite.Text("x")), container(t, "empty/")
		posted := t.Alice.Post(t.Container(), suite.Text("x")).Want(http.StatusCreated).WantLocation()
		wantMembers(t, t.Container(), t.URL("a/"), file, empty, posted)
		wantMembers(t, t.URL("a/"), inner)
		wantMembers(t, empty)
		t.Alice.Delete(posted).WantSuccess()
		t.Alice.Delete(empty).WantSuccess()
		wantMembers(t, t.Container(), t.URL("a/"), file)
		t.Alice.Put(file, suite.Text("y")).WantSuccess()
		wantMembers(t, t.Container(), t.URL("a/"), file)
	}),
	suite.Must("SP-CON-02 SP-AUX-02", "auxiliary resources are not listed", func(t *suite.T) {
		document := put(t, "note.ttl", suite.Turtle(note))
		head := t.Alice.Head(document)
		if described := head.Links("describedby"); len(described) == 1 {
			t.Alice.Patch(described[0], suite.N3(suite.InsertPatch("<"+document+"> ex:about \"it\"."))).WantSuccess()
		}
		if t.Target.WAC {
			t.SetACL(document)
		}
		wantMembers(t, t.Container(), document)
	}),
	suite.Should("SP-CON-03", "a container states its types", func(t *suite.T) {
		t.Alice.Get(t.Container()).WantTriples("<> a ldp:Container, ldp:BasicContainer, ldp:Resource.")
		t.Alice.Get(t.Target.Root).WantTriples("<> a ldp:Container, ldp:BasicContainer, ldp:Resource, pim:Storage.")
	}),
	suite.Should("SP-CON-04", "a listing tells type, media type and size of members", func(t *suite.T) {
		put(t, "file.txt", suite.Text("twelve bytes"))
		put(t, "note.ttl", suite.Turtle("<> a <#Note>."))
		container(t, "c/")
		t.Alice.Get(t.Container()).WantTriples(`
			<file.txt> a ldp:Resource, <http://www.w3.org/ns/iana/media-types/text/plain#Resource>; stat:size 12 .
			<note.ttl> a ldp:Resource, <http://www.w3.org/ns/iana/media-types/text/turtle#Resource> .
			<c/> a ldp:Resource, ldp:Container, ldp:BasicContainer .`)
	}),
	suite.Should("SP-CON-04", "a listing tells the dates of members, which are their Last-Modified", func(t *suite.T) {
		url := put(t, "file.txt", suite.Text("x"))
		modified, err := http.ParseTime(t.Alice.Head(url).WantHeader("Last-Modified"))
		if err != nil {
			t.Failf("Last-Modified is no date: %v", err)
		}
		listing := t.Alice.Get(t.Container())
		told := listing.Graph().Object(rdf.IRI(url), rdf.IRI(rdf.DCTerms+"modified"))
		if date, err := time.Parse(time.RFC3339, told.Value()); err != nil || !date.Truncate(time.Second).Equal(modified) {
			listing.Failf("dcterms:modified is %s, want %s", told, modified)
		}
		told = listing.Graph().Object(rdf.IRI(url), rdf.IRI(rdf.POSIX+"mtime"))
		if seconds, err := strconv.ParseFloat(told.Value(), 64); err != nil || int64(seconds) != modified.Unix() {
			listing.Failf("stat:mtime is %s, want %d", told, modified.Unix())
		}
	}),
	suite.Must("SP-CON-05 SP-ETAG-01", "a container's tag changes when a member comes or goes", func(t *suite.T) {
		seen := map[string]string{}
		look := func(when string) {
			answer := t.Alice.Get(t.Container())
			tag := answer.Header.Get("ETag")
			if tag == "" || strings.HasPrefix(tag, "W/") {
				t.NotApplicable("containers have no strong tag")
			}
			if before, ok := seen[tag]; ok {
				answer.Failf("the tag %s is that of before, %s", when, before)
			}
			seen[tag] = when
		}
		look("when empty")
		url := put(t, "note.ttl", suite.Turtle(note))
		look("with a member")
		t.Alice.Delete(url).WantSuccess()
		put(t, "other.ttl", suite.Turtle(note))
		look("with another member")
	}),
	suite.Decision("SP-CON-05", "what happens two levels below does not change a container", func(t *suite.T) {
		container(t, "a/b/")
		before := t.Alice.Head(t.Container()).WantETag()
		put(t, "a/b/note.ttl", suite.Turtle(note))
		t.Alice.Head(t.Container()).WantValue("ETag", before)
	}),
	suite.Should("SP-CON-06 SP-PUT-04", "what clients say of a container stays beside what the server says", func(t *suite.T) {
		c := t.URL("c/")
		t.Alice.Put(c, suite.Turtle(suite.Prefixes+`<> dcterms:title "mine".`)).WantSuccess()
		put(t, "c/note.ttl", suite.Turtle(note))
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(c, suite.Accept(accept)).WantTriples(`<> dcterms:title "mine"; ldp:contains <note.ttl>.`)
		}
	}),
	suite.Should("SP-CON-09", "PUT and PATCH of a container change what clients say of it", func(t *suite.T) {
		c := t.URL("c/")
		t.Alice.Put(c, suite.Turtle(suite.Prefixes+`<> dcterms:title "one".`)).WantSuccess()
		put(t, "c/note.ttl", suite.Turtle(note))
		t.Alice.Patch(c, suite.N3(suite.Patch("", `<> dcterms:title "one".`, `<> dcterms:title "two".`))).WantSuccess()
		t.Alice.Get(c).WantTriples(`<> dcterms:title "two"; ldp:contains <note.ttl>.`).WantNoTriples(`<> dcterms:title "one".`)
		t.Alice.Put(c, suite.Turtle(suite.Prefixes+`<> dcterms:title "three".`)).WantSuccess()
		t.Alice.Get(c).WantTriples(`<> dcterms:title "three"; ldp:contains <note.ttl>.`).WantNoTriples(`<> dcterms:title "two".`)
	}),
	suite.Must("SP-CON-10", "containers are read as Turtle and as JSON-LD", func(t *suite.T) {
		member := put(t, "note.ttl", suite.Turtle(note))
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(t.Container(), suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).WantTriples(contains(member))
		}
	}),
	suite.Should("SP-CON-10 SP-CN-11", "who does not say what she takes gets containers as Turtle", func(t *suite.T) {
		t.Alice.Get(t.Container()).Want(http.StatusOK).WantMediaType("text/turtle")
		t.Alice.Get(t.Container(), suite.Accept("*/*")).Want(http.StatusOK).WantMediaType("text/turtle")
	}),
	suite.May("SP-CON-11", "Prefer leaves the listing out or in, and what is not known is ignored", func(t *suite.T) {
		member := put(t, "note.ttl", suite.Turtle(note))
		prefer := func(value string) *suite.Answer {
			return t.Alice.Get(t.Container(), suite.Header("Prefer", value)).Want(http.StatusOK)
		}
		prefer("respond-sometime").WantTriples(contains(member))
		minimal := prefer(`return=representation; include="` + rdf.LDP + `PreferMinimalContainer"`)
		if len(minimal.Header.Values("Preference-Applied")) == 0 {
			t.NotApplicable("no preference is applied")
		}
		minimal.WantNoTriples(contains(member))
		prefer(`return=representation; omit="` + rdf.LDP + `PreferContainment"`).WantNoTriples(contains(member))
		prefer(`return=representation; include="` + rdf.LDP + `PreferContainment"`).WantTriples(contains(member))
	}),
	suite.Must("SP-CON-12", "index.html replaces no container for who asks for RDF", func(t *suite.T) {
		page := put(t, "index.html", suite.Body("text/html", "<p>hello"))
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(t.Container(), suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).WantTriples(contains(page))
		}
	}),
}

// protected are about what only the server says of a container.
func protected() []suite.Case {
	// The container has the member note.ttl.
	of := func(ids, title string, write func(t *suite.T, c string) *suite.Answer) suite.Case {
		return suite.Must(ids, title, func(t *suite.T) {
			member := put(t, "c/note.ttl", suite.Turtle(note))
			write(t, t.URL("c/")).Want(http.StatusConflict)
			wantMembers(t, t.URL("c/"), member)
		})
	}
	putting := func(triples string) func(*suite.T, string) *suite.Answer {
		return func(t *suite.T, c string) *suite.Answer { return t.Alice.Put(c, suite.Turtle(suite.Prefixes+triples)) }
	}
	inserting := func(triples string) func(*suite.T, string) *suite.Answer {
		return func(t *suite.T, c string) *suite.Answer {
			return t.Alice.Patch(c, suite.N3(suite.InsertPatch(triples)))
		}
	}
	cases := []suite.Case{
		of("SP-CON-07", "PUT cannot add a member to a listing", putting(contains("note.ttl")+contains("bogus"))),
		of("SP-CON-07 SP-N3-14", "PATCH cannot add a member to a listing", inserting(contains("bogus"))),
		of("SP-CON-07 SP-N3-14", "PATCH cannot take a member from a listing", func(t *suite.T, c string) *suite.Answer {
			return t.Alice.Patch(c, suite.N3(suite.Patch("", contains("note.ttl"), "")))
		}),
		suite.Must("SP-CON-07", "a new container cannot be born with a listing", func(t *suite.T) {
			for _, answer := range []*suite.Answer{
				t.Alice.Put(t.URL("put/"), suite.Turtle(suite.Prefixes+contains("bogus"))),
				t.Alice.Post(t.Container(), suite.Turtle(suite.Prefixes+contains("bogus")), suite.TypeLink(suite.BasicContainer)),
			} {
				if answer.Status/100 != 2 {
					answer.WantRefused()
				}
			}
			for _, made := range members(t.Alice.Get(t.Container())) {
				wantMembers(t, made)
			}
		}),
		suite.Decision("SP-CON-07", "a PUT that repeats the listing or leaves it out is no change of it", func(t *suite.T) {
			member := put(t, "c/note.ttl", suite.Turtle(note))
			c := t.URL("c/")
			read := t.Alice.Get(c, suite.Accept("text/turtle")).Want(http.StatusOK)
			// What was read comes first: each PUT gives the container a new date.
			for _, content := range []string{read.Body, contains("note.ttl"), ""} {
				t.Alice.Put(c, suite.Turtle(suite.Prefixes+content)).WantSuccess()
				wantMembers(t, c, member)
			}
		}),
	}
	for _, row := range []struct{ what, triples string }{
		{"size", "<note.ttl> stat:size 4711 ."},
		{"date in seconds", "<note.ttl> stat:mtime 4711 ."},
		{"date", `<note.ttl> dcterms:modified "2001-01-01T00:00:00Z"^^xsd:dateTime .`},
		{"media type", "<note.ttl> a <http://www.w3.org/ns/iana/media-types/image/png#Resource> ."},
	} {
		cases = append(cases,
			of("SP-CON-08", "PUT cannot change the "+row.what+" that a listing tells", putting(row.triples)),
			of("SP-CON-08 SP-N3-14", "PATCH cannot change the "+row.what+" that a listing tells", inserting(row.triples)))
	}
	return append(cases, suite.Decision("SP-CON-08", "a container cannot be called a storage, nor a document a container", func(t *suite.T) {
		put(t, "c/note.ttl", suite.Turtle(note))
		for _, triples := range []string{"<> a pim:Storage.", "<note.ttl> a ldp:BasicContainer."} {
			t.Alice.Patch(t.URL("c/"), suite.N3(suite.InsertPatch(triples))).Want(http.StatusConflict)
		}
	}))
}
