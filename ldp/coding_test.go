package ldp_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// long is a document worth compressing.
var long = "@prefix ex: <http://example.org/>.\n" + strings.Repeat("<#it> ex:name 'Milk'.\n", 200)

// decode undoes an answer's coding.
func (a *answer) decode() string {
	a.t.Helper()
	var plain io.Reader = strings.NewReader(a.body)
	var err error
	switch coding := a.header.Get("Content-Encoding"); coding {
	case "":
	case "gzip":
		plain, err = gzip.NewReader(plain)
	case "zstd":
		plain, err = zstd.NewReader(plain)
	default:
		a.t.Fatalf("Content-Encoding %q", coding)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

func TestContentCodings(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, long}, {"short", ttl, note}, {"text", "text/plain; charset=utf-8", long}, {"data", "application/json", long},
		{"pic", "image/svg+xml", long}, {"photo", "image/jpeg", long}, {"zip", "application/zip", long}, {"film", "video/mp4", long}, {"c/x", text, "x"}})
	for _, c := range []struct{ name, path, accept, media, want string }{
		{"no Accept-Encoding", "r", "", "", ""},
		{"gzip", "r", "gzip", "", "gzip"},
		{"zstd", "r", "zstd", "", "zstd"},
		{"a browser", "r", "gzip, deflate, br, zstd", "", "zstd"},
		{"by quality", "r", "zstd;q=0.5, gzip;q=0.9", "", "gzip"},
		{"refused", "r", "gzip;q=0, zstd;q=0", "", ""},
		{"any", "r", "*", "", "zstd"},
		{"any but one", "r", "*, zstd;q=0", "", "gzip"},
		{"identity preferred", "r", "identity, gzip;q=0.5", "", ""},
		{"an unknown one", "r", "br", "", ""},
		{"in upper case", "r", "GZIP", "", "gzip"},
		{"rubbish", "r", "gzip;q=lots, ;;, zstd;level=3", "", ""},
		{"too short", "short", "gzip", "", ""},
		{"a text", "text", "gzip", "", "gzip"},
		{"JSON", "data", "gzip", "", "gzip"},
		{"SVG", "pic", "gzip", "", "gzip"},
		{"compressed already, a photo", "photo", "gzip", "", ""},
		{"compressed already, an archive", "zip", "gzip", "", ""},
		{"compressed already, a film", "film", "gzip", "", ""},
		{"converted", "r", "gzip", jld, "gzip"},
		{"a container", "c/", "gzip", "", "gzip"},
		{"a container as JSON-LD", "c/", "zstd", jld, "zstd"},
		{"a page", "r", "gzip", "text/html", "gzip"},
	} {
		t.Run("SP-HTTP-01 "+c.name, func(t *testing.T) {
			f := fields{"Accept": c.media, "Accept-Encoding": c.accept}
			maps.DeleteFunc(f, func(_, value string) bool { return value == "" })
			plain := fields{"Accept": c.media}
			if c.media == "" {
				plain = nil
			}
			a := p.send(call{alice, "GET", "/alice/" + c.path, f, ""}).is(200).has(fields{"Vary": "Accept-Encoding"})
			if got := a.header.Get("Content-Encoding"); got != c.want {
				t.Fatalf("Content-Encoding %q, want %q", got, c.want)
			}
			b := p.send(call{alice, "GET", "/alice/" + c.path, plain, ""}).is(200)
			if a.decode() != b.body {
				t.Errorf("decodes to %.200s, want %.200s", a.decode(), b.body)
			}
			if same := a.header.Get("ETag") == b.header.Get("ETag"); same != (c.want == "") {
				t.Errorf("SP-ETAG-01: tags %s and %s", a.header.Get("ETag"), b.header.Get("ETag"))
			}
			head := p.send(call{alice, "HEAD", "/alice/" + c.path, f, ""}).is(200)
			for _, name := range []string{"Content-Encoding", "ETag", "Vary", "Content-Type"} {
				if !slices.Equal(head.header[name], a.header[name]) {
					t.Errorf("SP-HTTP-08: HEAD says %s %v, GET %v", name, head.header[name], a.header[name])
				}
			}
		})
	}
}

