package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// negotiation is about the media types of RDF documents and files.
var negotiation = []suite.Case{
	suite.Must("SP-CN-01 SP-CN-09", "what is written as Turtle or JSON-LD is read as both", func(t *suite.T) {
		for name, content := range map[string]suite.Part{"turtle": suite.Turtle(note), "json-ld": suite.JSONLD(noteLD)} {
			url := put(t, name, content)
			posted := t.Alice.Post(t.Container(), content).Want(http.StatusCreated).WantLocation()
			for _, url := range []string{url, posted} {
				for _, accept := range []string{"text/turtle", "application/ld+json"} {
					t.Alice.Get(url, suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).WantTriples(isNote)
				}
			}
		}
	}),
	suite.Must("SP-CN-01", "what PATCH makes is read as Turtle and JSON-LD", func(t *suite.T) {
		url := t.URL("note")
		t.Alice.Patch(url, suite.N3(suite.InsertPatch(isNote))).WantSuccess()
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(url, suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).WantTriples(isNote)
		}
	}),
	suite.Must("SP-CN-03", "a file comes back as it was sent", func(t *suite.T) {
		content := "\x00\x01\xfe\xff" + strings.Repeat("bytes\r\n", 10_000)
		answer := t.Alice.Get(put(t, "file", suite.Body("application/x-thing", content)))
		if answer.Want(http.StatusOK).WantMediaType("application/x-thing"); answer.Body != content {
			answer.Failf("the content is not what was sent")
		}
	}),
	suite.Decision("SP-CN-03", "a document comes back as it was sent", func(t *suite.T) {
		const text = "# mine\n@prefix : <#>.\n:a :b  :c ."
		url := put(t, "note.ttl", suite.Turtle(text))
		t.Alice.Get(url).WantMediaType("text/turtle").WantBody(text)
		url = put(t, "note", suite.JSONLD(noteLD))
		t.Alice.Get(url).WantMediaType("application/ld+json").WantBody(noteLD)
	}),
	suite.Should("SP-CN-03", "what nobody can send is 406", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Get(url, suite.Accept("image/png")).Want(http.StatusNotAcceptable)
		t.Alice.Get(t.Container(), suite.Accept("image/png")).Want(http.StatusNotAcceptable)
	}),
	suite.Decision("SP-CN-04", "a file is never sent as another type", func(t *suite.T) {
		url := put(t, "file.txt", suite.Text("x"))
		t.Alice.Get(url, suite.Accept("text/turtle")).Want(http.StatusNotAcceptable)
		t.Alice.Get(url, suite.Accept("text/*;q=0.1")).Want(http.StatusOK).WantMediaType("text/plain")
	}),
	suite.Must("SP-CN-05", "named graphs of JSON-LD are kept", func(t *suite.T) {
		const ex = "https://conformance.example/ns#"
		url := put(t, "graphs", suite.JSONLD(`{"@context": {"ex": "https://conformance.example/ns#"},
			"@id": "#graph", "ex:of": "outside", "@graph": [{"@id": "#it", "ex:is": "inside"}]}`))
		answer := t.Alice.Get(url, suite.Accept("application/ld+json")).Want(http.StatusOK)
		if !answer.Document().Graph(rdf.IRI(url + "#graph")).Has(rdf.Triple{S: rdf.IRI(url + "#it"), P: rdf.IRI(ex + "is"), O: rdf.String("inside")}) {
			answer.Failf("the named graph is not there")
		}
	}),
	suite.May("SP-CN-06", "N-Triples, N-Quads and TriG are RDF too", func(t *suite.T) {
		text := "<" + t.URL("x") + "> <https://conformance.example/ns#title> \"first\" .\n"
		taken := 0
		for _, mediaType := range []string{"application/n-triples", "application/n-quads", "application/trig"} {
			answer := t.Alice.Put(t.URL("x"), suite.Body(mediaType, text))
			if answer.Status == http.StatusUnsupportedMediaType {
				continue
			}
			answer.WantSuccess()
			read := t.Alice.Get(t.URL("x"), suite.Accept("text/turtle"))
			if read.Status == http.StatusNotAcceptable {
				continue // it is a file to this server
			}
			taken++
			read.Want(http.StatusOK).WantTriples(`<> ex:title "first".`)
		}
		if taken == 0 {
			t.NotApplicable("they are files to this server")
		}
	}),
	suite.Should("SP-CN-07 SP-HTTP-10", "RDF that does not parse is 400 and nothing is made of it", func(t *suite.T) {
		for name, content := range map[string]suite.Part{"a": suite.Turtle("<> a"), "b": suite.JSONLD(`{"@id": `), "c": suite.Turtle("\xff\xfe")} {
			t.Alice.Put(t.URL(name), content).Want(http.StatusBadRequest)
			t.Alice.Post(t.Container(), content).Want(http.StatusBadRequest)
		}
		wantMembers(t, t.Container())
		url := put(t, "kept", suite.Turtle(note))
		t.Alice.Put(url, suite.Turtle("<> a")).Want(http.StatusBadRequest)
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.Must("SP-CN-07", "a charset parameter of UTF-8 is fine", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Body(`text/turtle; charset="UTF-8"`, note))
		t.Alice.Get(url, suite.Accept("application/ld+json")).Want(http.StatusOK).WantTriples(isNote)
	}),
	suite.Decision("SP-CN-07", "another charset than UTF-8 is 415", func(t *suite.T) {
		t.Alice.Put(t.URL("note.ttl"), suite.Body("text/turtle; charset=iso-8859-1", note)).Want(http.StatusUnsupportedMediaType)
	}),
	suite.Decision("SP-CN-08", "JSON-LD with a context on a private host is 422", func(t *suite.T) {
		for _, host := range []string{"http://127.0.0.1:1", "http://[::1]:1", "http://169.254.169.254", "http://10.0.0.1"} {
			t.Alice.Put(t.URL("note"), suite.JSONLD(`{"@context": "`+host+`/context", "@id": "", "name": "x"}`)).Want(http.StatusUnprocessableEntity)
		}
		wantMembers(t, t.Container())
	}),
	suite.Must("SP-CN-10", "a representation with a URL of its own sends writers to the resource", func(t *suite.T) {
		url := put(t, "note", suite.Turtle(note))
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			location := t.Alice.Get(url, suite.Accept(accept)).Want(http.StatusOK).List("Content-Location")
			if location == "" || location == url {
				continue
			}
			answer := t.Alice.Put(location, suite.Turtle("")).Want(http.StatusTemporaryRedirect, http.StatusPermanentRedirect)
			if answer.WantLocation() != url {
				answer.Failf("Location is %s, want %s", answer.WantLocation(), url)
			}
		}
	}),
	suite.Should("SP-CN-11", "who takes everything gets RDF, no page", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), t.Container()} {
			for _, parts := range [][]suite.Part{{suite.Accept("*/*")}, {}} {
				t.Alice.Get(url, parts...).Want(http.StatusOK).WantMediaType("text/turtle")
			}
		}
	}),
}

