package solid

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Account is a signed-in account of a server that speaks the account API of
// Community Solid Server 7. All URLs but the entry point are taken from the
// API's controls. Refusals are [*StatusError] values.
//
// API: https://communitysolidserver.github.io/CommunitySolidServer/7.x/usage/account/json-api/
type Account struct {
	index    string // URL of the entry point
	token    string
	controls controls
}

type controls struct {
	Account struct {
		Create            string `json:"create"`
		Pod               string `json:"pod"`
		ClientCredentials string `json:"clientCredentials"`
		Grant             string `json:"grant"`
		Share             string `json:"share"`
		Logout            string `json:"logout"`
	} `json:"account"`
	Password struct {
		Create string `json:"create"`
		Login  string `json:"login"`
	} `json:"password"`
}

// Pod is a storage of an account.
type Pod struct {
	URL   string `json:"pod"`   // the root container
	WebID string `json:"webId"` // the agent that owns it
}

// SignUp makes an account with a password login at the server.
func SignUp(ctx context.Context, server, email, password string) (*Account, error) {
	a := newAccount(server)
	if err := a.start(ctx, "account.create", func(c controls) string { return c.Account.Create }, struct{}{}); err != nil {
		return nil, err
	}
	login := map[string]string{"email": email, "password": password}
	err := a.call(ctx, "password.create", a.controls.Password.Create, http.MethodPost, login, nil)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// SignIn opens an account by its password login.
func SignIn(ctx context.Context, server, email, password string) (*Account, error) {
	a := newAccount(server)
	login := map[string]string{"email": email, "password": password}
	if err := a.start(ctx, "password.login", func(c controls) string { return c.Password.Login }, login); err != nil {
		return nil, err
	}
	return a, nil
}

// CreatePod makes a pod and a WebID in it.
func (a *Account) CreatePod(ctx context.Context, name string) (Pod, error) {
	var pod Pod
	err := a.call(ctx, "account.pod", a.controls.Account.Pod, http.MethodPost, map[string]string{"name": name}, &pod)
	return pod, err
}

// Pods returns the URLs of the root containers of the account's pods, sorted.
func (a *Account) Pods(ctx context.Context) ([]string, error) {
	var answer struct {
		Pods map[string]string `json:"pods"`
	}
	if err := a.call(ctx, "account.pod", a.controls.Account.Pod, http.MethodGet, nil, &answer); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(answer.Pods)), nil
}

// CreateCredentials makes client credentials for one of the account's WebIDs,
// with which all can be done that it may do. The secret is shown this once.
func (a *Account) CreateCredentials(ctx context.Context, name, webID string) (Credentials, error) {
	return a.CreateLimitedCredentials(ctx, name, webID, Access{}) // nothing said of limits
}

// CreateLimitedCredentials makes client credentials that can do no more than
// access says, on servers that know grants ([Account.Grants]).
func (a *Account) CreateLimitedCredentials(ctx context.Context, name, webID string, access Access) (Credentials, error) {
	var answer struct {
		ID       string `json:"id"`
		Secret   string `json:"secret"`
		Resource string `json:"resource"`
	}
	input := struct {
		Name  string `json:"name"`
		WebID string `json:"webId"`
		Access
	}{name, webID, access}
	err := a.call(ctx, "account.clientCredentials", a.controls.Account.ClientCredentials, http.MethodPost, input, &answer)
	return Credentials(answer), err
}

// DeleteCredentials withdraws client credentials.
func (a *Account) DeleteCredentials(ctx context.Context, c Credentials) error {
	return a.call(ctx, "credentials", c.Resource, http.MethodDelete, nil, nil)
}

// SignOut ends the account's session.
func (a *Account) SignOut(ctx context.Context) error {
	return a.call(ctx, "account.logout", a.controls.Account.Logout, http.MethodPost, struct{}{}, nil)
}

func newAccount(server string) *Account {
	return &Account{index: strings.TrimSuffix(server, "/") + "/.account/"}
}

// start gets a session token from one of the controls that need none, and then
// the controls of the account.
func (a *Account) start(ctx context.Context, name string, control func(controls) string, input any) error {
	if err := a.readControls(ctx); err != nil {
		return err
	}
	var answer struct {
		Authorization string `json:"authorization"`
	}
	if err := a.call(ctx, name, control(a.controls), http.MethodPost, input, &answer); err != nil {
		return err
	}
	if answer.Authorization == "" {
		return fmt.Errorf("account API: %s answered without a token", name)
	}
	a.token = answer.Authorization
	return a.readControls(ctx)
}

func (a *Account) readControls(ctx context.Context) error {
	var answer struct {
		Controls controls `json:"controls"`
	}
	err := a.call(ctx, "the index", a.index, http.MethodGet, nil, &answer)
	a.controls = answer.Controls
	return err
}

func (a *Account) call(ctx context.Context, name, url, method string, input, output any) error {
	if url == "" {
		return fmt.Errorf("account API: the server does not offer %s", name)
	}
	authorization := ""
	if a.token != "" {
		authorization = "CSS-Account-Token " + a.token
	}
	if err := callJSON(ctx, method, url, authorization, input, output); err != nil {
		return fmt.Errorf("account API: %s: %w", name, err)
	}
	return nil
}
