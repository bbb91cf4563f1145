package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"domicile/rdfstore"
)

// getName tells whether a pod could have a name, as somebody types it. Which
// names are taken is no secret: each has a public profile.
func (s *Service) getName(c *call) (answer, error) {
	name := podName(c.r.URL.Query().Get("name"))
	if wait := s.names.Begin(c.address()); wait > 0 {
		return nil, tooManyAttempts(wait)
	}
	err := s.checkName(c.r.Context(), name)
	available := err == nil
	if errors.Is(err, ErrNameTaken) || errors.Is(err, ErrNameInvalid) {
		err = nil
	}
	return answer{"name": name, "available": available}, err
}

// checkName says why no pod can have the name that somebody typed.
func (s *Service) checkName(ctx context.Context, typed string) error {
	return s.store.View(ctx, func(r rdfstore.Reader) error { return s.isFree(r, podName(typed)) })
}

// retiredNames has the names of pods that were erased, hashed, for ever: whoever
// got one again would be, by WebID, the person that ACLs everywhere still name
// (OIDC Core §2: a subject is never reassigned; docs/decisions/0025).
const retiredNames rdfstore.Bucket[struct{}] = "account-retired-names"

// isFree says why no pod can have a name.
func (s *Service) isFree(r rdfstore.Reader, name string) error {
	if _, err := retiredNames.Get(r, hashToken(name)); err == nil {
		return ErrNameTaken
	} else if ignoreMissing(err) != nil {
		return err
	}
	return s.pods.CheckName(r, name)
}

// getNameScript serves the script of the pages on which a name is chosen.
func (s *Service) getNameScript(c *call) (answer, error) {
	c.w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	c.w.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeContent(c.w, c.r, "name.js", time.Time{}, s.pages.NameScript())
	return nil, nil
}
