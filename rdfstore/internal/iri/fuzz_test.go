package iri

import "testing"

// FuzzResolve looks for a reference that resolves to what is no absolute IRI, or
// to another one when it is resolved again.
func FuzzResolve(f *testing.F) {
	for _, ref := range []string{"", "#me", "?q", "a/b", "/a/../b", "../../x", "//h/./x", "x:y", ".", "..;x", "//"} {
		f.Add("https://pod.example/a/b?c#d", ref)
		f.Add("urn:a:b", ref)
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		b, err := NewBase(base)
		if err != nil {
			return
		}
		resolved, err := b.Resolve(ref)
		if err != nil {
			return
		}
		for i := range len(ref) {
			if Forbidden(ref[i]) {
				return // for the caller to check
			}
		}
		if err := CheckAbsolute(resolved); err != nil {
			t.Fatalf("%q against %q is %q, which %v", ref, base, resolved, err)
		}
		if again, err := b.Resolve(resolved); err != nil || again != resolved {
			t.Fatalf("%q against %q is %q, and that is %q: %v", ref, base, resolved, again, err)
		}
	})
}
