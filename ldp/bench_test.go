package ldp_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
	for i := 0; b.Loop(); i++ {
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
	}
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
