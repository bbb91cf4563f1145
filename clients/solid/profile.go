package solid

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"domicile/rdfstore/rdf"
)

// Profile is what the document of a WebID says of its agent.
type Profile struct {
	*Document
	WebID    string
	Storages []string // root containers (pim:storage)
	Issuers  []string // whose tokens speak for the agent (solid:oidcIssuer)
	Inbox    string   // ldp:inbox, or ""
	Name     string   // foaf:name or vcard:fn, or ""
}

// Profile reads the document of a WebID.
func (c *Client) Profile(ctx context.Context, webID string) (*Profile, error) {
	document, err := c.Read(ctx, webID)
	if err != nil {
		return nil, err
	}
	agent := rdf.IRI(webID)
	values := func(property string) (all []string) {
		for value := range document.Objects(agent, rdf.IRI(property)) {
			all = append(all, value.Value())
		}
		return all
	}
	first := func(properties ...string) string {
		for _, property := range properties {
			if all := values(property); len(all) > 0 {
				return all[0]
			}
		}
		return ""
	}
	return &Profile{
		Document: document, WebID: webID,
		Storages: values(rdf.PIM + "storage"), Issuers: values(rdf.Solid + "oidcIssuer"),
		Inbox: first(rdf.LDP + "inbox"), Name: first(rdf.FOAF+"name", rdf.VCard+"fn"),
	}, nil
}

// StorageOf returns the root container of the storage that a resource is in: the
// container up from it that says that it is one (Solid Protocol §4.1).
func (c *Client) StorageOf(ctx context.Context, resource string) (string, error) {
	for at := resource; at != ""; at = parentOf(at) {
		info, err := c.Head(ctx, at)
		header := info.Header
		if refused := (*StatusError)(nil); errors.As(err, &refused) {
			header = refused.Header // who may not read it is told its type all the same
		} else if err != nil {
			return "", err
		}
		if slices.Contains(Info{URL: at, Header: header}.Links(RelType), rdf.PIM+"Storage") {
			return at, nil
		}
	}
	return "", fmt.Errorf("%s: no container up from it says that it is a storage", resource)
}
