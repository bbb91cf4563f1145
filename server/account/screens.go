package account

import (
	"errors"
	"slices"

	"domicile/rdfstore"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
)

// showStyle serves the style sheet to whoever opens it as a page.
func (s *Service) showStyle(c *call) (screen, error) {
	_, err := s.getStyle(c)
	return screen{}, err
}

// showIndex sends a person to where she can do something.
func (s *Service) showIndex(c *call) (screen, error) {
	return screen{location: s.next(c)}, nil
}

// next is where a person goes who has nothing left to do here.
func (s *Service) next(c *call) string {
	switch {
	case c.interaction() != "":
		return s.pageURL(c, "oidc", "consent")
	case c.signedIn():
		return s.url("account", c.session.Account)
	default:
		return s.url("login", "password")
	}
}

// loginData fills the pages "login" and "signup".
type loginData struct {
	Email, Name string
	Action      string // URL of the form
	Forgot      string // URL of the page for who forgot the password, or ""
	Other       string // URL of the other one of the two pages; "" when there is none
	Client      string // application that the person comes from, or ""
}

func (s *Service) loginData(c *call) loginData {
	data := loginData{Email: c.r.PostFormValue("email"), Name: c.r.PostFormValue("name"), Action: s.pageURL(c, "login", "password")}
	if s.registration == Open {
		data.Other = s.pageURL(c, "login", "password", "register")
	}
	if s.post != nil {
		data.Forgot = s.pageURL(c, "login", "password", "forgot")
	}
	if request, err := s.waiting(c); err == nil {
		data.Client = clientName(request)
		if data.Email == "" {
			data.Email = request.LoginHint
		}
	}
	return data
}

// clientName is what to call an application.
func clientName(request provider.Interaction) string {
	for _, name := range []string{request.ClientName, request.ClientHost, request.RedirectHost} {
		if name != "" {
			return name
		}
	}
	return request.ClientID
}

// alreadySignedIn reports whether there is no need for the sign-in pages.
func (s *Service) alreadySignedIn(c *call) bool {
	request, err := s.waiting(c)
	if err != nil {
		return c.signedIn()
	}
	return !c.mustSignIn(request)
}

func (s *Service) showSignIn(c *call) (screen, error) {
	if s.alreadySignedIn(c) {
		return screen{location: s.next(c)}, nil
	}
	return screen{page: "login", data: s.loginData(c)}, nil
}

// submitSignIn signs in and goes on to what the person came for.
func (s *Service) submitSignIn(c *call) (screen, error) {
	token, err := s.proveAndSignIn(c, c.r.PostFormValue("email"), c.r.PostFormValue("password"))
	if err != nil {
		return screen{page: "login", data: s.loginData(c), problem: s.refusal(c.r, err)}, nil
	}
	return s.enter(c, token, c.r.PostFormValue("remember") != "")
}

// enter hands over the session that has just begun and sends the person on.
func (s *Service) enter(c *call, token string, remember bool) (screen, error) {
	s.sessions.setCookie(c.w, token, remember)
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		c.session, err = s.sessions.lookup(r, token)
		return err
	})
	return screen{location: s.next(c)}, err
}

func (s *Service) submitSignOut(c *call) (screen, error) {
	if err := s.endSession(c); err != nil {
		return screen{}, err
	}
	return screen{location: s.pageURL(c, "login", "password")}, nil
}

// homeData fills the page "home".
type homeData struct {
	Pods           []podLink
	Apps           []grantLink
	Shares         []grantLink
	NewShare       string // URL of the page
	WebIDs         []string
	Logins         []loginLink
	Credentials    []credentialsData
	NewPod         string // URL of the page
	Sessions       string // URL of the page
	LinkWebID      string // URL of the page
	Delete         string // URL of the page
	NewCredentials string // URL of the form
	Made           *madeCredentials
	Name           string // of the credentials, as typed
}

// loginLink is a login and the pages that change it.
type loginLink struct {
	Email, Change, ChangeEmail string
	Unconfirmed                bool // nobody has said that the address is hers
}

type credentialsData struct{ ID, Name, WebID, Grant, Delete string }

// madeCredentials are shown once.
type madeCredentials struct{ ID, Secret, WebID, TokenEndpoint string }

func (s *Service) homeData(c *call) (homeData, error) {
	id := c.session.Account
	data := homeData{
		NewPod:         s.url("account", id, "pod"),
		Sessions:       s.url("account", id, "session"),
		NewShare:       s.url("account", id, "share"),
		LinkWebID:      s.url("account", id, "webid"),
		Delete:         s.url("account", id, "delete"),
		NewCredentials: s.url("account", id, "client-credentials"),
	}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		if data.Pods, err = s.podLinks(c, r); err != nil {
			return err
		}
		if data.Apps, err = s.grantLinks(c, r); err != nil {
			return err
		}
		if data.Shares, err = s.shareLinks(c, r); err != nil {
			return err
		}
		person, err := c.session.forProvider(r)
		if err != nil {
			return err
		}
		data.WebIDs = person.WebIDs
		logins, err := loginsOf(r, id)
		if err != nil {
			return err
		}
		for _, login := range logins {
			at := s.loginURL(c, login.ID)
			data.Logins = append(data.Logins, loginLink{login.Email, at, at + "email/", s.post != nil && login.Confirmed.IsZero()})
		}
		all, err := s.oidc.Credentials(r, id)
		for _, one := range all {
			data.Credentials = append(data.Credentials, credentialsData{one.ID, one.Name, one.WebID, s.grantURL(c, one.Grant), s.credentialsURL(c, one.ID)})
		}
		return err
	})
	return data, err
}