// accepting is about the field Accept. The document is stored as Turtle.
func accepting() []suite.Case {
	var cases []suite.Case
	for _, row := range []struct {
		kind                func(ids, title string, run func(*suite.T)) suite.Case
		title, accept, want string
	}{
		{suite.Must, "types are compared in any case", "Application/LD+JSON", "application/ld+json"},
		{suite.Must, "what is not known in a list is ignored", "application/x-thing, application/ld+json", "application/ld+json"},
		// RFC 9110 §12.1 lets servers decide otherwise than clients prefer.
		{suite.Should, "the type with the higher q-value wins", "text/turtle;q=0.3, application/ld+json;q=0.7", "application/ld+json"},
		{suite.Should, "what has no q-value has 1", "text/turtle;q=0.9, application/ld+json", "application/ld+json"},
		{suite.Should, "q=0 is not acceptable", "application/ld+json;q=0, */*;q=0.1", "text/turtle"},
		{suite.Should, "q=0 for what is stored is not acceptable", "text/turtle;q=0, application/ld+json;q=0.1", "application/ld+json"},
		{suite.Should, "what is more specific has precedence", "application/*;q=0.1, application/ld+json;q=0.9, text/turtle;q=0.5", "application/ld+json"},
		{suite.Should, "a range takes all of its types", "image/png, text/*;q=0.5", "text/turtle"},
		{suite.Should, "parameters do not keep a type away", "application/ld+json; charset=utf-8", "application/ld+json"},
		{suite.Should, "long lists are read to the end", "text/turtle;q=0.9, application/rdf+xml;q=0.8, application/n-triples;q=0.7, " +
			"application/xhtml+xml;q=0.6, text/html;q=0.6, application/json;q=0.5, text/plain;q=0.4, application/ld+json;q=0.95", "application/ld+json"},
	} {
		cases = append(cases, row.kind("SP-CN-02", row.title, func(t *suite.T) {
			url := put(t, "note.ttl", suite.Turtle(note))
			for _, url := range []string{url, t.Container()} {
				t.Alice.Get(url, suite.Accept(row.accept)).Want(http.StatusOK).WantMediaType(row.want)
				t.Alice.Head(url, suite.Accept(row.accept)).Want(http.StatusOK).WantMediaType(row.want)
			}
		}))
	}
	return cases
}
