package ldp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAdvice(t *testing.T) {
	const prefixes = "@prefix acl: <http://www.w3.org/ns/auth/acl#>. "
	who := "a acl:Authorization; acl:agent <" + bob + ">; "
	standing := []given{{"c/r", ttl, note}, {"c/old", ttl, note}, aclOf("c/old", mine)}
	for _, c := range []struct {
		name, acl, rule, reason string // reason "" for no warning
	}{
		{"accessTo the ACL itself", "c/r.acl", "acl:accessTo <>; acl:mode acl:Read", "another resource"},
		{"accessTo a sibling", "c/r.acl", "acl:accessTo <other>; acl:mode acl:Read", "another resource"},
		{"accessTo with a fragment", "c/r.acl", "acl:accessTo <r#it>; acl:mode acl:Read", "another resource"},
		{"accessTo elsewhere", "c/r.acl", "acl:accessTo <https://elsewhere.example/r>; acl:mode acl:Read", "another resource"},
		{"default of a document", "c/r.acl", "acl:default <r>; acl:mode acl:Read", "acl:default"},
		{"a container's member", "c/.acl", "acl:accessTo <r>; acl:default <d/>; acl:mode acl:Read", "another resource"},
		{"a container without its slash", "c/.acl", "acl:accessTo <../c>; acl:mode acl:Read", "another resource"},
		{"no mode", "c/r.acl", "acl:accessTo <r>", "acl:mode"},
		{"no object", "c/r.acl", "acl:mode acl:Read", "neither acl:accessTo nor acl:default"},
		{"right", "c/r.acl", "acl:accessTo <r>; acl:mode acl:Read", ""},
		{"right besides others", "c/r.acl", "acl:accessTo <other>, <r>; acl:mode acl:Read", ""},
		{"a container's accessTo", "c/.acl", "acl:accessTo <./>; acl:mode acl:Read", ""},
		{"a container's default", "c/.acl", "acl:default <./>; acl:mode acl:Read", ""},
		{"over, which is no mistake", "c/r.acl", "acl:accessTo <r>; acl:mode acl:Read; <http://schema.org/validThrough> '2020-01-01'", ""},
	} {
		t.Run("WAC-EFF-02 "+c.name, func(t *testing.T) {
			p := newPod(t, standing)
			a := p.send(put(c.acl, ttl, prefixes+"<#a> "+who+c.rule+".")).is(201)
			if c.reason == "" {
				if a.body != "" || len(a.linked("help")) > 0 {
					t.Errorf("warned: %s", a.body)
				}
				return
			}
			var body struct {
				Warnings []struct{ Type, Title, Detail, Authorization string }
			}
			if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body.Warnings) != 1 {
				t.Fatalf("%v: %s", err, a.body)
			}
			w := body.Warnings[0]
			subject := strings.TrimSuffix(root+c.acl, ".acl")
			if w.Authorization != root+c.acl+"#a" || !strings.Contains(w.Detail, c.reason) || !strings.Contains(w.Detail, subject) || w.Title == "" {
				t.Errorf("warning %+v", w)
			}
			if got := a.linked("help"); len(got) != 1 || got[0] != w.Type {
				t.Errorf("links %v, type %s", got, w.Type)
			}
			a.has(fields{"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Location": root + c.acl})
		})
	}
	t.Run("WAC-EFF-02 replaced and patched", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(put("c/old.acl", ttl, acl(root+"c/old", mine)+"<#a> "+who+"acl:accessTo <other>; acl:mode acl:Read.")).is(200).holds("#a")
		p.send(writing("PATCH", "c/old.acl", n3, insertDelete("", "", "<#b> <#p> 1."))).is(200).holds("#a")
		p.send(put("c/old.acl", ttl, acl(root+"c/old", mine))).is(204)
	})
	t.Run("not without end", func(t *testing.T) {
		var many strings.Builder
		many.WriteString(prefixes)
		for i := range 100 {
			fmt.Fprintf(&many, "<#%d> %s acl:mode acl:Read. ", i, who)
		}
		a := newPod(t, standing).send(put("c/r.acl", ttl, many.String())).is(201)
		if n := strings.Count(a.body, `"authorization"`); n != 20 {
			t.Errorf("%d warnings", n)
		}
	})
}