func (s *Service) showHome(c *call) (screen, error) {
	if shown, err := s.showDeletion(c); err != nil || !shown.data.(deletionData).At.IsZero() {
		return shown, err
	}
	data, err := s.homeData(c)
	return screen{page: "home", data: data}, err
}

func (s *Service) showNewPod(c *call) (screen, error) {
	return screen{page: "pod", choosesName: true, data: loginData{Action: s.pageURL(c, "account", c.session.Account, "pod")}}, nil
}

func (s *Service) submitNewPod(c *call) (screen, error) {
	name := c.r.PostFormValue("name")
	if _, _, err := s.newPod(c, name, ""); err != nil {
		data := loginData{Action: s.pageURL(c, "account", c.session.Account, "pod"), Name: name}
		return screen{page: "pod", choosesName: true, data: data, problem: s.refusal(c.r, err)}, nil
	}
	return screen{location: s.next(c)}, nil
}

// submitCredentials makes client credentials and shows the secret in the
// answer itself: it is kept nowhere that a redirect could fetch it from.
func (s *Service) submitCredentials(c *call) (screen, error) {
	webID := c.r.PostFormValue("webId")
	var id, secret string
	err := s.provePresence(c)
	if err == nil {
		id, secret, err = s.newCredentials(c, c.r.PostFormValue("credentialsName"), webID, grant.Access{Everything: true})
	}
	var refused *Error
	if err != nil {
		refused = s.refusal(c.r, err)
	}
	data, err := s.homeData(c)
	if refused == nil {
		data.Made = &madeCredentials{ID: id, Secret: secret, WebID: webID, TokenEndpoint: s.baseURL + ".oidc/token"}
	} else {
		data.Name = c.r.PostFormValue("credentialsName")
	}
	return screen{page: "home", data: data, problem: refused}, err
}

func (s *Service) submitDeleteCredential(c *call) (screen, error) {
	if err := s.removeCredentials(c, c.r.PathValue("id")); err != nil {
		return screen{}, err
	}
	return screen{location: s.url("account", c.session.Account)}, nil
}

// consentData fills the page "consent".
type consentData struct {
	Client       string
	ClientID     string
	ClientURI    string
	Host         string // of the client identifier, when verified
	RedirectHost string
	Verified     bool
	Offline      bool
	WebIDs       []string
	Picked       string
	Purposes     []string // why it asks, in its words
	Unplaced     []string // what it asks for and is not here
	Choices      choicesData
	Action       string
	NewPod       string
}

// showConsent asks whether an application may act for the person; before
// that she has to be signed in.
func (s *Service) showConsent(c *call) (screen, error) {
	request, err := s.waiting(c)
	if err != nil {
		return screen{}, err
	}
	if c.mustSignIn(request) {
		if slices.Contains(request.Prompt, "create") && s.registration == Open {
			return screen{location: s.pageURL(c, "login", "password", "register")}, nil
		}
		return screen{location: s.pageURL(c, "login", "password")}, nil
	}
	return s.consentScreen(c, nil)
}

func (s *Service) consentScreen(c *call, problem *Error) (screen, error) {
	request, person, err := s.consenting(c)
	if err != nil {
		return screen{}, err
	}
	picked, err := s.picked(c, request, person)
	data := consentData{
		Client: clientName(request), ClientID: request.ClientID, ClientURI: request.ClientURI, Host: request.ClientHost,
		RedirectHost: request.RedirectHost, Verified: request.Verified, Offline: request.Offline,
		WebIDs: person.WebIDs, Picked: picked,
		Action: s.pageURL(c, "oidc", "consent"), NewPod: s.pageURL(c, "account", c.session.Account, "pod"),
	}
	if err != nil {
		return screen{}, err
	}
	proposed, err := s.proposal(c, request, person, picked)
	if err != nil {
		return screen{}, err
	}
	data.Purposes, data.Unplaced = proposed.Purposes, proposed.Unplaced
	if data.Choices, err = s.choices(c, proposed.Access); err != nil {
		return screen{}, err
	}
	data.Choices.retain(c.r.PostForm)
	return screen{page: "consent", data: data, problem: problem, toApp: true}, nil
}

// submitConsent carries out what the person decided.
func (s *Service) submitConsent(c *call) (screen, error) {
	switch c.r.PostFormValue("decision") {
	case "allow":
		return s.submitAllow(c)
	case "switch":
		return s.signInAgain(c)
	default: // whatever is not clearly allowed is refused
		location, err := s.refuse(c)
		return screen{location: location}, err
	}
}

func (s *Service) submitAllow(c *call) (screen, error) {
	request, person, err := s.consenting(c)
	if err != nil {
		return screen{}, err
	}
	webID := c.r.PostFormValue("webId")
	if webID == "" {
		return s.consentScreen(c, missingInput("webId"))
	}
	proposed, err := s.proposal(c, request, person, webID)
	if err != nil {
		return screen{}, err
	}
	access, err := s.chosen(c.r, proposed.Until)
	if err == nil && access.Lasting() {
		err = s.provePresence(c)
	}
	if err != nil {
		return s.consentScreen(c, s.refusal(c.r, err))
	}
	location, err := s.approve(c, request, person, webID, c.r.PostFormValue("remember") != "", access, proposed.purpose())
	if errors.Is(err, provider.ErrStaleLogin) {
		return s.signInAgain(c)
	}
	return screen{location: location}, err
}

// signInAgain ends the session, if there is one, and asks for a sign-in for
// the same request.
func (s *Service) signInAgain(c *call) (screen, error) {
	if c.signedIn() {
		if err := s.endSession(c); err != nil {
			return screen{}, err
		}
	}
	return screen{location: s.pageURL(c, "login", "password")}, nil
}