func TestConditionsOfCodings(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, long}, {"text", text, long}})
	tag := func(path, coding string) string {
		f := fields{}
		if coding != "" {
			f["Accept-Encoding"] = coding
		}
		return p.send(call{alice, "GET", "/alice/" + path, f, ""}).is(200).header.Get("ETag")
	}
	for _, path := range []string{"r", "text"} {
		plain, zipped, zst := tag(path, ""), tag(path, "gzip"), tag(path, "zstd")
		if plain == zipped || zipped == zst || plain == zst {
			t.Errorf("tags %s, %s, %s", plain, zipped, zst)
		}
		for _, c := range []struct {
			name string
			f    fields
			want int
		}{
			{"SP-ETAG-03 304 of the same coding", fields{"Accept-Encoding": "gzip", "If-None-Match": zipped}, 304},
			{"SP-ETAG-03 200 of another coding", fields{"Accept-Encoding": "zstd", "If-None-Match": zipped}, 200},
			{"SP-ETAG-03 200 of none", fields{"If-None-Match": zipped}, 200},
			{"SP-ETAG-03 200 of one", fields{"Accept-Encoding": "gzip", "If-None-Match": plain}, 200},
			{"SP-ETAG-02 any coding's tag is of the state", fields{"If-Match": zst}, 200},
			{"SP-RNG-01 a range has no coding", fields{"Accept-Encoding": "gzip", "Range": "bytes=0-3"}, 206},
			{"SP-RNG-01 If-Range with the tag of a coding", fields{"Accept-Encoding": "gzip", "Range": "bytes=0-3", "If-Range": zipped}, 200},
			{"SP-RNG-01 If-Range with the tag of the bytes", fields{"Accept-Encoding": "gzip", "Range": "bytes=0-3", "If-Range": plain}, 206},
		} {
			t.Run(c.name+" /"+path, func(t *testing.T) {
				a := p.send(call{alice, "GET", "/alice/" + path, c.f, ""}).is(c.want)
				if c.f["Range"] != "" {
					a.lacks(fields{"Content-Encoding": ""})
				}
				if c.want == 304 {
					a.has(fields{"ETag": zipped, "Vary": "Accept-Encoding"})
				}
			})
		}
		t.Run("SP-ETAG-02 a write takes the tag of any coding /"+path, func(t *testing.T) {
			p.send(put(path, ttl, long, fields{"If-Match": zst})).is(204)
			p.send(put(path, ttl, long, fields{"If-Match": zst})).is(412)
		})
	}
}

// An error is never sent in a coding that its content is not in.
func TestErrorsHaveNoCoding(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, long}})
	f := fields{"Accept-Encoding": "gzip", "If-Match": `"other"`}
	a := p.send(call{alice, "GET", "/alice/r", f, ""}).is(http.StatusPreconditionFailed).lacks(fields{"Content-Encoding": ""})
	if !strings.HasPrefix(a.body, "{") {
		t.Error(a.body)
	}
}

func TestPrefer(t *testing.T) {
	const (
		minimal     = `include="http://www.w3.org/ns/ldp#PreferMinimalContainer"`
		containment = `"http://www.w3.org/ns/ldp#PreferContainment"`
	)
	p := newPod(t, []given{{"c/", "", "<> <http://purl.org/dc/terms/title> 'Shelf'."}, {"c/r", ttl, note}})
	whole := p.get(alice, "/alice/c/").is(200).has(fields{"Vary": "Prefer"})
	for _, c := range []struct {
		name, prefer string
		minimal      bool
	}{
		{"minimal", "return=representation; " + minimal, true},
		{"without containment", "return=representation; omit=" + containment, true},
		{"after others, in other case", "respond-async, Return=Representation; OMIT=" + containment, true},
		{"minimal and containment", `return=representation; include="http://www.w3.org/ns/ldp#PreferMinimalContainer http://www.w3.org/ns/ldp#PreferContainment"`, false},
		{"omitting what is not here", `return=representation; omit="http://www.w3.org/ns/ldp#PreferMembership"`, false},
		{"unknown", "dream=big; " + minimal, false},
		{"another of that value", "dream=representation; " + minimal, false},
		{"of a write", "return=minimal; " + minimal, false},
		{"rubbish", `return=representation; omit="`, false},
	} {
		for _, accept := range []string{ttl, jld} {
			t.Run(fmt.Sprintf("SP-CON-11 %s, %s", c.name, accept), func(t *testing.T) {
				a := p.send(call{alice, "GET", "/alice/c/", fields{"Prefer": c.prefer, "Accept": accept}, ""}).is(200).has(fields{"Vary": "Prefer"})
				a.says(root+"c/", "http://purl.org/dc/terms/title", "Shelf")
				if got := len(a.members()) == 0; got != c.minimal {
					t.Errorf("without members: %v", got)
				}
				if _, applied := a.field("Preference-Applied"); applied != c.minimal {
					t.Errorf("Preference-Applied sent: %v", applied)
				}
				if c.minimal && a.header.Get("ETag") == whole.header.Get("ETag") {
					t.Error("SP-ETAG-01: the same tag with and without members")
				}
			})
		}
	}
	t.Run("SP-CON-11 a document has no members to leave out", func(t *testing.T) {
		p.send(call{alice, "GET", "/alice/c/r", fields{"Prefer": "return=representation; " + minimal}, ""}).is(200).lacks(fields{"Preference-Applied": ""})
	})
}
