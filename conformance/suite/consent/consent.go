// Package consent is the area of what Domicile adds to the specifications: a
// person says how much each app may do in her name, and it acts on every
// request. Other servers give apps everything, so it does not apply to them.
package consent

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/suite"
	"domicile/conformance/suite/notifications"
	"domicile/conformance/suite/oidc"
)

// Area holds the cases.
var Area = suite.Area{
	Name:  "consent",
	Title: "Consent (Domicile's own)",
	Cases: slices.Concat(cases, oidc.Grants),
}

var cases = []suite.Case{
	own("OWN-GRANT-01", "a program does in the folders that it was given what it was given, and elsewhere what everybody may", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		wantAllow(p.agent.Get(t.URL("loans/doc")).Want(http.StatusOK), `user="read",public=""`)
		p.agent.Get(t.URL("loans/")).Want(http.StatusOK)
		p.agent.Get(t.URL("public")).Want(http.StatusOK)
		for _, refused := range []*suite.Answer{
			p.agent.Get(t.URL("loans-more/doc")), p.agent.Get(t.URL("diary")), p.agent.Get(t.URL("none")), p.agent.Get(t.Container()),
			p.agent.Put(t.URL("loans/doc"), suite.Turtle("<> a <#Other>.")), p.agent.Delete(t.URL("loans/doc")),
			p.agent.Get(t.Alice.Head(t.URL("loans/doc")).WantLink("acl")), p.agent.Put(t.URL("public"), suite.Turtle("")),
		} {
			if refused.Want(http.StatusForbidden); refused.Method == http.MethodGet && !strings.Contains(refused.Body, "/.account/") {
				refused.Failf("it does not say where to ask for more")
			}
		}
	}),
	own("OWN-GRANT-02", "what changes in a grant acts on tokens that are out", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		p.agent.Put(t.URL("loans/new"), suite.Turtle("")).Want(http.StatusForbidden)
		p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("loans/"), Actions: []string{"read", "edit"}}}})
		p.agent.Put(t.URL("loans/new"), suite.Turtle("")).Want(http.StatusCreated)
		p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("loans/"), Actions: []string{"add"}}}})
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusForbidden)
		p.agent.Post(t.URL("loans/"), suite.Turtle("")).Want(http.StatusCreated)
		p.change(solid.Access{Everything: true})
		p.agent.Get(t.URL("diary")).Want(http.StatusOK)
		p.agent.Get(t.Alice.Head(t.URL("diary")).WantLink("acl")).Want(http.StatusNotFound)
	}),
	own("OWN-GRANT-03", "a grant ends when it says", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		until := time.Now().Add(5 * time.Second)
		p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("loans/"), Actions: []string{"read"}}}, Until: until})
		if answer := p.agent.Get(t.URL("loans/doc")); time.Now().Before(until) {
			answer.Want(http.StatusOK)
		}
		time.Sleep(time.Until(until) + time.Second)
		p.agent.Get(t.URL("loans/doc")).WantRefused()
		p.agent.Get(t.URL("diary")).WantRefused()
		if _, err := solid.Login(t.Context(), t.Target.Issuer, p.credentials); err == nil {
			t.Failf("its credentials get a token")
		}
	}),
	own("OWN-GRANT-04", "a grant that is withdrawn takes tokens and credentials along", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusOK)
		if err := t.Alice.Account.Withdraw(t.Context(), p.grant()); err != nil {
			t.Failf("%v", err)
		}
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusUnauthorized)
		if _, err := solid.Login(t.Context(), t.Target.Issuer, p.credentials); err == nil {
			t.Failf("its credentials get a token")
		}
	}),
	own("OWN-GRANT-05", "a grant gives no more than the person has", func(t *suite.T) {
		p := newProgramOf(t, t.Bob, t.URL("loans/"), "read", "edit")
		t.SetACL(t.URL("loans/"), "acl:agent <"+t.Bob.WebID+">; acl:default <"+t.URL("loans/")+">; acl:mode acl:Read")
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusOK)
		p.agent.Put(t.URL("loans/doc"), suite.Turtle("")).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-06", "a folder of one storage is not the one of the same path in another", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		theirs := t.Bob.Storage + strings.TrimPrefix(t.URL("loans/doc"), t.Alice.Storage)
		t.Bob.Put(theirs, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		acl := t.Bob.Head(theirs).WantLink("acl")
		t.Bob.Put(acl, suite.Turtle(suite.Prefixes+"[] a acl:Authorization; acl:agent <"+t.Alice.WebID+">, <"+t.Bob.WebID+">; acl:accessTo <"+theirs+">; acl:mode acl:Read, acl:Write.")).WantSuccess()
		t.Alice.Get(theirs).Want(http.StatusOK)
		p.agent.Get(theirs).Want(http.StatusForbidden)
		t.Bob.Delete(theirs).WantSuccess()
	}),
	own("OWN-GRANT-07", "grants are their own account's to see, to change and to withdraw", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		theirs := p.grant().Resource
		bob := t.NewBrowser(t.Bob).SignIn()
		mine := bob.Control("", "account", "grant")
		for _, target := range []string{theirs, strings.TrimSuffix(mine, "/") + theirs[strings.LastIndexByte(strings.TrimSuffix(theirs, "/"), '/'):]} {
			bob.Call(http.MethodGet, target, nil).WantRefused()
			bob.Call(http.MethodPost, target, map[string]any{"everything": true}).WantRefused()
			bob.Call(http.MethodDelete, target, nil).WantRefused()
		}
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusOK)
		p.agent.Get(t.URL("diary")).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-08", "nothing chosen is nothing given", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		alice := t.NewBrowser(t.Alice).SignIn()
		at := p.grant().Resource
		alice.Call(http.MethodPost, at, map[string]any{"access": []any{}})
		p.agent.Get(t.URL("diary")).Want(http.StatusForbidden)
		alice.Submit(at, url.Values{"csrf": {alice.FormToken(at)}, "amount": {"parts"}, "term": {"year"}})
		p.agent.Get(t.URL("diary")).Want(http.StatusForbidden)
		p.agent.Get(t.Container()).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-11", "a form keeps no end that there is not", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("loans/"), Actions: []string{"read"}}}})
		alice := t.NewBrowser(t.Alice).SignIn()
		at := p.grant().Resource
		form := url.Values{"csrf": {alice.FormToken(at)}, "amount": {"parts"}, "part " + t.URL("loans/"): {"see"}, "term": {"until"}}
		alice.Submit(at, form).WantRefused()
		form.Set("term", "day")
		alice.Submit(at, form).WantSuccess()
		if p.grant().Until.IsZero() {
			t.Failf("the grant has no end after a day was chosen")
		}
	}),
	own("OWN-GRANT-12", "a document is not those whose names begin alike", func(t *suite.T) {
		p := newProgram(t, "diary", "read")
		p.agent.Get(t.URL("diary")).Want(http.StatusOK)
		p.agent.Get(t.URL("diary-more")).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-09", "a token can be asked for that does less, and not for one that does more", func(t *suite.T) {
		p := newProgram(t, "loans/", "read", "edit")
		less := p.ask(t.URL("loans/doc"), "read").Want(http.StatusOK)
		p.ask(t.Container(), "read").Want(http.StatusBadRequest)
		p.ask(t.URL("loans/"), "control").Want(http.StatusBadRequest)
		token := suite.Header("Authorization", bearer(less))
		t.Nobody.Get(t.URL("loans/doc"), token).Want(http.StatusOK)
		t.Nobody.Put(t.URL("loans/doc"), token, suite.Turtle("")).Want(http.StatusForbidden)
		t.Nobody.Get(t.URL("loans/"), token).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-15", "introspection tells what a narrowed token is good for now", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		token, _ := strings.CutPrefix(bearer(p.ask(t.URL("loans/doc"), "read").Want(http.StatusOK)), "Bearer ")
		introspect := func() *suite.Answer {
			return t.Nobody.Post(strings.TrimSuffix(t.Target.Issuer, "/")+"/.oidc/introspect", suite.Body("application/x-www-form-urlencoded", url.Values{
				"client_id": {p.credentials.ID}, "client_secret": {p.credentials.Secret}, "token": {token},
			}.Encode())).Want(http.StatusOK)
		}
		if told := introspect(); !strings.Contains(told.Body, t.URL("loans/doc")) {
			told.Failf("it does not tell what the token is good for")
		}
		p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("diary"), Actions: []string{"read"}}}})
		if told := introspect(); strings.Contains(told.Body, t.URL("loans/doc")) {
			told.Failf("it tells what the token was good for")
		}
	}),
	own("OWN-GRANT-10", "a share ends when it is taken back", func(t *suite.T) {
		loans := t.URL("loans/")
		t.Bob.Post(loans, suite.Turtle("")).Want(http.StatusForbidden)
		share, err := t.Alice.Account.Share(t.Context(), t.Bob.WebID, "Bob", solid.Access{
			Parts: []solid.Part{{Location: loans, Actions: []string{"add"}}}, Until: time.Now().Add(time.Hour),
		})
		if err != nil {
			t.Failf("%v", err)
		}
		t.Bob.Post(loans, suite.Turtle("")).Want(http.StatusCreated)
		t.Bob.Get(loans).Want(http.StatusForbidden)
		if err := t.Alice.Account.EndShare(t.Context(), share); err != nil {
			t.Failf("%v", err)
		}
		t.Bob.Post(loans, suite.Turtle("")).Want(http.StatusForbidden)
	}),
	own("OWN-GRANT-16", "who listens to a document by a grant is told nothing more when it does not cover that any more", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		notifications.WantSilence(t, p.agent, t.URL("loans/doc"), func() {
			p.change(solid.Access{Parts: []solid.Part{{Location: t.URL("diary"), Actions: []string{"read"}}}})
		})
	}),
	own("OWN-ACC-01", "a cookie changes nothing for a page of another site, nor for a form without its token", func(t *suite.T) {
		p := newProgram(t, "loans/", "read")
		alice := t.NewBrowser(t.Alice).SignIn()
		alice.Token = "" // the cookie alone
		alice.CallFrom("https://evil.example", http.MethodDelete, p.grant().Resource, nil).WantRefused()
		alice.CallFrom("https://evil.example", http.MethodPost, p.grant().Resource, map[string]any{"everything": true}).WantRefused()
		alice.FormToken(p.grant().Resource) // she has the page open
		alice.Submit(p.grant().Resource, url.Values{"csrf": {"guessed"}, "amount": {"everything"}, "term": {"day"}}).WantRefused()
		p.agent.Get(t.URL("loans/doc")).Want(http.StatusOK)
		p.agent.Get(t.URL("diary")).Want(http.StatusForbidden)
	}),
	own("OWN-ACC-03", "a pod keeps an owner", func(t *suite.T) {
		bob := t.NewBrowser(t.Bob).SignIn()
		var listed struct{ Pods map[string]string }
		answer := bob.Call(http.MethodGet, bob.Control("", "account", "pod"), nil).Want(http.StatusOK)
		if err := json.Unmarshal([]byte(answer.Body), &listed); err != nil || listed.Pods[t.Bob.Storage] == "" {
			answer.Failf("the pod %s is not listed: %v", t.Bob.Storage, err)
		}
		bob.Call(http.MethodPost, listed.Pods[t.Bob.Storage], map[string]any{"webId": t.Bob.WebID, "remove": true}).WantRefused()
	}),
	own("OWN-ACC-02", "who may do what, and why not, is told to whoever has Control and to nobody else", func(t *suite.T) {
		target := t.URL("diary")
		t.SetACL(target, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+target+">")
		query := "?" + url.Values{"resource": {target}, "webid": {t.Bob.WebID}}.Encode()
		alice, bob := t.NewBrowser(t.Alice).SignIn(), t.NewBrowser(t.Bob).SignIn()
		told := alice.Call(http.MethodGet, alice.Control("", "account", "explain")+query, nil).Want(http.StatusOK)
		for what, text := range map[string]string{"that the authorization has no mode": `"code":"mode"`, "who changed the ACL": `"changes":[{`} {
			if !strings.Contains(told.Body, text) {
				told.Failf("it does not tell %s", what)
			}
		}
		bob.Call(http.MethodGet, bob.Control("", "account", "explain")+query, nil).Want(http.StatusForbidden)
	}),
}

