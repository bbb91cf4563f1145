package wac

import (
	"slices"
	"testing"
)

func TestGrantsControl(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"to an agent", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control.`, true},
		{"to a group", `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Control.`, true},
		{"to a client of an agent", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control; :condition [a :ClientCondition; :client <urn:app>].`, true},
		{"by default only", `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Control.`, false},
		{"of another resource", `<#a> a :Authorization; :accessTo <c/>; :agent b:me; :mode :Control.`, false},
		{"other modes", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read, :Write.`, false},
		{"to an origin", `<#a> a :Authorization; :accessTo <./>; :origin <https://app.example>; :mode :Control.`, false},
		{"for a time", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control; schema:validThrough "2030-01-01".`, false},
		{"on an unknown condition", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control; :condition [a :MoonCondition].`, false},
		{"on a condition that nobody meets", `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control; :condition [a :ClientCondition].`, false},
		{"nothing", ``, false},
	} {
		t.Run("WAC-REP-05 "+c.name, func(t *testing.T) {
			if got := Parse(graph(t, c.text), space).GrantsControl(root); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestUnknownConditions(t *testing.T) {
	text := `<#a> a :Authorization; :condition [a :MoonCondition], [a :ClientCondition], [a :MoonCondition, :SunCondition].
		<#b> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read; :condition "x".
		<#c> :condition [a :NotInAnAuthorization].`
	want := []string{"http://www.w3.org/ns/auth/acl#MoonCondition", "http://www.w3.org/ns/auth/acl#SunCondition", "untyped"}
	if got := Parse(graph(t, text), space).UnknownConditions(); !slices.Equal(got, want) {
		t.Errorf("WAC-COND-02: got %q, want %q", got, want)
	}
}

func TestWACAllow(t *testing.T) {
	for _, c := range []struct {
		name          string
		agent, public Modes
		want          string
	}{
		{"WAC-ALLOW-01 everything", all, Read, `user="read write append control",public="read"`},
		{"WAC-ALLOW-02 both groups are there", 0, 0, `user="",public=""`},
		{"WAC-ALLOW-03 exactly read and append", Read | Append, 0, `user="read append",public=""`},
		{"WAC-ALLOW-03 exactly read and control", Read | Control, Read | Control, `user="read control",public="read control"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (Decision{Agent: c.agent, Public: c.public}).WACAllow(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	t.Run("WAC-ALLOW-05 on an ACL resource", func(t *testing.T) {
		if got, want := (Decision{Agent: Control, Public: Read | Write}).OnACL().WACAllow(), `user="read write append control",public=""`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestAllows(t *testing.T) {
	d := Decision{Agent: Read | Append}
	if !d.Allows(Read|Append) || !d.Allows(0) || d.Allows(Read|Write) {
		t.Errorf("%v allows wrongly", d.Agent)
	}
}
