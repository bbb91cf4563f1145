package iri

import "testing"

// The examples of RFC 3986 §5.4, whose base is http://a/b/c/d;p?q.
func TestResolveRFC3986(t *testing.T) {
	base, err := NewBase("http://a/b/c/d;p?q")
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		// §5.4.1
		"g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g",
		"//g": "http://g", "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q#s",
		"g#s": "http://a/b/c/g#s", "g?y#s": "http://a/b/c/g?y#s", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x",
		"g;x?y#s": "http://a/b/c/g;x?y#s", "": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/",
		"..": "http://a/b/", "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/",
		"../../g": "http://a/g",
		// §5.4.2
		"../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g",
		"g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g",
		"./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h",
		"g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x",
		"g?y/../x": "http://a/b/c/g?y/../x", "g#s/./x": "http://a/b/c/g#s/./x", "g#s/../x": "http://a/b/c/g#s/../x",
		"http:g": "http:g",
	} {
		if got, err := base.Resolve(ref); got != want || err != nil {
			t.Errorf("Resolve(%q) = %q, %v; want %q", ref, got, err, want)
		}
	}
}

func TestResolveKeepsSpelling(t *testing.T) {
	for _, c := range []struct{ base, ref, want string }{
		{"https://pod.example/alice/profile/card", "foo", "https://pod.example/alice/profile/foo"},
		{"https://pod.example/alice/profile/card", "../y", "https://pod.example/alice/y"},
		{"https://pod.example/alice/profile/card#me", "", "https://pod.example/alice/profile/card"},
		{"https://pod.example/alice/profile/card#me", "#you", "https://pod.example/alice/profile/card#you"},
		{"https://pod.example/a", "caf%C3%a9/%7euser", "https://pod.example/caf%C3%a9/%7euser"},
		{"https://pod.example/a", "café", "https://pod.example/café"},
		{"https://pod.example", "x", "https://pod.example/x"},
		{"https://pod.example/a//b", "c", "https://pod.example/a//c"},
		{"https://pod.example/a", "http://x/a/../b", "http://x/a/../b"},
		{"urn:isbn:1", "#x", "urn:isbn:1#x"},
		{"tag:a/b", "c", "tag:a/c"},
		{"tag:a", "./c", "tag:c"},
		{"tag:a", "..", "tag:"},
		{"tag:a", "../c", "tag:c"},
		{"https://pod.example/a?q", "//h/../x?y#z", "https://h/x?y#z"},
	} {
		base, err := NewBase(c.base)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := base.Resolve(c.ref); got != c.want || err != nil {
			t.Errorf("%s + %q = %q, %v; want %q", c.base, c.ref, got, err, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for ref, want := range map[string]error{"": ErrRelative, "x": ErrRelative, "1a:b": ErrScheme, ":b": ErrScheme, "a_b:c": ErrScheme} {
		if _, err := (Base{}).Resolve(ref); err != want {
			t.Errorf("Resolve(%q): %v, want %v", ref, err, want)
		}
	}
	for s, want := range map[string]error{
		"http://a/": nil, "urn:x": nil, "a": ErrScheme, "/a:b": ErrScheme, "": ErrScheme,
		"http://a b": ErrCharacter, "http://a/<": ErrCharacter, "http://a\x7f": nil, "http://a\\b": ErrCharacter,
	} {
		if err := CheckAbsolute(s); err != want {
			t.Errorf("CheckAbsolute(%q) = %v, want %v", s, err, want)
		}
	}
	if _, err := NewBase("not absolute"); err == nil {
		t.Error("a base must be absolute")
	}
}
