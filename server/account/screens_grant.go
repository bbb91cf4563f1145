package account

import (
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
)

// grantLink is a grant in the list of an account's apps, or a share in that of
// organisations.
type grantLink struct {
	Name  string
	Host  string
	URL   string
	Used  time.Time // zero for never
	Until time.Time // zero for no end
	Ended bool
	All   bool // it is for everything
}

func (s *Service) grantLinks(c *call, r rdfstore.Reader) ([]grantLink, error) {
	all, err := grant.All(r, c.session.Account)
	if err != nil {
		return nil, err
	}
	var links []grantLink
	for _, g := range all {
		if g.Client.Program {
			continue // listed as client credentials
		}
		used, err := grant.LastUse(r, g.ID)
		if err != nil {
			return nil, err
		}
		links = append(links, grantLink{
			Name: g.Client.Title(), Host: g.Client.Host, URL: s.grantURL(c, g.ID),
			Used: used, Until: g.Until, Ended: g.Ended(s.clock()), All: g.Everything,
		})
	}
	return links, nil
}

// grantData fills the page "grant".
type grantData struct {
	Client  grant.Client
	Title   string // of the client
	WebID   string
	Purpose string
	Created time.Time
	Used    time.Time
	Ended   bool
	Changed bool // just now
	Choices choicesData
	Action  string // URL of the form
}

// showGrant shows what an app may do, to be changed or withdrawn.
func (s *Service) showGrant(c *call) (screen, error) { return s.grantScreen(c, false, nil) }

func (s *Service) grantScreen(c *call, changed bool, problem *Error) (screen, error) {
	id := c.r.PathValue("grant")
	data := grantData{Action: s.grantURL(c, id), Changed: changed}
	var shown grant.Access
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		g, err := grant.Of(r, c.session.Account, id)
		if err != nil {
			return err
		}
		data.Client, data.Title, data.WebID, data.Purpose = g.Client, g.Client.Title(), g.WebID, g.Purpose
		data.Created, data.Ended = g.Created, g.Ended(s.clock())
		if data.Used, err = grant.LastUse(r, id); err != nil {
			return err
		}
		shown = g.Access
		return err
	})
	if err != nil {
		return screen{}, err
	}
	if data.Ended {
		shown.Until = time.Time{} // an end that is past is none to keep
	}
	if data.Choices, err = s.choices(c, shown); err != nil {
		return screen{}, err
	}
	if len(shown.Parts) == 0 && !shown.Everything {
		data.Choices.Amount = amountNothing
	}
	if problem != nil {
		data.Choices.retain(c.r.PostForm)
	}
	return screen{page: "grant", data: data, problem: problem}, nil
}

// submitGrant changes or withdraws a grant.
func (s *Service) submitGrant(c *call) (screen, error) {
	id := c.r.PathValue("grant")
	if c.r.PostFormValue("decision") == "withdraw" {
		if err := s.withdraw(c, id); err != nil {
			return screen{}, err
		}
		return screen{location: s.url("account", c.session.Account)}, nil
	}
	var standing grant.Grant
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		standing, err = grant.Of(r, c.session.Account, id)
		return err
	})
	if err != nil {
		return screen{}, err
	}
	access, err := s.chosen(c.r, standing.Until)
	if err == nil && access.Lasting() && !standing.Lasting() {
		err = s.provePresence(c)
	}
	if err == nil {
		err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
			_, err := s.regrant(tx, c.session.Account, id, access)
			return err
		})
	}
	if err != nil {
		return s.grantScreen(c, false, s.refusal(c.r, err))
	}
	s.event(c.r.Context(), "grant changed", c.session.Account)
	return s.grantScreen(c, true, nil)
}
