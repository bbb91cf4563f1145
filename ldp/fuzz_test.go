package ldp

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"domicile/rdfstore/resource"
)

func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*", "text/turtle;q=0.5, application/ld+json", `text/html;x="a,b;q=0";q=0.1`, "text/*;q=0,*/*", "a/b;q=NaN", `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		a := parseAccept([]string{value})
		for _, r := range a {
			if !(r.quality >= 0 && r.quality <= 1) {
				t.Fatalf("quality %v", r.quality)
			}
		}
		offers := rdfOffers("application/ld+json")
		chosen, ok := a.choose(offers)
		if ok != (a.quality(chosen) > 0 && chosen != "") {
			t.Fatalf("chose %q, %v, of quality %v", chosen, ok, a.quality(chosen))
		}
		for _, offer := range offers {
			if a.quality(offer) > a.quality(chosen) && ok {
				t.Fatalf("%q is wanted more than %q", offer, chosen)
			}
		}
	})
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{`"a"`, `W/"a", "b"`, "*", `*, "a"`, `"a`, `""`, `"a,b"`, ",", "\"\x00\""} {
		f.Add(seed)
	}
	current := &validators{state: "e-1", content: "e-1", variant: "ttl"}
	f.Fuzz(func(t *testing.T, value string) {
		c, err := parseConditions(http.Header{"If-Match": {value}})
		if err != nil {
			return
		}
		matches := c.check(http.MethodPut, current) == proceed
		switch {
		case c.ifMatch.isEmpty():
			if !matches {
				t.Fatal("no condition failed")
			}
		case matches && !c.ifMatch.any && !strings.Contains(value, `"e-1`):
			t.Fatalf("%q matched e-1", value)
		}
		if c.check(http.MethodPut, nil) == proceed && !c.ifMatch.isEmpty() {
			t.Fatal("If-Match holds for nothing")
		}
	})
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{
		"<http://www.w3.org/ns/ldp#BasicContainer>; rel=\"type\"", "<a>;rel=type,<b>;REL='type'", `<a;b,c>; rel="x TYPE"`,
		"<a>; rel=x; rel=type", "<>", "a", "<a", ";", "<a>x; rel=type", `<a>; title="\"<"; rel=type`, ",,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		types, err := parseTypeLinks(http.Header{"Link": {value}})
		if err != nil {
			return
		}
		for target := range types {
			if !strings.Contains(value, "<"+target+">") {
				t.Fatalf("%q is no target in %q", target, value)
			}
		}
	})
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "a.ttl", "..", "%2e%2e", "a/b", ".acl", "x.meta", "a%0d%0ab", "\xff", "%ff", strings.Repeat("é", 300), "%zz", ".well-known"} {
		f.Add(seed)
	}
	container := resource.Root("alice")
	f.Fuzz(func(t *testing.T, value string) {
		slug := parseSlug(value)
		if len(slug) > maxSlug || !utf8.ValidString(slug) || strings.ContainsAny(slug, "/\\\r\n\x00") {
			t.Fatalf("slug %q", slug)
		}
		for try := range 2 {
			for _, isContainer := range []bool{false, true} {
				id := nameMember(container, slug, "text/turtle", isContainer, try)
				parent, _ := id.Parent()
				if parent != container || id.IsAuxiliary() || id.IsContainer() != isContainer {
					t.Fatalf("%q names %s", slug, id)
				}
			}
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-3", "bytes=5-", "bytes=-2", "bytes=-0", "bytes=9-1", "bytes=0-0,1-1", "lines=1-2", "bytes=99999999999999999999-", "bytes=+1-2"} {
		f.Add(seed, int64(10))
	}
	f.Add("bytes=0-", int64(0))
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 0 {
			return
		}
		part, err := parseRange(value, size)
		if err == nil && (part.start < 0 || part.length <= 0 || part.start+part.length > size) {
			t.Fatalf("%q of %d bytes is %+v", value, size, part)
		}
	})
}

func TestEntityTagOfNoOther(t *testing.T) {
	document := &validators{state: "e-1", content: "e-1", modified: time.Now()}
	container := &validators{state: "e-1.", content: "e-1.7", modified: time.Now()}
	for _, c := range []struct {
		tag                 string
		ofDocument, ofState bool
	}{
		{"e-1", true, true}, {"e-1-ttl", true, false}, {"e-1-jld", true, false},
		{"e-10", false, false}, {"e-10-ttl", false, false}, {"e-", false, false}, {"f-1-ttl", false, false},
		{"e-1.7-ttl", false, true}, {"e-1.5-jld", false, true}, {"e-10.7-ttl", false, false},
	} {
		if got := document.isState(c.tag); got != c.ofDocument {
			t.Errorf("SP-ETAG-02: %q is a document's: %v", c.tag, got)
		}
		if got := container.isState(c.tag); got != c.ofState {
			t.Errorf("SP-ETAG-02: %q is a container's: %v", c.tag, got)
		}
	}
}
