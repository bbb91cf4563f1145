package account

import "net/url"

// controls returns the URLs of all that the caller can do now, in the groups
// and with the names of CSS. html.* are pages for people.
func (s *Service) controls(c *call) map[string]any {
	main := map[string]string{"index": s.url(), "logins": s.url("login")}
	account := map[string]string{}
	password := map[string]string{"login": s.url("login", "password")}
	htmlPassword := map[string]string{"login": s.url("login", "password")}
	html := map[string]any{"main": map[string]string{"login": s.url("login")}, "password": htmlPassword}
	controls := map[string]any{"main": main, "account": account, "password": password, "html": html}

	if s.registration == Open {
		account["create"] = s.url("account")
		htmlPassword["register"] = s.url("login", "password", "register")
	}
	if s.post != nil {
		password["forgot"] = s.url("login", "password", "forgot")
		password["reset"] = s.url("login", "password", "reset")
		htmlPassword["forgot"] = password["forgot"]
	}
	if c.signedIn() {
		id := c.session.Account
		account["logout"] = s.url("account", id, "logout")
		account["pod"] = s.url("account", id, "pod")
		account["webId"] = s.url("account", id, "webid")
		account["clientCredentials"] = s.url("account", id, "client-credentials")
		account["delete"] = s.url("account", id)
		account["share"] = s.url("account", id, "share")
		account["session"] = s.url("account", id, "session")
		account["grant"] = s.url("account", id, "grant")
		account["explain"] = s.url("account", id, "explain")
		password["create"] = s.url("account", id, "login", "password")
		html["account"] = map[string]string{
			"account":                 s.url("account", id),
			"createPod":               s.url("account", id, "pod"),
			"linkWebId":               s.url("account", id, "webid"),
			"createClientCredentials": s.url("account", id, "client-credentials"),
		}
	}
	if id := c.interaction(); id != "" {
		query := "?" + interactionQuery(id)
		controls["oidc"] = map[string]string{
			"prompt":  s.url("oidc", "prompt") + query,
			"webId":   s.url("oidc", "pick-webid") + query,
			"consent": s.url("oidc", "consent") + query,
			"cancel":  s.url("oidc", "cancel") + query,
		}
	}
	return controls
}

func interactionQuery(id string) string {
	return url.Values{"interaction": {id}}.Encode()
}

// pageURL is the URL of a page that keeps the request that the person is here
// for.
func (s *Service) pageURL(c *call, segments ...string) string {
	return s.url(segments...) + c.query()
}
