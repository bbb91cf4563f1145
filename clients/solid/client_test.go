package solid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/n3"
	"domicile/rdfstore/rdf"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestErrors(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/gone":
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusGone)
			_, _ = io.WriteString(w, `{"title": "Gone", "detail": "It has been deleted."}`)
		}
	})
	client := NewClient(nil)
	t.Run("say what was asked, the status and the problem", func(t *testing.T) {
		_, err := client.Head(t.Context(), server+"/gone?x=1")
		if want := "HEAD " + server + "/gone?x=1: 410 Gone"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		_, err = client.Get(t.Context(), server+"/gone")
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Message != "It has been deleted." || !errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a write that a redirect turned into a read did not happen", func(t *testing.T) {
		if info, err := client.Put(t.Context(), server+"/moved", "text/plain", strings.NewReader("x")); err == nil {
			t.Errorf("wrote %s", info.URL)
		}
		if info, err := client.Head(t.Context(), server+"/moved"); err != nil || info.URL != server+"/ok" {
			t.Errorf("reading ended at %s, %v", info.URL, err)
		}
	})
}

func TestLinks(t *testing.T) {
	header := http.Header{"Link": {
		`<.acl>; rel="acl", <x,y>;title="a, \"b\"; rel=acl";REL=acl`,
		`</d>; anchor="#x"; rel="describedby other acl"; rel="type", <>; rel=ACL; x`,
		`<broken; rel="acl"`, `no; rel=acl`,
	}}
	got := Info{URL: "https://pod.example/a/b?q", Header: header}.Links(RelACL)
	want := []string{"https://pod.example/a/.acl", "https://pod.example/a/x,y", "https://pod.example/d", "https://pod.example/a/b?q"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(`<a>; rel="acl", <b>; rel=type`, "acl")
	f.Add(`<a\>; rel="\`, "acl")
	base := &url.URL{Scheme: "https", Host: "pod.example"}
	f.Fuzz(func(t *testing.T, value, relation string) {
		for _, target := range links(http.Header{"Link": {value}}, base, relation) {
			if _, err := url.Parse(target); err != nil {
				t.Errorf("%q is no URL: %v", target, err)
			}
		}
	})
}

func TestAllowed(t *testing.T) {
	user, public := Info{Header: http.Header{"Wac-Allow": {`user="read write control",public="read"`}}}.Allowed()
	if user != Read|Write|Append|Control || public != Read {
		t.Errorf("user %s, public %s", user, public)
	}
	if got := user.String(); got != "read append write control" {
		t.Error(got)
	}
}

func TestPatchIsOne(t *testing.T) {
	text := Patch{
		Where:   []rdf.Triple{{S: rdf.Variable("x"), P: rdf.IRI("urn:p"), O: rdf.String("} a\n\"'")}},
		Deletes: []rdf.Triple{{S: rdf.Variable("x"), P: rdf.IRI("urn:p"), O: rdf.LangString("é", "fr")}},
		Inserts: []rdf.Triple{{S: rdf.Variable("x"), P: rdf.Type, O: rdf.Blank("patch")}, {S: rdf.Blank("patch"), P: rdf.Type, O: rdf.Typed("1", rdf.XSDInteger)}},
	}.String()
	parsed, err := n3.ParsePatch(t.Context(), strings.NewReader(text), "https://pod.example/a")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	op := parsed.Operations[0]
	if op.Where[0].O != rdf.String("} a\n\"'") || op.Deletes[0].O != rdf.LangString("é", "fr") || len(op.Inserts) != 2 {
		t.Errorf("%+v from\n%s", op, text)
	}
	injected := Patch{Inserts: []rdf.Triple{{S: rdf.IRI("urn:s> <urn:p> <urn:o>. <urn:s"), P: rdf.Type, O: rdf.Type}}}.String()
	if _, err := n3.ParsePatch(t.Context(), strings.NewReader(injected), "https://pod.example/a"); err == nil {
		t.Errorf("an IRI became triples:\n%s", injected)
	}
	if parsed, err = n3.ParsePatch(t.Context(), strings.NewReader(Patch{}.String()), "https://pod.example/a"); err != nil || len(parsed.Operations[0].Inserts) != 0 {
		t.Errorf("the empty patch: %v", err)
	}
}

// members lists a container that a server represents by some Turtle.
func members(t *testing.T, turtle string) (found []Member, err error) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/turtle; charset=utf-8")
		_, _ = io.WriteString(w, turtle)
	})
	for m, err := range NewClient(nil).Members(t.Context(), server+"/c/") {
		if err != nil {
			return found, err
		}
		m.URL = strings.TrimPrefix(m.URL, server+"/c/")
		found = append(found, m)
	}
	return found, nil
}

func TestMembers(t *testing.T) {
	const prefixes = "@prefix ldp: <http://www.w3.org/ns/ldp#>. @prefix stat: <http://www.w3.org/ns/posix/stat#>. @prefix dct: <http://purl.org/dc/terms/>.\n"
	const a, b = "<a> stat:size 1; dct:modified \"2026-01-02T03:04:05Z\".", "<b> a <http://www.w3.org/ns/iana/media-types/image/png#Resource>; stat:size 2."
	for name, listing := range map[string]string{
		"each by itself":    "<> a ldp:Container; ldp:contains <a>. " + a + " <> ldp:contains <b>. " + b,
		"all in a row":      "<> ldp:contains <a>, <b>. " + a + b,
		"described before":  a + b + " <> ldp:contains <a>, <b>.",
		"in another order":  "<> ldp:contains <b>. " + a + b + "<> ldp:contains <a>.",
		"said twice":        "<> ldp:contains <a>, <b>, <a>. " + a + b,
		"the end is unsaid": "<> ldp:contains <b>, <a>, <a>. " + a + "<> ldp:contains <a>. " + b,
	} {
		t.Run(name, func(t *testing.T) {
			found, err := members(t, prefixes+listing)
			slices.SortFunc(found, func(a, b Member) int { return strings.Compare(a.URL, b.URL) })
			if err != nil || len(found) < 2 || found[0].URL != "a" || found[0].Size != 1 || found[0].Modified.Year() != 2026 ||
				found[len(found)-1].URL != "b" || found[len(found)-1].Size != 2 || found[len(found)-1].MediaType != "image/png" {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
	t.Run("of which nothing is said", func(t *testing.T) {
		found, err := members(t, prefixes+"<> ldp:contains <a>, <b>.")
		if err != nil || len(found) != 2 || found[1].URL != "b" || found[1].Size != -1 {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("only what is below", func(t *testing.T) {
		found, err := members(t, prefixes+"<> ldp:contains <https://elsewhere.example/c/x>, </>, <>, <../d>. <other> ldp:contains <y>. <> ldp:contains <z>.")
		if err != nil || len(found) != 1 || found[0].URL != "z" {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("no Turtle", func(t *testing.T) {
		found, err := members(t, prefixes+"<> ldp:contains <a>. "+a+" nonsense")
		if err == nil || len(found) > 1 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// TestMembersTakeNoMemory lists a large container.
func TestMembersTakeNoMemory(t *testing.T) {
	const count = 100_000
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", codec.Turtle)
		for i := range count {
			fmt.Fprintf(w, "<> <http://www.w3.org/ns/ldp#contains> <%d>.\n<%[1]d> <http://www.w3.org/ns/posix/stat#size> %[1]d.\n", i)
		}
	})
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, most := 0, uint64(0)
	for m, err := range NewClient(nil).Members(t.Context(), server+"/c/") {
		if err != nil {
			t.Fatal(err)
		}
		if m.Size != int64(n) {
			t.Fatalf("member %d: %+v", n, m)
		}
		if n++; n%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	if n != count {
		t.Errorf("%d members", n)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d KiB while %d members were listed", grown>>10, n)
	}
}

// TestWalkGoesOn past what cannot be listed, and ends when the loop does.
func TestWalkGoesOn(t *testing.T) {
	listings := map[string]string{"/": "<a/>, <b/>, <c>", "/b/": "<b/d>"}
	asked := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		listing, ok := listings[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", codec.Turtle)
		_, _ = io.WriteString(w, "@base </>. <"+r.URL.Path+"> <http://www.w3.org/ns/ldp#contains> "+listing+".")
	})
	var walked []string
	for m, err := range NewClient(nil).Walk(t.Context(), server+"/") {
		name := strings.TrimPrefix(m.URL, server)
		if errors.Is(err, ErrForbidden) {
			name += " is closed"
		} else if err != nil {
			t.Fatal(err)
		}
		walked = append(walked, name)
	}
	if got := strings.Join(walked, ", "); got != "/c, /a/, /a/ is closed, /b/, /b/d" {
		t.Errorf("walked %s", got)
	}
	asked = 0
	for range NewClient(nil).Walk(t.Context(), server+"/") {
		break
	}
	if asked != 1 {
		t.Errorf("%d listings were asked for after the loop was left", asked-1)
	}
}

func TestGrantHasAPlace(t *testing.T) {
	err := NewClient(nil).Grant(t.Context(), "https://pod.example/a", Rule{Subject: Public, Modes: Read, Scope: ItselfAndInside})
	if err == nil || !strings.Contains(err.Error(), "no container") {
		t.Errorf("got %v", err)
	}
}

func TestUpdateGivesUp(t *testing.T) {
	puts := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			puts++
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		w.Header().Set("Content-Type", codec.Turtle)
		w.Header().Set("ETag", `"1"`)
	})
	edits := 0
	err := NewClient(nil).Update(t.Context(), server+"/a", func(d *Document) error {
		edits++
		d.Add(rdf.Triple{S: rdf.IRI("urn:s"), P: rdf.IRI("urn:p"), O: rdf.IRI("urn:o")})
		return nil
	})
	if !errors.Is(err, ErrPreconditionFailed) || puts != attempts || edits != attempts {
		t.Errorf("%d edits, %d puts, %v", edits, puts, err)
	}
	mine := errors.New("mine")
	err = NewClient(nil).Update(t.Context(), server+"/a", func(*Document) error { return mine })
	if !errors.Is(err, mine) || puts != attempts {
		t.Errorf("%d puts, %v", puts, err)
	}
}

// inherited is the ACL of /, asked about for a resource.
func inherited(t *testing.T, of, turtle string) *ACL {
	parsed, err := codec.Parse(context.Background(), codec.Turtle, strings.NewReader("@prefix acl: <http://www.w3.org/ns/auth/acl#>."+turtle), "https://pod.example/.acl")
	if err != nil {
		t.Fatal(err)
	}
	return &ACL{
		Document: &Document{Info: Info{URL: "https://pod.example/.acl", ETag: `"1"`}, Graph: parsed.Default},
		Resource: "https://pod.example/", of: of, own: of + ".acl",
	}
}

func TestRules(t *testing.T) {
	const turtle = `
<#a> a acl:Authorization; acl:agent <urn:a>, <urn:b>; acl:accessTo </>; acl:default </>; acl:mode acl:Read, acl:Write.
<#b> a acl:Authorization; acl:agentGroup <urn:g>; acl:accessTo </>; acl:mode acl:Control; <http://schema.org/validThrough> "2026-01-02".
<#c> a acl:Authorization; acl:agentClass acl:AuthenticatedAgent; acl:default </>; acl:mode acl:Append; <https://schema.org/validThrough> "soon".
<#d> a acl:Authorization; acl:agent <urn:d>; acl:accessTo </other>; acl:mode acl:Read.
<#e> acl:agent <urn:e>; acl:accessTo </>; acl:mode acl:Read.`
	day := time.Date(2026, 1, 3, 0, 0, 0, -1, time.UTC)
	for _, test := range []struct {
		of   string
		want []Rule
	}{
		{"https://pod.example/", []Rule{
			{Agent("urn:a"), Read | Append | Write, ItselfAndInside, time.Time{}}, {Agent("urn:b"), Read | Append | Write, ItselfAndInside, time.Time{}},
			{Group("urn:g"), Control, Itself, day}, {Authenticated, Append, InsideOnly, time.Unix(0, 0)},
		}},
		{"https://pod.example/x/", []Rule{
			{Agent("urn:a"), Read | Append | Write, ItselfAndInside, time.Time{}}, {Agent("urn:b"), Read | Append | Write, ItselfAndInside, time.Time{}},
			{Authenticated, Append, ItselfAndInside, time.Unix(0, 0)},
		}},
		{"https://pod.example/x", []Rule{
			{Agent("urn:a"), Read | Append | Write, Itself, time.Time{}}, {Agent("urn:b"), Read | Append | Write, Itself, time.Time{}},
			{Authenticated, Append, Itself, time.Unix(0, 0)},
		}},
	} {
		if got := inherited(t, test.of, turtle).Rules(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.of, got, test.want)
		}
	}
}

// TestOwnACL: what a resource inherited is what it starts with, conditions and
// end dates included, and nothing of what it did not inherit.
func TestOwnACL(t *testing.T) {
	const turtle = `
<#owner> a acl:Authorization; acl:agent <https://pod.example/card#me>; acl:accessTo </>; acl:default </>; acl:mode acl:Read, acl:Control.
<#root> a acl:Authorization; acl:agent <urn:r>; acl:accessTo </>; acl:mode acl:Read.
_:app a acl:Authorization; acl:agent <urn:a>; acl:default </>; acl:mode acl:Read; acl:condition <#when>; <http://schema.org/validThrough> "2026-01-02".
<#when> a acl:ClientCondition; acl:client <https://app.example/>.`
	acl := inherited(t, "https://pod.example/x/y", turtle)
	acl.makeOwn()
	want := inherited(t, "", `
<https://pod.example/x/y.acl#owner> a acl:Authorization; acl:agent <https://pod.example/card#me>; acl:accessTo </x/y>; acl:mode acl:Read, acl:Control.
_:app a acl:Authorization; acl:agent <urn:a>; acl:accessTo </x/y>; acl:mode acl:Read; acl:condition <https://pod.example/x/y.acl#when>; <http://schema.org/validThrough> "2026-01-02".
<https://pod.example/x/y.acl#when> a acl:ClientCondition; acl:client <https://app.example/>.`)
	if !isomorphic(acl.Document.Graph, want.Document.Graph) || acl.Document.ETag != "" || acl.Document.URL != "https://pod.example/x/y.acl" || acl.Inherited() {
		t.Errorf("%+v", acl.Document.Info)
		for triple := range acl.Document.All() {
			t.Log(triple)
		}
	}
	container := inherited(t, "https://pod.example/x/", turtle)
	container.makeOwn()
	if rules := container.Rules(); len(rules) != 2 || rules[0].Scope != ItselfAndInside || rules[1].Scope != ItselfAndInside {
		t.Errorf("of a container: %v", rules)
	}
}

// TestEditACL: a rule never widens what others are let do by the same document.
func TestEditACL(t *testing.T) {
	acl := inherited(t, "https://pod.example/", `
<#access-1> a acl:Authorization; acl:agent <urn:a>, <urn:b>; acl:accessTo </>; acl:mode acl:Read.
<#access-2> a acl:Authorization; acl:agent <urn:a>; acl:accessTo </>; acl:mode acl:Control.`)
	acl.remove(Agent("urn:a"))
	acl.add(Rule{Subject: Agent("urn:a"), Modes: Append, Scope: InsideOnly})
	want := []Rule{{Agent("urn:b"), Read, Itself, time.Time{}}, {Agent("urn:a"), Append, InsideOnly, time.Time{}}}
	if got := acl.Rules(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	acl.remove(Agent("urn:b"))
	if got := acl.Rules(); !slices.Equal(got, want[1:]) || acl.Document.Len() != 4 {
		t.Errorf("got %v", got)
	}
}

func isomorphic(a, b *rdf.Graph) bool {
	one, other := rdf.NewDataset(), rdf.NewDataset()
	one.Default, other.Default = a, b
	return rdf.Isomorphic(one, other)
}

func TestParentOf(t *testing.T) {
	for resource, want := range map[string]string{
		"https://pod.example/": "", "https://pod.example": "", "https://pod.example/a": "https://pod.example/",
		"https://pod.example/a/": "https://pod.example/", "https://pod.example/a%2Fb/c?x#y": "https://pod.example/a%2Fb/", ":": "",
	} {
		if got := parentOf(resource); got != want {
			t.Errorf("%s: got %q, want %q", resource, got, want)
		}
	}
}
