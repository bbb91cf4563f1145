package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
	"domicile/wac"
)

// asking is what an application wants to do, as it says in its request or its
// client identifier document (design §8.2).
type asking struct {
	grant.Access
	Purposes []string // in its words
	// Unplaced are locations that are not here and classes that no type index of
	// the person says a place for: nothing can be proposed for them.
	Unplaced []string
}

// asked reads what an application wants. Of classes it wants where the person's
// type indexes say that they are kept. Where one part of it would end, all does.
func (s *Service) asked(ctx context.Context, owned []pod, webID string, details []provider.AccessDetail) (asking, error) {
	var a asking
	for _, d := range details {
		modes, err := grant.ParseActions(d.Actions)
		if err != nil {
			return asking{}, err
		}
		locations := d.Locations
		if len(d.Classes) > 0 {
			var unplaced []string
			locations, unplaced = s.placesOf(ctx, owned, webID, d.Classes)
			a.Unplaced = append(a.Unplaced, unplaced...)
		}
		for _, location := range locations {
			id, err := s.space.ParseIRI(location)
			if err != nil || id.IsAuxiliary() {
				a.Unplaced = append(a.Unplaced, location)
				continue
			}
			a.Parts = append(a.Parts, grant.PartOf(id, modes))
		}
		if d.Purpose != "" && !slices.Contains(a.Purposes, d.Purpose) {
			a.Purposes = append(a.Purposes, d.Purpose)
		}
		if d.Until != nil && (a.Until.IsZero() || d.Until.Before(a.Until)) {
			a.Until = d.Until.UTC().Truncate(time.Second)
		}
	}
	var err error
	a.Access, err = a.Access.Normalise()
	return a, err
}

// placesOf returns where the person keeps data of classes, and the classes of
// which nobody knows.
func (s *Service) placesOf(ctx context.Context, owned []pod, webID string, classes []string) (locations, unplaced []string) {
	indexes := s.typeIndexes(ctx, owned, webID)
	for _, class := range classes {
		before := len(locations)
		for _, index := range indexes {
			for t := range index.Match(rdf.Term{}, rdf.IRI(rdf.Solid+"forClass"), rdf.IRI(class)) {
				for _, place := range []string{"instanceContainer", "instance"} {
					for object := range index.Objects(t.S, rdf.IRI(rdf.Solid+place)) {
						locations = append(locations, documentOf(object.Value()))
					}
				}
			}
		}
		if len(locations) == before {
			unplaced = append(unplaced, class)
		}
	}
	return locations, unplaced
}

// typeIndexes returns the type indexes of a WebID that are in pods of the
// account; what cannot be read is left out. They are read whatever their ACLs
// say, so that others' must not be.
func (s *Service) typeIndexes(ctx context.Context, owned []pod, webID string) []*rdf.Graph {
	me := rdf.IRI(webID)
	read := func(iri string) *rdf.Graph {
		id, err := s.space.ParseIRI(iri)
		if err != nil || !slices.ContainsFunc(owned, func(p pod) bool { return p.Name == id.Storage() }) {
			return nil
		}
		graph, err := s.profiles.Profile(ctx, iri)
		if err != nil {
			return nil
		}
		return graph
	}
	card := read(webID)
	if card == nil {
		return nil
	}
	documents := []*rdf.Graph{card}
	if preferences := card.Object(me, rdf.IRI(rdf.PIM+"preferencesFile")); preferences.IsIRI() {
		if graph := read(preferences.Value()); graph != nil {
			documents = append(documents, graph)
		}
	}
	var indexes []*rdf.Graph
	for _, document := range documents {
		for _, kind := range []string{"publicTypeIndex", "privateTypeIndex"} {
			for index := range document.Objects(me, rdf.IRI(rdf.Solid+kind)) {
				if graph := read(index.Value()); graph != nil {
					indexes = append(indexes, graph)
				}
			}
		}
	}
	return indexes
}

// proposal is what the consent page has chosen before the person chooses: what
// she let the application do before and what it asks for now; nothing for one
// that is new and asks nothing.
func (s *Service) proposal(c *call, request provider.Interaction, person provider.Session, webID string) (proposed asking, err error) {
	var owned []pod
	var before grant.Grant
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		if owned, err = podsOf(r, person.Account); err != nil {
			return err
		}
		before, err = grant.For(r, person.Account, request.ClientID, webID)
		return ignoreMissing(err)
	})
	if err != nil {
		return asking{}, err
	}
	proposed, err = s.asked(c.r.Context(), owned, webID, request.Details)
	if err != nil || before.ID == "" || before.Ended(s.clock()) {
		return proposed, err
	}
	proposed.Everything = before.Everything
	proposed.Parts = append(proposed.Parts, before.Parts...)
	if len(request.Details) == 0 {
		proposed.Until = before.Until
	}
	proposed.Access, err = proposed.Access.Normalise()
	return proposed, err
}

// makeRoom makes the containers that a client may add to and that the account's
// pods lack: the client could not, since what is above them is not its.
func makeRoom(tx rdfstore.Tx, account string, access grant.Access) error {
	for _, p := range access.Parts {
		id := p.Resource()
		storage, err := tx.Storage(p.Storage)
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if storage.Account == account && id.IsContainer() && p.Modes.Has(wac.Append) {
			if err := makeContainer(tx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func makeContainer(tx rdfstore.Tx, id resource.ID) error {
	_, err := tx.Resource(id)
	if !errors.Is(err, rdfstore.ErrNotFound) {
		return err
	}
	if parent, ok := id.Parent(); ok {
		if err := makeContainer(tx, parent); err != nil {
			return err
		}
	}
	_, err = tx.Put(id, rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"})
	if errors.Is(err, rdfstore.ErrTwin) {
		return nil // a document of hers has the name: the grant is of nothing then
	}
	return err
}

func (a asking) purpose() string { return strings.Join(a.Purposes, " ") }