// own makes a case of what only this project has. It applies where the account
// API has grants.
func own(id, title string, run func(*suite.T)) suite.Case {
	return suite.Decision(id, title, func(t *suite.T) {
		if _, err := t.Alice.Account.Grants(t.Context()); err != nil {
			t.NotApplicable("the account API has no grants: %v", err)
		}
		for _, name := range []string{"loans/doc", "loans-more/doc", "diary", "diary-more", "public"} {
			t.Alice.Put(t.URL(name), suite.Turtle("<> a <#Thing>.")).WantSuccess()
		}
		t.SetACL(t.URL("public"), "acl:agentClass foaf:Agent; acl:accessTo <"+t.URL("public")+">; acl:mode acl:Read")
		run(t)
	}).Needing(suite.Accounts, suite.SecondAgent)
}

// program has client credentials that can do a part of what their person can.
type program struct {
	t           *suite.T
	of          *suite.Agent
	agent       *suite.Agent
	credentials solid.Credentials
}

func newProgram(t *suite.T, folder string, actions ...string) *program {
	return newProgramOf(t, t.Alice, t.URL(folder), actions...)
}

func newProgramOf(t *suite.T, of *suite.Agent, location string, actions ...string) *program {
	p := &program{t: t, of: of}
	var err error
	if p.credentials, err = of.Account.CreateLimitedCredentials(t.Context(), "program", of.WebID, solid.Access{
		Parts: []solid.Part{{Location: location, Actions: actions}}, Until: time.Now().Add(time.Hour),
	}); err != nil {
		t.Failf("no credentials for a program: %v", err)
	}
	session, err := solid.Login(t.Context(), t.Target.Issuer, p.credentials)
	if err != nil {
		t.Failf("the program does not get in: %v", err)
	}
	p.agent = of.As("a program of "+of.Name+"'s", session)
	return p
}

