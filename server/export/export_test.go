package export

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	root  = "http://pods.example/alice/"
	alice = root + "profile/card#me"
)

// pod is a storage that only its owner asks for.
type pod struct {
	t       *testing.T
	store   rdfstore.Store
	space   *resource.Space
	handler http.Handler
}

func newPod(t *testing.T) *pod {
	t.Helper()
	space, err := resource.NewSpace("http://pods.example/", false)
	if err != nil {
		t.Fatal(err)
	}
	p := &pod{t: t, store: memstore.New(), space: space}
	t.Cleanup(func() { p.store.Close() })
	p.handler, err = ldp.New(ldp.Config{
		Space: space, Store: p.store, Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(*http.Request, string) (wac.Agent, error) { return wac.Agent{WebID: alice}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = p.store.Update(t.Context(), func(tx rdfstore.Tx) error {
		return tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: alice, Account: "1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pod) send(method, url, contentType, body string) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code >= 300 {
		p.t.Fatalf("%s %s: %d %s", method, url, w.Code, w.Body)
	}
	return w
}

func (p *pod) export(nquads bool) []byte {
	p.t.Helper()
	var out bytes.Buffer
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	if err := Write(p.t.Context(), &out, Config{Store: p.store, Space: p.space, Storage: "alice", NQuads: nquads, Now: now}); err != nil {
		p.t.Fatal(err)
	}
	return out.Bytes()
}

// unzip returns the files of an archive by name, folders with no content.
func unzip(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range reader.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if _, twice := files[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		files[f.Name] = string(content)
	}
	return files
}

const (
	patch = `@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; solid:inserts { <#me> <urn:says> "hi"@en-latn-gb, [ <urn:in> "x" ] }.`
	acl   = `@prefix acl: <http://www.w3.org/ns/auth/acl#>. <#o> a acl:Authorization; acl:agent <` + alice + `>; acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Write, acl:Control.`
)

func TestExport(t *testing.T) {
	p := newPod(t)
	const ttl = "text/turtle"
	film := strings.Repeat("0123456789abcdef", 200_000)
	for _, put := range []struct{ url, mediaType, body string }{
		{root + ".acl", ttl, acl},
		{root + "profile/card", ttl, `<#me> <urn:name> "Alice \"A\" ó"; <urn:knows> _:b0. _:b0 <urn:age> 5 .`},
		{root + "notes/as-written", ttl, "# as she wrote it\n<> <urn:p> [ <urn:q> <../other> ] .\n"},
		{root + "notes/data.jsonld", "application/ld+json", `{"@id":"","urn:p":{"@id":"urn:o"}}`},
		{root + "notes/graphs", "application/trig", `<> <urn:p> <urn:o>. <urn:g> { <urn:s> <urn:p> _:b0 }`},
		{root + "photos/", ttl, `<> <urn:title> "Summer".`},
		{root + "photos/f%C3%AAte%20%25%3F%3A%2A.jpg", "image/jpeg", "\xff\xd8 not really"},
		{root + "photos/dots./..%20x", "text/plain", "odd"},
		{root + "photos/film", "video/mp4", film},
		{root + "photos/film.meta", ttl, `<film> <urn:made> "2026"^^<http://www.w3.org/2001/XMLSchema#gYear>.`},
		{root + "photos/film.acl", ttl, strings.ReplaceAll(acl, "./", "film")},
		{root + "empty/", "", ""},
	} {
		p.send("PUT", put.url, put.mediaType, put.body)
	}
	p.send("PATCH", root+"profile/card", "text/n3", patch)
	p.send("PATCH", root+"notes/data.jsonld", "text/n3", patch)

	files := unzip(t, p.export(true))
	var manifest struct {
		Manifest
		Resources []Entry
	}
	if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil {
		t.Fatal(err)
	}
	if m := manifest.Manifest; m.Storage != root || m.Owner != alice || m.Epoch != p.store.Epoch() || m.Revision == 0 || m.Exported.Year() != 2026 {
		t.Errorf("manifest %+v", m)
	}
	for _, want := range []string{
		"alice/", "alice/.acl", "alice/profile/card", "alice/notes/data.jsonld", "alice/photos/.meta", "alice/photos/fête %25%3F%3A%2A.jpg",
		"alice/photos/dots%2E/.. x", "alice/photos/film", "alice/photos/film.meta", "alice/photos/film.acl", "alice/empty/", "export.nq",
	} {
		if _, ok := files[want]; !ok {
			t.Errorf("no %s", want)
		}
	}
	if len(files) != len(manifest.Resources)+2 {
		t.Errorf("%d files, %d resources", len(files), len(manifest.Resources))
	}

	whole, err := codec.Parse(t.Context(), codec.NQuads, strings.NewReader(files["export.nq"]), "")
	if err != nil {
		t.Fatal(err)
	}
	if whole.Default.Len() > 0 {
		t.Errorf("%d triples are in no graph", whole.Default.Len())
	}
	for _, entry := range manifest.Resources {
		content, ok := files[entry.Path]
		if !ok {
			t.Errorf("no file %s", entry.Path)
		}
		if entry.Kind == "container" {
			if !strings.HasSuffix(entry.Path, "/") || content != "" || entry.SHA256 != "" {
				t.Errorf("container %+v", entry)
			}
			continue
		}
		sum := sha256.Sum256([]byte(content))
		if entry.SHA256 != hex.EncodeToString(sum[:]) || entry.Size != int64(len(content)) || entry.Created.IsZero() || entry.Modified.IsZero() {
			t.Errorf("%+v for %d bytes", entry, len(content))
		}
		sent := p.send("GET", entry.URL, "", "")
		if sent.Body.String() != content || sent.Header().Get("Content-Type") != entry.MediaType {
			t.Errorf("%s is %s %.300s\nGET gives %s %.300s", entry.Path, entry.MediaType, content, sent.Header().Get("Content-Type"), sent.Body)
		}
		if entry.Kind == "binary" {
			continue
		}
		document, err := codec.Parse(t.Context(), entry.MediaType, strings.NewReader(content), entry.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, want := rdf.NewDataset(), rdf.NewDataset()
		got.Default, want.Default = whole.Graph(rdf.IRI(entry.URL)), document.Default
		if !rdf.Isomorphic(got, want) {
			t.Errorf("export.nq has of %s\n%v\nwant %v", entry.URL, got.Default, want.Default)
		}
	}
	if whole.Graph(rdf.IRI("urn:g")).Len() != 1 {
		t.Error("a graph that a document names is lost")
	}
	if _, ok := unzip(t, p.export(false))["export.nq"]; ok {
		t.Error("export.nq unasked for")
	}
}

func TestExportRefused(t *testing.T) {
	p := newPod(t)
	var out bytes.Buffer
	config := Config{Store: p.store, Space: p.space, Storage: "nobody"}
	if err := Write(t.Context(), &out, config); !errors.Is(err, rdfstore.ErrNotFound) || out.Len() > 0 {
		t.Errorf("no storage: %v, %d bytes", err, out.Len())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	config.Storage = "alice"
	if err := Write(ctx, io.Discard, config); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if err := Write(t.Context(), broken{}, config); !errors.Is(err, errBroken) {
		t.Errorf("nobody takes it: %v", err)
	}
}

// lossy has lost the body of one resource.
type lossy struct {
	rdfstore.Store
	lost string
}

func (s lossy) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	return s.Store.View(ctx, func(r rdfstore.Reader) error { return read(lossyReader{r, s.lost}) })
}

type lossyReader struct {
	rdfstore.Reader
	lost string
}

func (r lossyReader) Open(id resource.ID) (io.ReadSeekCloser, error) {
	if id.Path() == r.lost {
		return nil, errBroken
	}
	return r.Reader.Open(id)
}

// One lost body does not keep the rest from its owner.
func TestExportOfWhatIsLeft(t *testing.T) {
	p := newPod(t)
	p.send("PUT", root+".acl", "text/turtle", acl)
	p.send("PUT", root+"lost", "text/turtle", "<> <urn:p> 1 .")
	p.send("PUT", root+"there", "text/plain", "safe")
	p.store = lossy{p.store, "lost"}
	files := unzip(t, p.export(true))
	if _, ok := files["alice/lost"]; ok || files["alice/there"] != "safe" || strings.Count(files["manifest.json"], `"unreadable":true`) != 1 {
		t.Errorf("%q", files)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// What changes while an archive is written does not show in it.
func TestExportIsOneMoment(t *testing.T) {
	p := newPod(t)
	p.send("PUT", root+".acl", "text/turtle", acl)
	for _, name := range []string{"a", "b", "c"} {
		p.send("PUT", root+name, "text/plain", "before")
	}
	changed := false
	var out bytes.Buffer
	err := Write(t.Context(), &out, Config{Store: p.store, Space: p.space, Storage: "alice", Progress: func(done rdfstore.Progress) {
		if done.Done == 3 && !changed {
			changed = true
			p.send("PUT", root+"c", "text/plain", "after")
			p.send("PUT", root+"d", "text/plain", "after")
			p.send("DELETE", root+"b", "", "")
		}
	}})
	if err != nil || !changed {
		t.Fatal(err, changed)
	}
	files := unzip(t, out.Bytes())
	if files["alice/b"] != "before" || files["alice/c"] != "before" || files["alice/d"] != "" {
		t.Errorf("%q", files)
	}
}

// A pod of patched and of written documents, with export.nq.
func BenchmarkExport(b *testing.B) {
	space, err := resource.NewSpace("http://pods.example/", false)
	if err != nil {
		b.Fatal(err)
	}
	store := memstore.New()
	defer store.Close()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "<#i%d> <urn:name> \"Person %d\"@en; <urn:knows> <#i%d>.\n", i, i, i+1)
	}
	err = store.Update(b.Context(), func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: alice}); err != nil {
			return err
		}
		for i := range 20 {
			staged, err := store.Stage(b.Context(), strings.NewReader(text.String()), -1)
			if err != nil {
				return err
			}
			content := rdfstore.Content{Kind: rdfstore.Document, MediaType: codec.Turtle, Body: staged}
			if _, err := tx.Put(resource.Root("alice").Entry(fmt.Sprint(i)), content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, nquads := range []bool{false, true} {
		b.Run(fmt.Sprintf("nquads=%t", nquads), func(b *testing.B) {
			b.SetBytes(int64(20 * text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(b.Context(), io.Discard, Config{Store: store, Space: space, Storage: "alice", NQuads: nquads}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
