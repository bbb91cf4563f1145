package account

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
)

// sessionsOf returns the sessions of an account, the latest first.
func sessionsOf(r rdfstore.StateReader, account string) ([]session, error) {
	var found []session
	for entry, err := range sessionIndex.All(r, key(account, "")) {
		if err != nil {
			return nil, err
		}
		one, err := sessions.Get(r, entry.Value)
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	slices.SortStableFunc(found, func(a, b session) int { return b.Created.Compare(a.Created) })
	return found, nil
}

// getSessions lists where the account is signed in.
func (s *Service) getSessions(c *call) (answer, error) {
	listed := []answer{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := sessionsOf(r, c.session.Account)
		for _, one := range all {
			listed = append(listed, answer{
				"id": one.ID, "resource": s.sessionURL(c, one.ID), "device": one.Device,
				"created": one.Created, "expires": one.Expires, "current": one.ID == c.session.ID,
			})
		}
		return err
	})
	return answer{"sessions": listed}, err
}

func (s *Service) sessionURL(c *call, id string) string {
	return s.url("account", c.session.Account, "session", id)
}

// deleteSession ends a session and what applications got in it.
func (s *Service) deleteSession(c *call) (answer, error) {
	account, id := c.session.Account, c.r.PathValue("session")
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		hash, err := sessionIndex.Take(tx, key(account, id))
		if err != nil {
			return err
		}
		return cmp.Or(sessions.Delete(tx, hash), s.oidc.RevokeSession(tx, id))
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil, errNotFound
	}
	if err == nil {
		s.event(c.r.Context(), "session ended", account)
	}
	return answer{}, err
}

// sessionLine is a session in the list of the page "sessions".
type sessionLine struct {
	Device  string
	Created time.Time
	Current bool
	End     string // URL of the form that ends it
}

func (s *Service) showSessions(c *call) (screen, error) {
	var lines []sessionLine
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := sessionsOf(r, c.session.Account)
		for _, one := range all {
			lines = append(lines, sessionLine{one.Device, one.Created, one.ID == c.session.ID, s.sessionURL(c, one.ID)})
		}
		return err
	})
	return screen{page: "sessions", data: lines}, err
}

func (s *Service) submitEndSession(c *call) (screen, error) {
	if c.r.PathValue("session") == c.session.ID {
		return s.submitSignOut(c)
	}
	if _, err := s.deleteSession(c); err != nil {
		return screen{}, err
	}
	return screen{location: s.url("account", c.session.Account, "session")}, nil
}

// The parts of a User-Agent field that tell a person which of her devices it
// is; what comes first counts, since browsers name each other.
var (
	browsers = []struct{ mark, name string }{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []struct{ mark, name string }{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "Mac"}, {"Linux", "Linux"},
	}
)

// deviceOf is what a person may know her device by: "Firefox, Android"; "" for
// a program. The field itself, which singles devices out, is not kept.
func deviceOf(userAgent string) string {
	var parts []string
	for _, marks := range [][]struct{ mark, name string }{browsers, systems} {
		for _, m := range marks {
			if strings.Contains(userAgent, m.mark) {
				parts = append(parts, m.name)
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}