func (p *program) grant() solid.Grant {
	grants, err := p.of.Account.Grants(p.t.Context())
	if err != nil {
		p.t.Failf("%v", err)
	}
	for _, g := range grants {
		if g.Client.ID == p.credentials.ID {
			return g
		}
	}
	p.t.Failf("the program's grant is not listed")
	return solid.Grant{}
}

func (p *program) change(access solid.Access) {
	if err := p.of.Account.ChangeGrant(p.t.Context(), p.grant(), access); err != nil {
		p.t.Failf("the grant cannot be changed: %v", err)
	}
}

// ask asks for a token that does less (RFC 9396 §6).
func (p *program) ask(location, action string) *suite.Answer {
	return p.t.Nobody.Post(strings.TrimSuffix(p.t.Target.Issuer, "/")+"/.oidc/token", suite.Body("application/x-www-form-urlencoded", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.credentials.ID}, "client_secret": {p.credentials.Secret},
		"authorization_details": {`[{"type":"domicile-access","locations":["` + location + `"],"actions":["` + action + `"]}]`},
	}.Encode()))
}

// bearer is what a token is sent as.
func bearer(answer *suite.Answer) string {
	_, rest, _ := strings.Cut(answer.Body, `"access_token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	return "Bearer " + token
}

func wantAllow(answer *suite.Answer, want string) {
	if answer.WantHeader("WAC-Allow") != want {
		answer.Failf("WAC-Allow is %q, want %q", answer.WantHeader("WAC-Allow"), want)
	}
}
