package ldp_test

import (
	"context"
	"io"
	"iter"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac/wactest"
)

// countingStore counts what is read of it.
type countingStore struct {
	rdfstore.Store
	reads int
}

func (s *countingStore) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	return s.Store.View(ctx, func(r rdfstore.Reader) error { return read(countingReader{r, &s.reads}) })
}

type countingReader struct {
	rdfstore.Reader
	reads *int
}

func (r countingReader) Storage(name string) (rdfstore.Storage, error) {
	*r.reads++
	return r.Reader.Storage(name)
}

func (r countingReader) Resource(id resource.ID) (rdfstore.Resource, error) {
	*r.reads++
	return r.Reader.Resource(id)
}

func (r countingReader) Open(id resource.ID) (io.ReadSeekCloser, error) {
	*r.reads++
	return r.Reader.Open(id)
}

func (r countingReader) Members(container resource.ID, after string) iter.Seq2[rdfstore.Member, error] {
	*r.reads++
	return r.Reader.Members(container, after)
}

// The answer to who may not read is the same for what is there and what is not,
// and so is the work for it: no difference in time tells them apart.
func TestHiddenIsLikeAbsent(t *testing.T) {
	standing := []given{{"c/d/hidden", ttl, note}, {"c/d/pic", "image/png", "x"}, {"c/d/own", ttl, note}, {"c/d/e/", "", ""}, {"c/d/f/", "", ""},
		{"c/d/hidden.meta", ttl, note}, aclOf("c/", mine, rule{class: "acl:AuthenticatedAgent", modes: "Append", below: true}),
		aclOf("c/d/own", mine), aclOf("c/d/f/", mine)}
	pairs := []struct{ there, absent string }{
		{"c/d/hidden", "c/d/none"}, {"c/d/pic", "c/d/none"}, {"c/d/own", "c/d/none"}, {"c/d/e/", "c/d/none/"}, {"c/d/f/", "c/d/none/"},
		{"c/d/hidden.acl", "c/d/none.acl"}, {"c/d/own.acl", "c/d/none.acl"}, {"c/d/hidden.meta", "c/d/none.meta"},
	}
	for _, agent := range []string{public, stranger} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE", "PUT"} {
			for _, pair := range pairs {
				t.Run("WAC-EXIST-02 "+method+" "+pair.there+" "+agent, func(t *testing.T) {
					store := &countingStore{Store: memstore.New()}
					p := newUnserved(t, standing, func(c *ldp.Config) { c.Store = store })
					defer p.close()
					count := func(path string) (reads, status int) {
						asker := wactest.Request{WebID: agent}
						ask := operation{method: method, path: path, mediaType: ttl}
						p.ask(asker, ask) // parses and remembers
						before := store.reads
						status = p.ask(asker, ask).Code
						return store.reads - before, status
					}
					there, status := count(pair.there)
					absent, statusAbsent := count(pair.absent)
					if there != absent || status != statusAbsent || there == 0 {
						t.Errorf("%d reads and %d for what is there, %d and %d for what is not", there, status, absent, statusAbsent)
					}
				})
			}
		}
	}
}
