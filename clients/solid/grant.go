package solid

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Access is how much a client may do in the name of an account's WebID, which
// Domicile enforces on every request, with tokens already out too. Other
// servers give everything.
type Access struct {
	// Everything: all that the WebID may do; Parts is empty then.
	Everything bool   `json:"everything,omitempty"`
	Parts      []Part `json:"access,omitempty"`
	// Until is when it ends; zero for never.
	Until time.Time `json:"until,omitzero"`
}

// Part is a resource and, when it is a container, all that is below it.
type Part struct {
	Location string   `json:"location"` // URL
	Actions  []string `json:"actions"`  // of "read", "add", "edit", "control"
}

// AccessRequest is what a client asks a person to allow it on Domicile's consent
// page, or asks a token to be narrowed to ([Login]). It names locations or classes.
type AccessRequest struct {
	Locations []string  `json:"locations,omitempty"` // URLs; a container stands for all that is in it
	Classes   []string  `json:"classes,omitempty"`   // IRIs of what the data are about
	Actions   []string  `json:"actions"`             // of "read", "add", "edit", "control"
	Purpose   string    `json:"purpose,omitempty"`   // in words for the person
	Until     time.Time `json:"until,omitzero"`      // when it is no longer needed
}

// AuthorizationDetails returns requests as the parameter authorization_details
// (RFC 9396) of an authorization or token request carries them.
func AuthorizationDetails(requests ...AccessRequest) string {
	type detail struct {
		Type string `json:"type"`
		AccessRequest
	}
	details := make([]detail, len(requests))
	for i, request := range requests {
		details[i] = detail{"domicile-access", request}
	}
	raw, err := json.Marshal(details)
	if err != nil {
		panic(err) // strings and times always marshal
	}
	return string(raw)
}

// Grant is what an account lets one client do.
type Grant struct {
	Access
	Resource string `json:"resource"` // URL of the grant in the account API
	WebID    string `json:"webId"`
	Client   struct {
		ID   string `json:"client_id"`
		Name string `json:"client_name"`
	} `json:"client"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
}

// Grants returns what the account lets clients do, the latest change first.
func (a *Account) Grants(ctx context.Context) ([]Grant, error) {
	var answer struct {
		Grants []Grant `json:"grants"`
	}
	err := a.call(ctx, "account.grant", a.controls.Account.Grant, http.MethodGet, nil, &answer)
	return answer.Grants, err
}

// ChangeGrant narrows, widens or prolongs a grant.
func (a *Account) ChangeGrant(ctx context.Context, g Grant, access Access) error {
	return a.call(ctx, "grant", g.Resource, http.MethodPost, access, nil)
}

// Withdraw ends a grant, and the client credentials that it is of.
func (a *Account) Withdraw(ctx context.Context, g Grant) error {
	return a.call(ctx, "grant", g.Resource, http.MethodDelete, nil, nil)
}

// Share is what an account lets another agent do under its own WebID, such as
// an organisation that puts data into a pod. The server writes it into the ACLs.
type Share struct {
	Access
	Resource string `json:"resource"` // URL of the share in the account API
	WebID    string `json:"webId"`
	Name     string `json:"name"`
}

// Share lets an agent into parts of the account's pods.
func (a *Account) Share(ctx context.Context, webID, name string, access Access) (made Share, err error) {
	input := struct {
		WebID string `json:"webId"`
		Name  string `json:"name"`
		Access
	}{webID, name, access}
	err = a.call(ctx, "account.share", a.controls.Account.Share, http.MethodPost, input, &made)
	return made, err
}

// EndShare takes the access back.
func (a *Account) EndShare(ctx context.Context, s Share) error {
	return a.call(ctx, "share", s.Resource, http.MethodDelete, nil, nil)
}
