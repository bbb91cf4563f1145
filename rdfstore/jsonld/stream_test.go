package jsonld

import (
	"bytes"
	"errors"
	"testing"

	"domicile/rdfstore/rdf"
)

func TestWriteStream(t *testing.T) {
	s, p, o := rdf.IRI("urn:s"), rdf.IRI("urn:p"), rdf.IRI("urn:o")
	doc := document(
		rdf.Quad{S: s, P: rdf.Type, O: rdf.IRI("urn:T")},
		rdf.Quad{S: s, P: rdf.Type, O: rdf.Blank("T")},
		rdf.Quad{S: s, P: rdf.Type, O: rdf.String("a literal")},
		rdf.Quad{S: s, P: p, O: rdf.Typed("5", rdf.XSDInteger)},
		rdf.Quad{S: s, P: p, O: rdf.LangString("fünf", "de")},
		rdf.Quad{S: rdf.Blank("c"), P: rdfFirst, O: o},
		rdf.Quad{S: rdf.Blank("c"), P: rdfRest, O: rdfNil},
		rdf.Quad{S: s, P: p, O: o, G: rdf.IRI("urn:g")},
		rdf.Quad{S: o, P: p, O: s, G: rdf.IRI("urn:g")},
		rdf.Quad{S: s, P: p, O: o, G: rdf.Blank("g")},
	)
	const want = `[
  {
    "@id": "urn:s",
    "@type": ["urn:T",
      "_:T"]
  },
  {
    "@id": "urn:s",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": [{"@value": "a literal"}],
    "urn:p": [{"@value": 5},
      {"@value": "fünf", "@language": "de"}]
  },
  {
    "@id": "_:c",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#first": [{"@id": "urn:o"}],
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest": [{"@list": []}]
  },
  {
    "@id": "urn:g",
    "@graph": [
      {
        "@id": "urn:s",
        "urn:p": [{"@id": "urn:o"}]
      },
      {
        "@id": "urn:o",
        "urn:p": [{"@id": "urn:s"}]
      }
    ]
  },
  {
    "@id": "_:g",
    "@graph": [
      {
        "@id": "urn:s",
        "urn:p": [{"@id": "urn:o"}]
      }
    ]
  }
]
`
	stream := func(quads []rdf.Quad, last error) rdf.Stream {
		return rdf.Stream{Quads: func(yield func(rdf.Quad, error) bool) {
			for _, q := range quads {
				if !yield(q, nil) {
					return
				}
			}
			if last != nil {
				yield(rdf.Quad{}, last)
			}
		}}
	}
	var quads []rdf.Quad
	for q := range doc.Quads() {
		quads = append(quads, q)
	}
	var b bytes.Buffer
	if err := WriteStream(&b, stream(quads, nil), testBase); err != nil || b.String() != want {
		t.Errorf("error %v, written\n%s", err, b.String())
	}
	if !rdf.Isomorphic(parse(t, b.String()).Dataset, doc.Dataset) {
		t.Error("reads back as another dataset")
	}
	b.Reset()
	if err := WriteStream(&b, stream(nil, nil), testBase); err != nil || b.String() != "[\n]\n" {
		t.Errorf("an empty document: error %v, written %q", err, b.String())
	}
	broken := errors.New("the disk is gone")
	if err := WriteStream(&b, stream(quads, broken), testBase); !errors.Is(err, broken) {
		t.Errorf("the error of what is read: %v", err)
	}
	if err := WriteStream(errorWriter{broken}, stream(quads, nil), testBase); !errors.Is(err, broken) {
		t.Errorf("the error of what is written to: %v", err)
	}
}
