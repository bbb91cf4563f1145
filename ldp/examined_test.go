package ldp

import (
	"errors"
	"io"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// ECO-WID-06: what was received as any document is not stored where only one may
// be that has been looked at, should the place have become one meanwhile.
func TestUnexaminedIsNotStored(t *testing.T) {
	s := &session{Handler: brokenHandler(t, io.Discard)}
	storage := rdfstore.Storage{Name: "alice", Owner: "http://pods.example/alice/profile/card#me"}
	card := resource.Root("alice").Entry("profile/card")
	for id, want := range map[resource.ID]bool{
		card: true, card.ACL(): true, resource.Root("alice").Entry("docs/").Description(): true, resource.Root("alice").Entry("docs/"): true,
		resource.Root("alice").Entry("profile/other"): false, card.Description(): false,
	} {
		if got := s.isExamined(storage, id); got != want {
			t.Errorf("isExamined(%v) = %v", id, got)
		}
	}
	received := &writing{kind: rdfstore.Document}
	if err := received.store(t.Context(), s, nil, &target{id: card, storage: storage}); !errors.Is(err, errUnexamined) {
		t.Errorf("store = %v", err)
	}
}
