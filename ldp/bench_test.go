package ldp_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/badgerstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
)

// benchmark sends one request over and over, without a network between, its
// bodies in turn.
func benchmark(b *testing.B, given []given, method, path string, header fields, bodies ...string) {
	benchmarkPod(b, newPod(b, given), method, path, header, bodies...)
}

func benchmarkPod(b *testing.B, p *pod, method, path string, header fields, bodies ...string) {
	b.ReportAllocs()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		r := httptest.NewRequest(method, base+path, strings.NewReader(bodies[i%len(bodies)]))
		r.Header.Set(agentHeader, alice)
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusBadRequest {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
}

func BenchmarkGetDocument(b *testing.B) {
	benchmark(b, []given{{"c/r", ttl, note}}, "GET", "alice/c/r", nil, "")
}

func BenchmarkGetConverted(b *testing.B) {
	benchmark(b, []given{{"c/r", ttl, note}}, "GET", "alice/c/r", fields{"Accept": jld}, "")
}

func BenchmarkList1000(b *testing.B) {
	var members []given
	for i := range 1000 {
		members = append(members, given{fmt.Sprintf("c/note%04d.ttl", i), ttl, note})
	}
	benchmark(b, members, "GET", "alice/c/", nil, "")
}

func BenchmarkPutDocument(b *testing.B) {
	benchmark(b, nil, "PUT", "alice/c/r", fields{"Content-Type": ttl}, note)
}

func BenchmarkPatchDocument(b *testing.B) {
	benchmark(b, []given{{"c/r", ttl, note}}, "PATCH", "alice/c/r", fields{"Content-Type": sparql},
		"DELETE DATA { <#it> <#n> 1 }; INSERT DATA { <#it> <#n> 2 };", "DELETE DATA { <#it> <#n> 2 }; INSERT DATA { <#it> <#n> 1 };")
}

// One triple of a document, on disk: about the same whatever its size.
func BenchmarkPatchBySize(b *testing.B) {
	for _, notes := range []int{4, 400, 40_000} {
		b.Run(fmt.Sprint(notes*3, " triples"), func(b *testing.B) {
			store, err := badgerstore.Open(b.TempDir(), badgerstore.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			p := newPod(b, []given{{"c/r", ttl, manyNotes(notes)}}, func(c *ldp.Config) { c.Store = store; c.MaxDocument = 16 << 20 })
			benchmarkPod(b, p, "PATCH", "alice/c/r", fields{"Content-Type": n3},
				insertDelete("", "<#note3> ex:number 3.", "<#note3> ex:number 4."), insertDelete("", "<#note3> ex:number 4.", "<#note3> ex:number 3."))
		})
	}
}

// A listing of many members: its memory does not grow with them.
func BenchmarkList100000(b *testing.B) {
	store := memstore.New()
	p := newPod(b, []given{{"c/", "", ""}}, func(c *ldp.Config) { c.Store = store })
	container, err := p.space.Parse("", "/alice/c/")
	if err != nil {
		b.Fatal(err)
	}
	for first := 0; first < 100_000; first += 5000 {
		if err := store.Update(b.Context(), func(tx rdfstore.Tx) error {
			for i := first; i < first+5000; i++ {
				if err := putEmpty(tx, container, fmt.Sprintf("%06d", i)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	for _, mediaType := range []string{ttl, jld} {
		b.Run(mediaType, func(b *testing.B) {
			b.ReportAllocs()
			var first []time.Duration
			for b.Loop() {
				r := httptest.NewRequest("GET", root+"c/", nil)
				r.Header.Set(agentHeader, alice)
				r.Header.Set("Accept", mediaType)
				began := time.Now()
				p.handler.ServeHTTP(discarding{http.Header{}, sync.OnceFunc(func() { first = append(first, time.Since(began)) })}, r)
			}
			slices.Sort(first)
			b.ReportMetric(float64(first[len(first)/2].Nanoseconds()), "first-byte-ns")
		})
	}
}

// discarding is a client that only notes when the first byte comes.
type discarding struct {
	header http.Header
	first  func()
}

func (d discarding) Header() http.Header { return d.header }

func (d discarding) WriteHeader(int) {}

func (d discarding) Write(p []byte) (int, error) {
	d.first()
	return len(p), nil
}

// What a decision costs besides the rest of a GET: at each depth the same, also
// with many authorizations and in a group of many.
func BenchmarkDecision(b *testing.B) {
	stores := map[string]func(*testing.B) rdfstore.Store{
		"memory": func(*testing.B) rdfstore.Store { return memstore.New() },
		"badger": func(b *testing.B) rdfstore.Store {
			store, err := badgerstore.Open(b.TempDir(), badgerstore.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			return store
		},
	}
	for name, open := range stores {
		run := func(what, path string, more ...given) {
			b.Run(name+"/"+what, func(b *testing.B) {
				p := newPod(b, append([]given{{path, ttl, note}}, more...), func(c *ldp.Config) { c.Store = open(b); c.MaxDocument = 16 << 20 })
				benchmarkPod(b, p, "GET", "alice/"+path, nil, "")
			})
		}
		for _, depth := range []int{1, 10, 20} {
			run(fmt.Sprint("depth ", depth), strings.Repeat("c/", depth-1)+"r")
		}
		var rules []rule
		for i := range 999 {
			rules = append(rules, rule{agent: fmt.Sprint("https://other.example/", i), modes: "Read", here: true})
		}
		run("1000 authorizations", "r", aclOf("r", append(rules, mine)...))
		var members strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&members, "<#us> <%shasMember> <https://resident.example/%d#me>.\n", rdf.VCard, i)
		}
		fmt.Fprintf(&members, "<#us> <%shasMember> <%s>.\n", rdf.VCard, alice)
		run("group of 100000", "r", given{"team", ttl, members.String()}, aclOf("r", rule{group: root + "team#us", modes: "Read", here: true}))
	}
}
