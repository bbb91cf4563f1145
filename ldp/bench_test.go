package ldp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// benchmark sends one request over and over, without a network between, its
// bodies in turn.
func benchmark(b *testing.B, given []given, method, path string, header fields, bodies ...string) {
	p := newPod(b, given)
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
