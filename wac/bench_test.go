package wac

import (
	"fmt"
	"strings"
	"testing"

	"domicile/rdfstore/resource"
)

func benchmarkDecide(b *testing.B, policy Policy, agent Agent, target resource.ID) {
	b.ReportAllocs()
	for b.Loop() {
		d, err := policy.Decide(b.Context(), agent, target, noon)
		if err != nil || !d.Allows(Read) {
			b.Fatalf("%v, %v", d, err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	const text = `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read, :Write.`
	for _, depth := range []int{1, 10, 20} {
		b.Run(fmt.Sprintf("depth %d", depth), func(b *testing.B) {
			policy := Policy{ACLs: documents(b, map[string]string{"": text})}
			benchmarkDecide(b, policy, Agent{WebID: bob}, id(b, strings.Repeat("c/", depth-1)+"x"))
		})
	}
	b.Run("1000 authorizations", func(b *testing.B) {
		var many strings.Builder
		for i := range 999 {
			fmt.Fprintf(&many, "<#%d> a :Authorization; :default <./>; :agent <https://other.example/%d>; :mode :Read. ", i, i)
		}
		policy := Policy{ACLs: documents(b, map[string]string{"": many.String() + text})}
		benchmarkDecide(b, policy, Agent{WebID: bob}, id(b, "x"))
	})
}

func BenchmarkParse(b *testing.B) {
	g := graph(b, `<#o> a :Authorization; :accessTo <./>; :default <./>; :agent <`+alice+`>; :mode :Read, :Write, :Control.
		<#p> a :Authorization; :accessTo <./>; :agentClass foaf:Agent; :mode :Read.`)
	b.ReportAllocs()
	for b.Loop() {
		Parse(g, space)
	}
}
