package account

import (
	"errors"
	"slices"
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
)

var (
	pickFields = []field{
		{name: "webId", kind: "string", required: true},
		{name: "remember", kind: "boolean"},
	}
	consentFields = append([]field{{name: "remember", kind: "boolean"}}, accessFields...)
)

// choices keeps, by interaction, which WebID was picked before consent: CSS's
// API does these in two calls.
const choices rdfstore.Bucket[choice] = "account-oidc-choices"

const choiceLifetime = time.Hour

type choice struct{ Session, WebID string }

// waiting returns the OpenID request that the caller is here for. Its error
// is [errNoInteraction] when there is none.
func (s *Service) waiting(c *call) (provider.Interaction, error) {
	id := c.interaction()
	if id == "" {
		return provider.Interaction{}, errNoInteraction
	}
	return s.oidc.Interaction(c.r.Context(), id)
}

// mustSignIn reports whether the person has to sign in before she can answer
// the request. When the application asked for a fresh sign-in, one from before
// the request does not count.
func (c *call) mustSignIn(request provider.Interaction) bool {
	return !c.signedIn() || request.Stage == provider.StageLogin && c.session.Created.Before(request.Requested)
}

// consenting returns the request and the session of a person who may answer it.
func (s *Service) consenting(c *call) (request provider.Interaction, person provider.Session, err error) {
	if request, err = s.waiting(c); err != nil {
		return request, person, err
	}
	if c.mustSignIn(request) {
		return request, person, errSignedOut
	}
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		if err := staysOpen(r, c.session.Account); err != nil {
			return err
		}
		person, err = c.session.forProvider(r)
		return err
	})
	return request, person, err
}

// getPrompt tells which step comes next.
func (s *Service) getPrompt(c *call) (answer, error) {
	request, err := s.waiting(c)
	if err != nil {
		return nil, err
	}
	if c.mustSignIn(request) {
		return answer{"prompt": "login", "location": s.pageURL(c, "login", "password")}, nil
	}
	return answer{"prompt": "consent", "location": s.pageURL(c, "oidc", "consent")}, nil
}

func (s *Service) getPickWebID(c *call) (answer, error) {
	_, person, err := s.consenting(c)
	if err != nil {
		return nil, err
	}
	return answer{"webIds": append([]string{}, person.WebIDs...)}, nil
}

// pickWebID remembers which WebID the person wants to be for this request.
func (s *Service) pickWebID(c *call) (answer, error) {
	request, person, err := s.consenting(c)
	if err != nil {
		return nil, err
	}
	webID := c.input.text("webId")
	if !slices.Contains(person.WebIDs, webID) {
		return nil, errForeignWebID
	}
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		return choices.Set(tx, request.ID, choice{person.ID, webID}, s.clock().Add(choiceLifetime))
	})
	return answer{"location": s.pageURL(c, "oidc", "prompt")}, err
}

// picked returns the WebID that the person picked, her only one, or "".
func (s *Service) picked(c *call, request provider.Interaction, person provider.Session) (webID string, err error) {
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		made, err := choices.Get(r, request.ID)
		if err == nil && made.Session == person.ID {
			webID = made.WebID
		}
		if errors.Is(err, rdfstore.ErrNotFound) {
			return nil
		}
		return err
	})
	if webID == "" && len(person.WebIDs) == 1 {
		webID = person.WebIDs[0]
	}
	return webID, err
}

// getConsent describes the application that asks.
func (s *Service) getConsent(c *call) (answer, error) {
	request, err := s.waiting(c)
	if err != nil {
		return nil, err
	}
	client := map[string]any{"@context": "https://www.w3.org/ns/solid/oidc-context.jsonld", "client_id": request.ClientID}
	if request.ClientName != "" {
		client["client_name"] = request.ClientName
	}
	if request.ClientURI != "" {
		client["client_uri"] = request.ClientURI
	}
	body := answer{"client": client}
	if len(request.Details) > 0 {
		body["authorization_details"] = request.Details
	}
	if c.mustSignIn(request) {
		return body, nil
	}
	request, person, err := s.consenting(c)
	if err != nil {
		return nil, err
	}
	webID, err := s.picked(c, request, person)
	if webID != "" {
		body["webId"] = webID
	}
	return body, err
}

// consent lets the application in and answers with where to go.
func (s *Service) consent(c *call) (answer, error) {
	request, person, err := s.consenting(c)
	if err != nil {
		return nil, err
	}
	webID, err := s.picked(c, request, person)
	if err != nil {
		return nil, err
	}
	if webID == "" {
		return nil, missingInput("webId")
	}
	proposed, err := s.proposal(c, request, person, webID)
	if err != nil {
		return nil, err
	}
	access := proposed.Access
	if len(request.Details) == 0 || c.input.saysAccess() {
		if access, err = s.askedAccess(c.input); err != nil {
			return nil, err
		}
	}
	if access.Lasting() {
		if err := s.provePresence(c); err != nil {
			return nil, err
		}
	}
	location, err := s.approve(c, request, person, webID, c.input.flag("remember"), access, proposed.purpose())
	return answer{"location": location}, err
}

func (s *Service) approve(c *call, request provider.Interaction, person provider.Session, webID string, remember bool, access grant.Access, purpose string) (location string, err error) {
	if !slices.Contains(person.WebIDs, webID) {
		return "", errForeignWebID
	}
	location, err = s.oidc.Approve(c.r.Context(), request.ID, person, provider.Consent{
		WebID: webID, Remember: remember, Grant: s.give(request, person.Account, webID, access, purpose),
	})
	if err == nil {
		s.event(c.r.Context(), "application allowed", person.Account)
	}
	return location, err
}

func (s *Service) getCancel(c *call) (answer, error) {
	_, err := s.waiting(c)
	return answer{}, err
}

// cancelConsent sends the application away; that needs no account.
func (s *Service) cancelConsent(c *call) (answer, error) {
	location, err := s.refuse(c)
	return answer{"location": location}, err
}

func (s *Service) refuse(c *call) (location string, err error) {
	request, err := s.waiting(c)
	if err != nil {
		return "", err
	}
	if location, err = s.oidc.Cancel(c.r.Context(), request.ID); err == nil {
		s.event(c.r.Context(), "application refused", c.session.Account)
	}
	return location, err
}
