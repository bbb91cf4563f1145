package wac

import (
	"context"
	"strings"
	"testing"

	"domicile/rdfstore/turtle"
)

// FuzzParse looks for a document that breaks Parse or a promise of Decide.
func FuzzParse(f *testing.F) {
	const prefix = `@prefix : <http://www.w3.org/ns/auth/acl#>. `
	for _, seed := range []string{
		``,
		`<#a> a :Authorization; :accessTo <./>; :default <./>; :agent <https://bob.example/card#me>; :mode :Read, :Write.`,
		`[] a :Authorization; :accessTo <c/x>, <//h:99999/>, <http://[>, <%zz>, "x"; :agentClass <http://xmlns.com/foaf/0.1/Agent>; :mode :Control.`,
		`<#a> a :Authorization; :accessTo <./>; :agentGroup <#a>; :condition <#a>; :mode :Append. <#a> a :ClientCondition; :client <#a>.`,
		`<#a> a :Authorization; :accessTo <./>; :agent <x:>; :mode :Read; <http://schema.org/validThrough> "9999-99-99T99:99:99Z".`,
	} {
		f.Add(prefix + seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := turtle.Parse(t.Context(), strings.NewReader(text), base+"alice/", turtle.DefaultLimits)
		if err != nil {
			return
		}
		acl := Parse(doc.Default, space)
		acl.GrantsControl(root)
		acl.UnknownConditions()
		acl.Idle(root)
		policy := Policy{ACLs: acls{root: acl}, Groups: &groups{members: someGroups}}
		for _, agent := range personas {
			for _, target := range targets {
				x, err := policy.Explain(context.Background(), agent, id(t, target), noon)
				d := x.Decision
				switch {
				case err != nil:
					t.Fatal(err)
				case !d.Agent.Has(d.Public):
					t.Errorf("%+v on %q may %q, the public more: %q", agent, target, d.Agent, d.Public)
				case d.Agent.Has(Write) && !d.Agent.Has(Append):
					t.Errorf("%+v on %q has Write without Append", agent, target)
				case agent.IsPublic() && d.Agent != d.Public:
					t.Errorf("nobody on %q may %q, the public %q", target, d.Agent, d.Public)
				}
			}
		}
	})
}
