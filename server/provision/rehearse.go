package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// rehearse makes a storage of the template in a store that is thrown away and
// looks at it, so that a city's mistake is found at start and not by the first
// resident: everything parses, the owner controls her storage, and her profile
// says what signing in needs.
func (p *Pods) rehearse(ctx context.Context) (err error) {
	scratch := *p
	store := memstore.New()
	scratch.store, scratch.taken = store, ""
	defer func() { err = errors.Join(err, store.Close()) }()
	err = store.Update(ctx, func(tx rdfstore.Tx) error {
		const name = "rehearsal"
		pod, err := scratch.CreatePod(ctx, tx, "", name, "")
		if err != nil {
			return err
		}
		root := resource.Root(name)
		graphs := map[resource.ID]*rdf.Graph{}
		for _, e := range p.layout {
			if e.document == nil {
				continue
			}
			id, err := p.space.ParseIRI(pod.URL + e.path)
			if err != nil {
				return err
			}
			body, err := p.fill(e, root, id.Subject(), pod.WebID)
			if err != nil {
				return err
			}
			document, err := codec.Parse(ctx, e.mediaType, bytes.NewReader(body), p.space.URL(id))
			if err != nil {
				return fmt.Errorf("%s: %w", e.path, err)
			}
			graphs[id] = document.Default
		}
		card, err := p.space.ParseIRI(pod.WebID)
		if err != nil {
			return err
		}
		if err := p.checkAccess(ctx, graphs, root, card, pod.WebID); err != nil {
			return err
		}
		for predicate, object := range map[string]string{rdf.Solid + "oidcIssuer": p.issuer, rdf.PIM + "storage": pod.URL} {
			if !graphs[card].Has(rdf.Triple{S: rdf.IRI(pod.WebID), P: rdf.IRI(predicate), O: rdf.IRI(object)}) {
				return fmt.Errorf("%s: it does not say <#me> <%s> <%s>", cardPath, predicate, object)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("pod template: %w", err)
	}
	return nil
}

// checkAccess looks at what the ACLs give the owner and the public.
func (p *Pods) checkAccess(ctx context.Context, graphs map[resource.ID]*rdf.Graph, root, card resource.ID, webID string) error {
	policy := wac.Policy{ACLs: rehearsed{graphs, p.space}}
	for _, want := range []struct {
		agent wac.Agent
		id    resource.ID
		modes wac.Modes
		fault string
	}{
		{wac.Agent{WebID: webID}, root, wac.Read | wac.Write | wac.Control, ".acl: it does not give the owner acl:Read, acl:Write and acl:Control of the root"},
		{wac.Agent{}, card, wac.Read, cardPath + ": not everyone may read it, as whoever verifies its owner has to"},
	} {
		decision, err := policy.Decide(ctx, want.agent, want.id, p.clock())
		if err != nil {
			return err
		}
		if !decision.Allows(want.modes) {
			return errors.New(want.fault)
		}
	}
	return nil
}

// rehearsed is an [wac.ACLSource] that knows no owner: she has what the ACLs
// give her.
type rehearsed struct {
	graphs map[resource.ID]*rdf.Graph
	space  *resource.Space
}

func (r rehearsed) IsOwner(context.Context, string, string) (bool, error) { return false, nil }

func (r rehearsed) EffectiveACL(_ context.Context, subject resource.ID) (wac.Effective, error) {
	return wac.FindEffective(subject, func(id resource.ID) (*wac.ACL, error) {
		graph, ok := r.graphs[id.ACL()]
		if !ok {
			return nil, nil
		}
		return wac.Parse(graph, r.space), nil
	})
}
