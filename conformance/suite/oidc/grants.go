package oidc

import (
	"net/http"
	"strings"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/suite"
)

// Grants are about what Domicile keeps of a person's consent, seen by an app.
// They belong to package consent.
var Grants = []suite.Case{
	suite.Decision("OWN-GRANT-13", "a grant that is withdrawn takes all tokens of the app along, and the consent", func(t *suite.T) {
		p := newParty(t, nil)
		got, target := p.signedIn(), private(t)
		p.with(got.Access).get(target, nil).Want(http.StatusOK)
		if err := t.Alice.Account.Withdraw(t.Context(), p.grant()); err != nil {
			t.Failf("%v", err)
		}
		p.with(got.Access).get(target, nil).Want(http.StatusUnauthorized)
		wantError(p.refresh(got.Refresh, nil), "invalid_grant")
		p.wantAsked()
	}).Needing(suite.Accounts),
	suite.Decision("OWN-GRANT-14", "a grant that has ended gives no new tokens, and is no consent any more", func(t *suite.T) {
		p := newParty(t, nil)
		got, target := p.signedIn(), private(t)
		grant, until := p.grant(), time.Now().Add(5*time.Second)
		if err := t.Alice.Account.ChangeGrant(t.Context(), grant, solid.Access{Everything: true, Until: until}); err != nil {
			t.Failf("%v", err)
		}
		time.Sleep(time.Until(until) + time.Second)
		p.with(got.Access).get(target, nil).WantRefused()
		wantError(p.refresh(got.Refresh, nil), "invalid_grant")
		p.wantAsked()
	}).Needing(suite.Accounts),
}

// grant is what Alice lets the app do, where the server keeps such a thing.
func (p *party) grant() solid.Grant {
	grants, err := p.t.Alice.Account.Grants(p.t.Context())
	if err != nil {
		p.t.NotApplicable("the account API has no grants: %v", err)
	}
	for _, g := range grants {
		if g.Client.ID == p.id {
			return g
		}
	}
	p.t.Failf("the app's grant is not listed")
	return solid.Grant{}
}

// wantAsked wants Alice to be asked when the app comes again.
func (p *party) wantAsked() {
	if answer := p.browser.Open(p.request(map[string]string{"prompt": ""})); strings.HasPrefix(answer.WantLocation(), callback) {
		answer.Failf("nobody is asked")
	}
}
