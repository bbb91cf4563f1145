package provision_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/server/provision"
)

// withTemplate makes pods by a city's template.
func withTemplate(t *testing.T, city fs.FS) (*fixture, error) {
	t.Helper()
	space, err := resource.NewSpace(base, false)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	t.Cleanup(func() { _ = store.Close() })
	pods, err := provision.New(t.Context(), space, store, issuer, city, time.Now)
	return &fixture{space, store, pods}, err
}

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

const cityACL = `@prefix acl: <http://www.w3.org/ns/auth/acl#>.
<#owner> a acl:Authorization; acl:agent <{{.Owner}}>; acl:accessTo <{{.Subject}}>; acl:default <{{.Subject}}>; acl:mode acl:Read, acl:Write, acl:Control.`

func TestCityTemplate(t *testing.T) {
	f, err := withTemplate(t, fstest.MapFS{
		"welcome to the city.md":        file("# {{not a template}}"),
		"logo.png":                      file("\x89PNG"),
		"city/.acl":                     file(cityACL),
		"city/.meta":                    file("<./> <http://purl.org/dc/terms/title> 'Letters to {{.Name}}'."),
		"city/letters":                  {Mode: fs.ModeDir},
		"city/first.jsonld":             file(`{"@id": "", "http://purl.org/dc/terms/title": "{{.Root}}"}`),
		"settings/privateTypeIndex.ttl": file("<> a <#Mine>."),
		".DS_Store":                     file("rubbish"),
		".git/config":                   file("rubbish"),
		"notes.ttl~":                    file("rubbish"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.create(t, "alice", ""); err != nil {
		t.Fatal(err)
	}
	const root = base + "alice/"
	err = f.store.View(t.Context(), func(r rdfstore.Reader) error {
		found := func(path string) (resource.ID, rdfstore.Resource) {
			id, err := f.space.ParseIRI(root + path)
			if err != nil {
				t.Fatal(err)
			}
			record, err := r.Resource(id)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return id, record
		}
		for path, want := range map[string]struct {
			kind      rdfstore.Kind
			mediaType string
		}{
			"welcome%20to%20the%20city.md": {rdfstore.Binary, "text/markdown; charset=utf-8"},
			"logo.png":                     {rdfstore.Binary, "image/png"},
			"city/":                        {rdfstore.Container, "text/turtle"},
			"city/letters/":                {rdfstore.Container, "text/turtle"},
			"city/.acl":                    {rdfstore.Document, "text/turtle"},
			"city/first.jsonld":            {rdfstore.Document, "application/ld+json"},
			"profile/card":                 {rdfstore.Document, "text/turtle"},
		} {
			t.Run("ECO-POD-01 "+path, func(t *testing.T) {
				if _, record := found(path); record.Kind != want.kind || record.MediaType != want.mediaType {
					t.Errorf("%v %q, want %v", record.Kind, record.MediaType, want)
				}
			})
		}
		for path, triple := range map[string]rdf.Triple{
			"city/":                         {S: rdf.IRI(root + "city/"), P: rdf.IRI(rdf.DCTerms + "title"), O: rdf.String("Letters to alice")},
			"city/first.jsonld":             {S: rdf.IRI(root + "city/first.jsonld"), P: rdf.IRI(rdf.DCTerms + "title"), O: rdf.String(root)},
			"city/.acl":                     {S: rdf.IRI(root + "city/.acl#owner"), P: rdf.IRI(rdf.ACL + "agent"), O: rdf.IRI(alice)},
			"settings/privateTypeIndex.ttl": {S: rdf.IRI(root + "settings/privateTypeIndex.ttl"), P: rdf.Type, O: rdf.IRI(root + "settings/privateTypeIndex.ttl#Mine")},
		} {
			t.Run("ECO-POD-01 what is said in "+path, func(t *testing.T) {
				id, _ := found(path)
				if graph, err := f.graph(t.Context(), r, id); err != nil || !graph.Has(triple) {
					t.Errorf("%v is not said: %v", triple, err)
				}
			})
		}
		id, _ := found("welcome%20to%20the%20city.md")
		body, err := r.Open(id)
		if err != nil {
			return err
		}
		defer body.Close()
		if text, err := io.ReadAll(body); string(text) != "# {{not a template}}" {
			t.Errorf("a text came as %q, %v", text, err)
		}
		for member, err := range r.Members(resource.Root("alice"), "") {
			if err != nil || strings.Contains(member.ID.Name(), "DS_Store") || strings.Contains(member.ID.Name(), "git") || strings.Contains(member.ID.Name(), "notes") {
				t.Errorf("%v, %v", member.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A mistake is found at start.
func TestBadTemplates(t *testing.T) {
	for name, c := range map[string]struct {
		city fstest.MapFS
		says string
	}{
		"syntax of a template":        {fstest.MapFS{"x.ttl": file("{{.Root")}, "x.ttl"},
		"an unknown field":            {fstest.MapFS{"x.ttl": file("<{{.Rot}}> a <#T>.")}, "Rot"},
		"syntax of RDF":               {fstest.MapFS{"x.ttl": file("<> a oops.")}, "x.ttl"},
		"an unknown ending":           {fstest.MapFS{"x.exe": file("MZ")}, ".exe"},
		"no URL":                      {fstest.MapFS{`back\slash.txt`: file("x")}, "slash"},
		"an ACL of nothing":           {fstest.MapFS{"absent.ttl.acl": file(cityACL)}, "absent.ttl.acl"},
		"a document and a container":  {fstest.MapFS{"inbox": file("<> a <#T>.")}, "inbox"},
		"a root without control":      {fstest.MapFS{".acl": file("<#x> a <#T>.")}, ".acl"},
		"a profile that is private":   {fstest.MapFS{"profile/card.acl": file(cityACL)}, "profile/card"},
		"a profile without an issuer": {fstest.MapFS{"profile/card": file("<#me> <http://www.w3.org/ns/pim/space#storage> <{{.Root}}>.")}, "oidcIssuer"},
	} {
		t.Run("ECO-POD-01 "+name, func(t *testing.T) {
			if _, err := withTemplate(t, c.city); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one about %s", err, c.says)
			}
		})
	}
}
