package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

// Profiles reads the document of a WebID, wherever it is, as it is now.
type Profiles interface {
	Profile(ctx context.Context, webID string) (*rdf.Graph, error)
}

// challenges has the token that the document of a WebID elsewhere must hold, by
// account and WebID.
const challenges rdfstore.Bucket[challenge] = "account-webid-challenges"

type challenge struct {
	Token   string
	Expires time.Time
}

// challengeLifetime leaves time to edit a profile by hand.
const challengeLifetime = 24 * time.Hour

var registrationToken = rdf.IRI(rdf.Solid + "oidcIssuerRegistrationToken")

// linkWebID links a WebID to the account: one that was made in a pod of it and
// unlinked since, or one elsewhere whose document holds the challenge
// (OIDC-AUTH-06).
func (s *Service) linkWebID(c *call) (answer, error) {
	webID := c.input.text("webId")
	link, err := s.proveAndLink(c, webID)
	if err != nil {
		return nil, err
	}
	return answer{"resource": s.webIDURL(c, link.ID), "webId": webID, "oidcIssuer": s.baseURL}, nil
}

func (s *Service) proveAndLink(c *call, webID string) (link webIDLink, err error) {
	if !isWebID(webID) || len(webID) > maxWebID {
		return link, badInput("webId", "webId must be an absolute http or https URL.")
	}
	ctx, account := c.r.Context(), c.session.Account
	hosted := false
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		linked, err := hasWebID(r, account, webID)
		if err != nil {
			return err
		}
		if linked {
			return alreadyLinked(webID)
		}
		all, err := podsOf(r, account)
		hosted = slices.ContainsFunc(all, func(p pod) bool { return p.HostsWebID && p.WebID == webID })
		return err
	})
	if err == nil && !hosted {
		err = s.proveWebID(c, webID)
	}
	if err != nil {
		return link, err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		link, err = linkWebID(tx, account, webID, s.clock())
		return err
	})
	if err == nil {
		s.event(ctx, "WebID linked", account)
	}
	return link, err
}

// proveWebID looks for the challenge in the document of a WebID, and refuses
// with what has to be written there when it does not find it.
func (s *Service) proveWebID(c *call, webID string) error {
	if _, err := s.space.ParseIRI(webID); err == nil {
		return errUnprovenWebID // in somebody else's pod here
	}
	ctx, account := c.r.Context(), c.session.Account
	if wait := s.linking.Begin(account); wait > 0 {
		return tooManyAttempts(wait)
	}
	var asked challenge
	err := s.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		id := key(account, hashToken(webID))
		asked, err = challenges.Get(tx, id)
		if err == nil && s.clock().Before(asked.Expires) || ignoreMissing(err) != nil {
			return err
		}
		asked = challenge{rand.Text(), s.clock().Add(challengeLifetime)}
		return challenges.Set(tx, id, asked, asked.Expires)
	})
	if err != nil {
		return err
	}
	profile, err := s.profiles.Profile(ctx, webID)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err == nil && profile.Has(rdf.Triple{S: rdf.IRI(webID), P: registrationToken, O: rdf.String(asked.Token)}):
		return nil
	}
	return unprovenWebID(webID, asked.Token)
}

// unprovenWebID is the refusal in the words of Community Solid Server.
func unprovenWebID(webID, token string) *Error {
	quad := fmt.Sprintf("<%s> %s %q.", webID, registrationToken, token)
	return &Error{
		Status: 400, Code: "webid-token", Field: "webId", Details: map[string]any{"quad": quad},
		Message: fmt.Sprintf("Verification token not found. Please add the RDF triple %s to the WebID document at %s to prove it belongs to you. You can remove this triple again after validation.",
			quad, documentOf(webID)),
	}
}

func documentOf(webID string) string {
	document, _, _ := strings.Cut(webID, "#")
	return document
}

// webIDData fills the page "webid".
type webIDData struct {
	WebID    string
	Quad     string // to be written into Document; "" before it was asked for
	Document string
	Issuer   string // triple that makes other servers take our word for the WebID
	Action   string // URL of the form
}

func (s *Service) showLinkWebID(c *call) (screen, error) {
	webID := strings.TrimSpace(c.r.PostFormValue("webId"))
	data := webIDData{WebID: webID, Action: s.url("account", c.session.Account, "webid")}
	return screen{page: "webid", data: data}, nil
}

// submitLinkWebID links a WebID or shows what has to be written into its
// document first.
func (s *Service) submitLinkWebID(c *call) (screen, error) {
	shown, err := s.showLinkWebID(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(webIDData)
	if _, err := s.proveAndLink(c, data.WebID); err != nil {
		shown.problem = s.refusal(c.r, err)
		if quad, ok := shown.problem.Details["quad"].(string); ok {
			data.Quad, data.Document = quad, documentOf(data.WebID)
			data.Issuer = fmt.Sprintf("<%s> <%soidcIssuer> <%s>.", data.WebID, rdf.Solid, s.baseURL)
		}
		shown.data = data
		return shown, nil
	}
	return screen{location: s.url("account", c.session.Account)}, nil
}

// isWebID reports whether text can be a WebID of another server.
func isWebID(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && !strings.ContainsAny(text, " \"<>\\^`{|}")
}
