package provider

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

const logoutLifetime = 10 * time.Minute

// logouts holds the questions whether to sign out that have been asked, by id.
const logouts rdfstore.Bucket[logoutQuestion] = "oidc-logouts"

type logoutQuestion struct {
	Session  string
	Location string // where to go afterwards, "" for a page here
	Expires  time.Time
}

// logout serves RP-Initiated Logout (OIDC-OUT-01). With an ID token of the
// person who is signed in, the client speaks for her; otherwise she is asked,
// lest any site could sign her out.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) error {
	form, err := parameters(w, r)
	if err != nil {
		return refuseLogout(unreadable)
	}
	if answered := form.Get("logout"); answered != "" && r.Method == http.MethodPost {
		return p.confirmLogout(w, r, answered)
	}
	hint, hinted := p.idTokenHint(form.Get("id_token_hint"))
	location, err := p.afterLogout(r, form, hint.String("azp"))
	if err != nil {
		return err
	}
	session, signedIn := p.config.Sessions.Session(r)
	switch {
	case !signedIn:
		return p.signedOut(w, r, location)
	case hinted && slices.Contains(session.WebIDs, hint.String("sub")):
		return p.endSession(w, r, session.ID, location)
	}
	return p.askLogout(w, r, session.ID, location)
}

// idTokenHint verifies an ID token of this provider; it may have expired.
func (p *Provider) idTokenHint(token string) (jose.Claims, bool) {
	if token == "" {
		return nil, false
	}
	header, claims, err := jose.Verify(token, p.Keys())
	if err != nil || header.HasType("at+jwt") || claims.String("iss") != p.config.Issuer {
		return nil, false
	}
	return claims, true
}

// afterLogout returns the redirect that the client asked for; "" when there is
// none, or none that it has registered: signing out works in any case, being
// sent somewhere does not.
func (p *Provider) afterLogout(r *http.Request, form url.Values, hintedClient string) (string, error) {
	uri, id := form.Get("post_logout_redirect_uri"), form.Get("client_id")
	if id == "" {
		id = hintedClient
	}
	if uri == "" || id == "" || hintedClient != "" && hintedClient != id {
		return "", nil
	}
	app, err := p.findClient(r, id)
	var page *pageError
	if errors.As(err, &page) {
		return "", nil
	}
	if err != nil || !slices.Contains(app.Metadata.PostLogoutRedirectURIs, uri) {
		return "", err
	}
	if state := form.Get("state"); state != "" {
		return withQuery(uri, url.Values{"state": {state}}), nil
	}
	return uri, nil
}

func (p *Provider) askLogout(w http.ResponseWriter, r *http.Request, session, location string) error {
	if wait := p.questions.Wait(remoteHost(r)); wait > 0 {
		return &pageError{
			status: http.StatusTooManyRequests, Code: "temporarily_unavailable", retryAfter: wait,
			Title: signOutFailed, Message: tooManyRequests,
		}
	}
	id := newSecret()
	question := logoutQuestion{Session: session, Location: location, Expires: p.now().Add(logoutLifetime)}
	err := p.config.Store.Update(r.Context(), func(tx rdfstore.Tx) error {
		return logouts.Set(tx, id, question, question.Expires)
	})
	if err != nil {
		return err
	}
	p.renderPage(w, r, http.StatusOK, "logout", struct{ Action, ID string }{p.base + logoutPath, id})
	return nil
}

// confirmLogout takes the answer to the question. Its id is the proof that the
// form was shown to this session, so that no other site can send it.
func (p *Provider) confirmLogout(w http.ResponseWriter, r *http.Request, id string) error {
	var question logoutQuestion
	err := p.config.Store.Update(r.Context(), func(tx rdfstore.Tx) (err error) {
		if question, err = find(logouts, tx, id); err != nil {
			return err
		}
		return logouts.Delete(tx, id)
	})
	if missing(err) || err == nil && !p.now().Before(question.Expires) {
		return refuseLogout(pageTooOld)
	}
	if err != nil {
		return err
	}
	session, signedIn := p.config.Sessions.Session(r)
	if !signedIn {
		return p.signedOut(w, r, question.Location)
	}
	if session.ID != question.Session {
		return refuseLogout(pageTooOld)
	}
	return p.endSession(w, r, session.ID, question.Location)
}

func (p *Provider) endSession(w http.ResponseWriter, r *http.Request, session, location string) error {
	err := p.config.Store.Update(r.Context(), func(tx rdfstore.Tx) error {
		return p.RevokeSession(tx, session)
	})
	if err != nil {
		return err
	}
	if err := p.config.Sessions.EndSession(w, r); err != nil {
		return err
	}
	return p.signedOut(w, r, location)
}

func (p *Provider) signedOut(w http.ResponseWriter, r *http.Request, location string) error {
	if location == "" {
		p.renderPage(w, r, http.StatusOK, "signed-out", nil)
		return nil
	}
	redirect(w, location)
	return nil
}
