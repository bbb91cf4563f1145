package resource

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func pathSpace(t testing.TB) *Space {
	t.Helper()
	s, err := NewSpace("http://localhost:3000/", false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	space := pathSpace(t)
	for _, c := range []struct{ name, path, want string }{
		{"SP-URI-01 root container", "/alice/", "http://localhost:3000/alice/"},
		{"SP-URI-01 container", "/alice/photos/", "http://localhost:3000/alice/photos/"},
		{"SP-URI-01 document", "/alice/photos/cat.jpg", "http://localhost:3000/alice/photos/cat.jpg"},
		{"SP-URI-06 unreserved escapes are decoded", "/alice/%63at", "http://localhost:3000/alice/cat"},
		{"SP-URI-06 escapes in upper case", "/alice/caf%c3%a9", "http://localhost:3000/alice/caf%C3%A9"},
		{"SP-URI-06 raw UTF-8 is escaped", "/alice/café", "http://localhost:3000/alice/caf%C3%A9"},
		{"SP-URI-06 sub-delims stay", "/alice/a%2Bb!$&'()*,;=:@", "http://localhost:3000/alice/a+b!$&'()*,;=:@"},
		{"SP-URI-06 percent stays escaped", "/alice/100%25", "http://localhost:3000/alice/100%25"},
		{"SP-URI-06 double escape is not decoded twice", "/alice/a%252Fb", "http://localhost:3000/alice/a%252Fb"},
		{"SP-URI-06 space, question mark and hash", "/alice/a%20b%3Fc%23d", "http://localhost:3000/alice/a%20b%3Fc%23d"},
		{"SP-URI-06 storage name with escapes", "/%61lice/", "http://localhost:3000/alice/"},
		{"SP-URI-07 case is kept", "/alice/Photos/", "http://localhost:3000/alice/Photos/"},
		{"SP-AUX-01 ACL of a document", "/alice/notes.ttl.acl", "http://localhost:3000/alice/notes.ttl.acl"},
		{"SP-AUX-01 ACL of the root", "/alice/.acl", "http://localhost:3000/alice/.acl"},
		{"SP-AUX-01 description, escaped suffix", "/alice/notes%2emeta", "http://localhost:3000/alice/notes.meta"},
		{"SP-STO-05 storage description", "/alice/.well-known/solid", "http://localhost:3000/alice/.well-known/solid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, err := space.Parse("ignored.example", c.path)
			if err != nil {
				t.Fatal(err)
			}
			if got := space.URL(id); got != c.want {
				t.Errorf("URL = %s, want %s", got, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	space := pathSpace(t)
	for _, c := range []struct {
		name, path string
		want       error
	}{
		{"SP-URI-06 encoded slash", "/alice/foo%2fbar", ErrMalformed},
		{"SP-URI-06 backslash", "/alice/foo%5Cbar", ErrMalformed},
		{"SP-URI-06 NUL", "/alice/%00", ErrMalformed},
		{"SP-URI-06 control character", "/alice/a%0Ab", ErrMalformed},
		{"SP-URI-06 delete character", "/alice/a%7Fb", ErrMalformed},
		{"SP-URI-06 dot segment", "/alice/./x", ErrMalformed},
		{"SP-URI-06 dot-dot segment", "/alice/a/../../bob/", ErrMalformed},
		{"SP-URI-06 escaped dot-dot segment", "/alice/%2e%2E/bob/", ErrMalformed},
		{"SP-URI-06 empty segment", "/alice//x", ErrMalformed},
		{"SP-URI-06 empty first segment", "//alice/x", ErrMalformed},
		{"SP-URI-06 invalid UTF-8", "/alice/%ff", ErrMalformed},
		{"SP-URI-06 overlong UTF-8", "/alice/%c0%af", ErrMalformed},
		{"SP-URI-06 broken escape", "/alice/%4", ErrMalformed},
		{"SP-URI-06 no leading slash", "alice/", ErrMalformed},
		{"SP-HTTP-10 too long", "/alice/" + strings.Repeat("a", MaxPath), ErrTooLong},
		{"no storage", "/", ErrOutside},
		{"storage without slash", "/alice", ErrOutside},
		{"SP-URI-06 reserved prefix", "/.oidc/token", ErrOutside},
		{"upper-case storage", "/Alice/", ErrOutside},
		{"ECO-POD-04 storage name with dot", "/al.ice/", ErrOutside},
		{"SP-AUX-02 ACL of an ACL", "/alice/x.acl.acl", ErrReserved},
		{"SP-AUX-02 ACL of a description", "/alice/x.meta.acl", ErrReserved},
		{"SP-AUX-02 container named like an ACL", "/alice/x.acl/", ErrReserved},
		{"SP-AUX-02 below an auxiliary name", "/alice/x.meta/y", ErrReserved},
		{"SP-URI-06 reserved well-known", "/alice/.well-known/other", ErrReserved},
		{"SP-URI-06 well-known container", "/alice/.well-known/", ErrReserved},
		{"SP-URI-06 ACL of the well-known container", "/alice/.well-known/.acl", ErrReserved},
		{"SP-AUX-02 ACL of the storage description", "/alice/.well-known/solid.acl", ErrReserved},
	} {
		t.Run(c.name, func(t *testing.T) {
			if id, err := space.Parse("", c.path); !errors.Is(err, c.want) {
				t.Errorf("Parse = %v, %v; want %v", id, err, c.want)
			}
		})
	}
}

func TestSubdomains(t *testing.T) {
	space, err := NewSpace("https://Pods.Example:443", true)
	if err != nil {
		t.Fatal(err)
	}
	id, err := space.Parse("alice.pods.example:443", "/profile/card")
	if err != nil || space.URL(id) != "https://alice.pods.example/profile/card" {
		t.Errorf("Parse = %v, %v", id, err)
	}
	for _, host := range []string{"pods.example", "alice.other.example", "a.b.pods.example", "evilpods.example"} {
		if id, err := space.Parse(host, "/x"); !errors.Is(err, ErrOutside) {
			t.Errorf("host %s: %v, %v; want ErrOutside", host, id, err)
		}
	}
	if id, err := space.ParseIRI("https://bob.pods.example/a#me"); err != nil || id.Storage() != "bob" {
		t.Errorf("ParseIRI = %v, %v", id, err)
	}
}

func TestParseIRI(t *testing.T) {
	space := pathSpace(t)
	for iri, want := range map[string]error{
		"http://localhost:3000/alice/profile/card#me": nil,
		"HTTP://LOCALHOST:3000/alice/x?y=z":           nil,
		"https://localhost:3000/alice/x":              ErrOutside,
		"http://localhost/alice/x":                    ErrOutside,
		"http://u@localhost:3000/alice/x":             ErrOutside,
		"http://localhost:3000/alice/%2F":             ErrMalformed,
		"mailto:alice@example.org":                    ErrOutside,
		"http://[":                                    ErrMalformed,
	} {
		if _, err := space.ParseIRI(iri); !errors.Is(err, want) {
			t.Errorf("ParseIRI(%s) = %v, want %v", iri, err, want)
		}
	}
}

func TestNewSpaceRefuses(t *testing.T) {
	for _, base := range []string{"", "localhost:3000", "ftp://x/", "http://x/path/", "http://x/?q", "http://u@x/", "http://x/#f"} {
		if _, err := NewSpace(base, false); err == nil {
			t.Errorf("NewSpace(%q) accepted", base)
		}
	}
}

func TestFamily(t *testing.T) {
	space := pathSpace(t)
	parse := func(path string) ID {
		id, err := space.Parse("", path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return id
	}
	cat := parse("/alice/photos/cat.jpg")
	if p, ok := cat.Parent(); !ok || p != parse("/alice/photos/") {
		t.Errorf("Parent of a document = %v", p)
	}
	if p, ok := parse("/alice/photos/").Parent(); !ok || p != Root("alice") {
		t.Errorf("Parent of a container = %v", p)
	}
	if _, ok := Root("alice").Parent(); ok {
		t.Error("a root has a parent")
	}
	if cat.Name() != "cat.jpg" || parse("/alice/photos/").Name() != "photos/" || Root("alice").Name() != "" {
		t.Error("Name")
	}
	if twin, ok := cat.Twin(); !ok || twin != parse("/alice/photos/cat.jpg/") {
		t.Errorf("Twin = %v", twin)
	}
	if back, ok := parse("/alice/photos/").Twin(); !ok || back != parse("/alice/photos") {
		t.Errorf("Twin = %v", back)
	}
	if cat.ACL() != parse("/alice/photos/cat.jpg.acl") || cat.ACL().Subject() != cat || cat.ACL().IsContainer() {
		t.Error("ACL and Subject")
	}
	if !parse("/alice/photos/.acl").Subject().IsContainer() {
		t.Error("the subject of a container's ACL is the container")
	}
}

func TestValidName(t *testing.T) {
	for _, c := range []struct {
		name  string
		valid bool
	}{
		{"alice", true}, {"a", true}, {"7-of-9", true}, {strings.Repeat("a", 63), true},
		{"", false}, {"-x", false}, {"x-", false}, {strings.Repeat("a", 64), false}, {"Alice", false},
		{"al.ice", false}, {"al_ice", false}, {"é", false}, {".well-known", false}, {"a/b", false},
	} {
		t.Run("ECO-POD-04 "+c.name, func(t *testing.T) {
			if got := ValidName(c.name); got != c.valid {
				t.Errorf("ValidName(%q) = %v", c.name, got)
			}
		})
	}
}

func TestMember(t *testing.T) {
	photos, _ := pathSpace(t).Parse("", "/alice/photos/")
	for name, want := range map[string]error{
		"my cat é.jpg": nil, "100%": nil, "a?b#c": nil,
		"": ErrMalformed, ".": ErrMalformed, "..": ErrMalformed, "a/b": ErrMalformed, "a\x00": ErrMalformed,
		"\xff": ErrMalformed, ".acl": ErrReserved, "x.acl": ErrReserved, "x.meta": ErrReserved,
	} {
		id, err := photos.Member(name, false)
		if !errors.Is(err, want) {
			t.Errorf("Member(%q) = %v, %v; want %v", name, id, err, want)
		}
		if parent, _ := id.Parent(); want == nil && parent != photos {
			t.Errorf("Member(%q) is not in its container: %v", name, id)
		}
	}
	if _, err := Root("alice").Member(".well-known", true); !errors.Is(err, ErrReserved) {
		t.Errorf("SP-POST-03 reserved name: %v", err)
	}
}

// Every accepted URL names an ID whose URL parses to the same ID, and two
// URLs with different hosts or decoded segments give different IDs, whether
// storages are paths or hosts.
func TestParseIsInjective(t *testing.T) {
	hosts, err := NewSpace("http://localhost:3000/", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, space := range map[string]*Space{"paths": pathSpace(t), "hosts": hosts} {
		t.Run("SP-URI-06 SP-STO-02 storages as "+name, func(t *testing.T) { checkInjective(t, space) })
	}
}

func checkInjective(t *testing.T, space *Space) {
	storage := rapid.SampledFrom([]string{"alice", "bob", "a-b", "Alice", "al%69ce", ".acl", ""})
	segment := rapid.StringMatching(`([a-z.~%/ é+]|%2[0-9a-fA-F]|%C3%A9|%5c|\.acl|\.meta){0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (host, path string) {
			first := storage.Draw(t, "storage of "+name)
			path = "/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, name), "/")
			if space.Subdomains() {
				return first + ".localhost:3000", path
			}
			return "localhost:3000", "/" + first + path
		}
		hostA, a := draw("a")
		hostB, b := draw("b")
		idA, errA := space.Parse(hostA, a)
		if errA != nil {
			return
		}
		checkRoundTrip(t, space, idA)
		if idB, err := space.Parse(hostB, b); err == nil {
			same := strings.EqualFold(hostA, hostB) && decoded(a) == decoded(b)
			if (idA == idB) != same {
				t.Fatalf("%q → %v, %q → %v, same spelling: %v", a, idA, b, idB, same)
			}
		}
	})
}

// decoded splits before it decodes, so that an escaped slash stays visible.
func decoded(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i], _ = url.PathUnescape(s)
	}
	return strings.Join(segments, "\x00")
}

type fataler interface{ Fatalf(string, ...any) }

func checkRoundTrip(t fataler, space *Space, id ID) {
	again, err := space.ParseIRI(space.URL(id))
	if err != nil || again != id {
		t.Fatalf("%v → %s → %v, %v", id, space.URL(id), again, err)
	}
	if strings.Contains(id.Path(), "//") || strings.HasPrefix(id.Path(), "/") || !utf8.ValidString(id.Path()) {
		t.Fatalf("path %q is not canonical", id.Path())
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"/alice/", "/alice/a%2Fb", "/alice/%2e%2e/x", "/a/.acl", "/a/x.meta.acl", "//a", "/a/\xff"} {
		f.Add(seed)
	}
	spaces := []*Space{pathSpace(f)}
	if hosts, err := NewSpace("http://localhost:3000/", true); err == nil {
		spaces = append(spaces, hosts)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, space := range spaces {
			if id, err := space.Parse("alice.localhost:3000", path); err == nil {
				checkRoundTrip(t, space, id)
			}
		}
	})
}
