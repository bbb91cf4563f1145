package wac

import (
	"fmt"
	"strings"
	"testing"
)

func TestMembers(t *testing.T) {
	m := MembersOf(graph(t, `@prefix v: <http://www.w3.org/2006/vcard/ns#>.
		<#us> v:hasMember b:me, <`+carol+`>. <#them> v:hasMember <`+alice+`>. <#us> v:hasMember "text". [] v:hasMember <urn:x>. <#us> v:member <urn:y>.`))
	for _, c := range []struct {
		group, member string
		want          bool
	}{
		{"#us", bob, true}, {"#us", carol, true}, {"#them", alice, true},
		{"#us", alice, false}, {"#them", bob, false}, {"", bob, false}, {"#us", "text", false}, {"#us", "urn:y", false}, {"#us", "", false},
	} {
		t.Run("WAC-SUBJ-03 "+c.member+" in "+c.group, func(t *testing.T) {
			if got := m.Has(base+"alice/"+c.group, c.member); got != c.want {
				t.Errorf("is a member: %v", got)
			}
		})
	}
	if MembersOf(graph(t, "")).Has("", "") {
		t.Error("nobody is a member of nothing")
	}
}

func TestManyMembers(t *testing.T) {
	const many = 100_000
	var text strings.Builder
	for i := range many {
		fmt.Fprintf(&text, "<#us> <http://www.w3.org/2006/vcard/ns#hasMember> <https://r.example/%d>.\n", i)
	}
	m := MembersOf(graph(t, text.String()))
	for _, i := range []int{0, 1, many / 2, many - 1} {
		if !m.Has(base+"alice/#us", fmt.Sprint("https://r.example/", i)) {
			t.Errorf("member %d is missing", i)
		}
	}
	if m.Has(base+"alice/#us", fmt.Sprint("https://r.example/", many)) || m.Size() > 2<<20 {
		t.Errorf("one too many, or %d bytes", m.Size())
	}
}
