package grant

import (
	"errors"
	"slices"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

func update(t *testing.T, store rdfstore.Store, write func(tx rdfstore.Tx) error) {
	t.Helper()
	if err := store.Update(t.Context(), write); err != nil {
		t.Fatal(err)
	}
}

func TestOneGrantForAClient(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	start := time.Now().UTC().Truncate(time.Second)
	notes := resource.Root("anna").Entry("notes/")
	update(t, store, func(tx rdfstore.Tx) error {
		first, err := Give(tx, Grant{Account: "a", WebID: "w", Client: Client{ID: "app"}, Access: Access{Everything: true}}, start)
		if err != nil {
			return err
		}
		again, err := Give(tx, Grant{Account: "a", WebID: "w", Client: Client{ID: "app"},
			Access: Access{Parts: []Part{PartOf(notes, wac.Read), PartOf(notes, wac.Append), PartOf(resource.Root("anna"), 0)}}}, start.Add(time.Hour))
		if err != nil {
			return err
		}
		if again.ID != first.ID || !again.Created.Equal(start) || !again.Changed.Equal(start.Add(time.Hour)) {
			t.Errorf("letting in again made %+v of %+v", again, first)
		}
		if want := []Part{{"anna", "notes/", wac.Read | wac.Append}}; again.Everything || !slices.Equal(again.Parts, want) {
			t.Errorf("kept as %+v", again.Access)
		}
		for _, other := range []Grant{{Account: "b", WebID: "w"}, {Account: "a", WebID: "x"}} {
			other.Client.ID = "app"
			if g, err := Give(tx, other, start); err != nil || g.ID == first.ID {
				t.Errorf("another account or WebID shares the grant: %v, %v", g.ID, err)
			}
		}
		if _, err := Of(tx, "b", first.ID); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("another account reads it: %v", err)
		}
		if _, err := Withdraw(tx, "b", first.ID); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("another account withdraws it: %v", err)
		}
		all, err := All(tx, "a")
		if len(all) != 2 || all[0].ID != first.ID {
			t.Errorf("the account has %v", all)
		}
		if _, err := Withdraw(tx, "a", first.ID); err != nil {
			return err
		}
		if holds, err := Holds(tx, first.ID, start); holds || err != nil {
			t.Errorf("a withdrawn grant holds: %t, %v", holds, err)
		}
		return err
	})
}

func TestBounds(t *testing.T) {
	var access Access
	for i := range maxParts + 1 {
		access.Parts = append(access.Parts, Part{Storage: "anna", Path: string(rune('a'+i%26)) + string(rune('a'+i/26)), Modes: wac.Read})
	}
	if _, err := access.Normalise(); !errors.Is(err, ErrTooMany) {
		t.Errorf("error %v", err)
	}
	access.Everything = true
	if whole, err := access.Normalise(); err != nil || whole.Parts != nil {
		t.Errorf("everything with parts: %+v, %v", whole, err)
	}
}

func TestActions(t *testing.T) {
	for modes := wac.Modes(0); modes <= wac.Read|wac.Append|wac.Write|wac.Control; modes++ {
		if modes.Has(wac.Write) && !modes.Has(wac.Append) {
			continue
		}
		if back, err := ParseActions(Actions(modes)); err != nil || back != modes {
			t.Errorf("%q came back as %q, %v", modes, back, err)
		}
	}
	if _, err := ParseActions([]string{"own"}); err == nil {
		t.Error("own is an action")
	}
}

func TestUses(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	start := time.Now().UTC().Truncate(time.Second)
	var g Grant
	update(t, store, func(tx rdfstore.Tx) (err error) {
		g, err = Give(tx, Grant{Account: "a", Client: Client{ID: "app"}}, start)
		return err
	})
	var uses Uses
	uses.Note(g.ID, start)
	uses.Note(g.ID, start.Add(time.Minute))
	uses.Note("none", start)
	used := func() (at time.Time) {
		err := store.View(t.Context(), func(r rdfstore.Reader) (err error) {
			at, err = LastUse(r, g.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := used(); !at.IsZero() {
		t.Errorf("used at %s before it was written", at)
	}
	if err := uses.Write(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if at := used(); !at.Equal(start.Add(time.Minute)) {
		t.Errorf("last used at %s", at)
	}
	store.Close()
	uses.Note(g.ID, start)
	if err := uses.Write(t.Context(), store); err == nil || len(uses.seen) != 1 {
		t.Errorf("after a failure %v, %d uses are kept", err, len(uses.seen))
	}
}
