package wac

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"domicile/rdfstore/resource"
)

func TestGrantModes(t *testing.T) {
	root, other := resource.Root("alice"), resource.Root("bob")
	notes, note, noted := root.Entry("notes/"), root.Entry("notes/a"), root.Entry("notesbook")
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	read := Grant{Scopes: []Scope{{notes, Read}}}
	for _, c := range []struct {
		name   string
		grant  Grant
		target resource.ID
		want   Modes
	}{
		{"nothing", Grant{}, note, 0},
		{"the container itself", read, notes, Read},
		{"below the container", read, note, Read},
		{"a description is judged on its subject", read, note.Description(), Read},
		{"an ACL is judged on its subject", read, note.ACL(), Read},
		{"above the container", read, root, 0},
		{"a name that begins alike", read, noted, 0},
		{"another storage", read, other.Entry("notes/a"), 0},
		{"a document covers nothing below it", Grant{Scopes: []Scope{{root.Entry("notes"), Read}}}, note, 0},
		{"a whole storage", Grant{Scopes: []Scope{{root, Write}}}, note, Write | Append},
		{"parts add up", Grant{Scopes: []Scope{{root, Read}, {note, Control}}}, note, Read | Control},
		{"everything", Grant{Everything: true}, other, Read | Append | Write | Control},
		{"within another", Grant{Everything: true, Within: &read}, note, Read},
		{"within another, elsewhere", Grant{Everything: true, Within: &read}, noted, 0},
		{"within more", Grant{Scopes: read.Scopes, Within: &Grant{Everything: true}}, note, Read},
		{"within what has ended", Grant{Everything: true, Within: &Grant{Everything: true, Until: now}}, note, 0},
		{"before the end", Grant{Everything: true, Until: now.Add(time.Nanosecond)}, note, Read | Append | Write | Control},
		{"at the end", Grant{Everything: true, Until: now}, note, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.grant.Modes(c.target, now); got != c.want {
				t.Errorf("modes %q, want %q", got, c.want)
			}
		})
	}
}

// TestGrantNeverWidens: whatever is granted, the agent keeps what everybody may
// do and gets nothing that she may not do herself.
func TestGrantNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		modes := rapid.Uint8Range(0, uint8(Read|Append|Write|Control))
		public := Modes(modes.Draw(t, "public"))
		d := Decision{Public: public, Agent: public | Modes(modes.Draw(t, "agent"))}
		granted := Modes(modes.Draw(t, "granted"))
		narrowed := d.Narrow(granted)
		if narrowed.Public != d.Public || !d.Agent.Has(narrowed.Agent) || !narrowed.Agent.Has(d.Public) {
			t.Fatalf("%+v became %+v", d, narrowed)
		}
		if left := narrowed.Agent &^ d.Public; !granted.Has(left) {
			t.Fatalf("%q is left, which was not granted", left)
		}
	})
}
