package conformance

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestHosts is a resident's day where pods, accounts or both have hosts of
// their own. PORT stands for the port of the server.
func TestHosts(t *testing.T) {
	for _, mode := range []struct {
		name      string
		args      []string
		identity  string // base URL of accounts and issuer
		alice     string // her root
		elsewhere string // a URL of her card on a host that is not its own
	}{
		{"storages on hosts", []string{"--base-url", "http://pods.localhost:PORT/", "--subdomains"},
			"http://pods.localhost:PORT/", "http://alice.pods.localhost:PORT/", "http://pods.localhost:PORT/alice/profile/card"},
		{"accounts on a host", []string{"--base-url", "http://pods.localhost:PORT/", "--identity-url", "http://id.localhost:PORT/"},
			"http://id.localhost:PORT/", "http://pods.localhost:PORT/alice/", "http://pods.localhost:PORT/profile/card"},
		{"storages and accounts on hosts", []string{"--base-url", "http://pods.localhost:PORT/", "--subdomains", "--identity-url", "http://id.localhost:PORT/"},
			"http://id.localhost:PORT/", "http://alice.pods.localhost:PORT/", "http://id.localhost:PORT/alice/profile/card"},
		{"accounts on a host beside the storages'", []string{"--base-url", "http://localhost:PORT/", "--subdomains", "--identity-url", "http://accounts.localhost:PORT/"},
			"http://accounts.localhost:PORT/", "http://alice.localhost:PORT/", "http://localhost:PORT/alice/profile/card"},
	} {
		t.Run(mode.name, func(t *testing.T) {
			listen := harness.FreeAddress(t)
			_, port, err := net.SplitHostPort(listen)
			if err != nil {
				t.Fatal(err)
			}
			at := func(url string) string { return strings.ReplaceAll(url, "PORT", port) }
			args := []string{"--listen", listen}
			for _, arg := range mode.args {
				args = append(args, at(arg))
			}
			server := program.Start(t, args...)
			alice, bob := server.SignUp(t, "alice"), server.SignUp(t, "bob")
			root, identity := at(mode.alice), at(mode.identity)
			hosts := hosts{server, alice, bob, identity}

			if alice.Pod.URL != root || alice.Pod.WebID != root+"profile/card#me" || alice.Session.WebID() != alice.Pod.WebID {
				t.Fatalf("the pod is %s, the WebID %s and in the token %s; want the root %s", alice.Pod.URL, alice.Pod.WebID, alice.Session.WebID(), root)
			}
			wantStatus(t, harness.Anonymous(t, "GET", at(mode.elsewhere), ""), http.StatusNotFound)
			t.Run("OIDC-OP-01 the issuer is where accounts are", hosts.issuer)
			t.Run("a document is written, read and shared", hosts.document)
			t.Run("OIDC-DPOP-05 a proof for another host", hosts.proofForAnotherHost)
			t.Run("SP-CORS-01 apps of other origins", hosts.crossOrigin)
			t.Run("people sign in where accounts are", hosts.signIn)
			t.Run("the same after a restart", func(t *testing.T) {
				server.Kill()
				server.Restart()
				wantStatus(t, alice.Do(t, "GET", root+"notes/first.ttl", ""), http.StatusOK)
			})
		})
	}
}

type hosts struct {
	server     *harness.Server
	alice, bob harness.Resident
	identity   string
}

func (h hosts) issuer(t *testing.T) {
	discovery := harness.Anonymous(t, "GET", h.identity+".well-known/openid-configuration", "")
	wantStatus(t, discovery, http.StatusOK)
	wantContains(t, "discovery", discovery.Body, `"`+h.identity+`"`, h.identity+".oidc/token")
	card := harness.Anonymous(t, "GET", h.alice.Pod.URL+"profile/card", "", "Accept", turtle)
	wantStatus(t, card, http.StatusOK)
	wantContains(t, "the card", card.Body, "<"+h.identity+">")
	stranger := harness.Anonymous(t, "GET", h.alice.Pod.URL, "")
	wantStatus(t, stranger, http.StatusUnauthorized)
	wantContains(t, "Link of the 401", strings.Join(stranger.Header.Values("Link"), ","), "<"+h.identity+">", h.alice.Pod.URL+".well-known/solid")
	index := harness.Anonymous(t, "GET", h.identity+".account/", "", "Accept", "application/json")
	wantStatus(t, index, http.StatusOK)
	for _, link := range regexp.MustCompile(`"(https?:[^"]*)"`).FindAllStringSubmatch(index.Body, -1) {
		if !strings.HasPrefix(link[1], h.identity) {
			t.Errorf("a control leads to %s, accounts are at %s", link[1], h.identity)
		}
	}
}

func (h hosts) document(t *testing.T) {
	note := h.alice.Pod.URL + "notes/first.ttl"
	const body = `<#note> <http://purl.org/dc/terms/title> "Hello".`
	wantStatus(t, h.alice.Do(t, "PUT", note, body, "Content-Type", turtle), http.StatusCreated)
	wantStatus(t, h.alice.Do(t, "PATCH", note, titlePatch("Hello", "Hello, world"), "Content-Type", n3), http.StatusOK, http.StatusNoContent)
	made := h.alice.Do(t, "POST", h.alice.Pod.URL+"notes/", body, "Content-Type", turtle, "Slug", "second.ttl")
	wantStatus(t, made, http.StatusCreated)
	at, err := made.URL.Parse(made.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(at.String(), h.alice.Pod.URL+"notes/") {
		t.Errorf("Location is %v, %v", at, err)
	}
	listing := h.alice.Do(t, "GET", h.alice.Pod.URL+"notes/", "", "Accept", "application/ld+json")
	wantContains(t, "the listing", listing.Body, note, at.String())

	wantStatus(t, h.bob.Do(t, "GET", note, ""), http.StatusForbidden)
	wantStatus(t, h.alice.Do(t, "PUT", aclOf(t, h.alice, note), readACL(h.alice, h.bob, note), "Content-Type", turtle), http.StatusCreated)
	read := h.bob.Do(t, "GET", note, "")
	wantStatus(t, read, http.StatusOK)
	wantContains(t, "the document", read.Body, `"Hello, world"`)
	wantStatus(t, h.bob.Do(t, "PUT", note, body, "Content-Type", turtle), http.StatusForbidden)
	wantStatus(t, harness.Anonymous(t, "GET", note, ""), http.StatusUnauthorized)
}

func (h hosts) proofForAnotherHost(t *testing.T) {
	token, err := h.alice.Session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(proofFor string) harness.Answer {
		proof, err := h.alice.Session.Key().Sign(solid.Proof{Method: "GET", URL: proofFor, AccessToken: token})
		if err != nil {
			t.Fatal(err)
		}
		return harness.Anonymous(t, "GET", h.alice.Pod.URL, "", "Authorization", "DPoP "+token, "DPoP", proof)
	}
	wantStatus(t, send(h.alice.Pod.URL), http.StatusOK)
	for _, other := range []string{h.bob.Pod.URL, h.server.BaseURL, "http://" + h.server.Listen + "/alice/", "http://" + h.server.Listen + "/"} {
		refused := send(other)
		wantStatus(t, refused, http.StatusUnauthorized)
		wantContains(t, "WWW-Authenticate", refused.Header.Get("WWW-Authenticate"), "invalid_dpop_proof")
	}
}

func (h hosts) crossOrigin(t *testing.T) {
	const app = "https://app.example"
	for _, url := range []string{h.alice.Pod.URL + "profile/card", h.identity + ".well-known/openid-configuration"} {
		answer := harness.Anonymous(t, "GET", url, "", "Origin", app)
		wantStatus(t, answer, http.StatusOK)
		if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed != app && allowed != "*" {
			t.Errorf("%s is open to %q", url, allowed)
		}
	}
	for url, method := range map[string]string{h.alice.Pod.URL + "notes/x": "PUT", h.identity + ".oidc/token": "POST"} {
		preflight := harness.Anonymous(t, "OPTIONS", url, "", "Origin", app,
			"Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization, content-type, dpop")
		wantStatus(t, preflight, http.StatusNoContent, http.StatusOK)
		wantContains(t, "the preflight of "+url, preflight.Header.Get("Access-Control-Allow-Methods"), method)
		wantContains(t, "the preflight of "+url, strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers")), "dpop")
	}
}

// signIn goes the way of a browser: the printed address, the sign-in page, the
// account page; and takes the cookie to the pod, where it counts for nothing.
func (h hosts) signIn(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: solid.NewTransport(), Jar: jar}
	defer browser.CloseIdleConnections()
	page := func(method, url, body string, header ...string) harness.Answer {
		return harness.Send(t, browser, method, url, strings.NewReader(body), append(header, "Accept", "text/html")...)
	}
	welcome := page("GET", h.server.BaseURL, "")
	wantStatus(t, welcome, http.StatusOK)
	if welcome.URL.String() != h.identity {
		t.Errorf("the printed address leads to %s, accounts are at %s", welcome.URL, h.identity)
	}
	form := page("GET", h.server.BaseURL+".account/login/password/", "")
	wantStatus(t, form, http.StatusOK)
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(form.Body)
	token := regexp.MustCompile(`name="([^"]*)"[^>]*type="hidden"[^>]*value="([^"]*)"|type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"`).FindStringSubmatch(form.Body)
	if action == nil || !strings.HasPrefix(action[1], h.identity) {
		t.Fatalf("the form goes to %q", action)
	}
	fields := url.Values{"email": {h.alice.Email}, "password": {harness.Password}}
	if token != nil {
		fields.Set(token[1]+token[3], token[2]+token[4])
	}
	home := page("POST", action[1], fields.Encode(), "Content-Type", "application/x-www-form-urlencoded",
		"Origin", strings.TrimSuffix(h.identity, "/"), "Sec-Fetch-Site", "same-origin")
	wantStatus(t, home, http.StatusOK)
	wantContains(t, "the account page", home.Body, h.alice.Pod.URL, h.alice.Pod.WebID)

	account, err := url.Parse(h.identity)
	if err != nil {
		t.Fatal(err)
	}
	cookies := jar.Cookies(account)
	if len(cookies) == 0 {
		t.Fatal("there is no cookie")
	}
	for _, other := range []string{h.alice.Pod.URL, h.bob.Pod.URL} {
		pod, err := url.Parse(other)
		if err != nil {
			t.Fatal(err)
		}
		if sent := jar.Cookies(pod); pod.Host != account.Host && len(sent) > 0 {
			t.Errorf("browsers send the cookies of accounts to %s", other)
		}
	}
	wantStatus(t, harness.Anonymous(t, "GET", h.alice.Pod.URL, "", "Cookie", cookies[0].Name+"="+cookies[0].Value), http.StatusUnauthorized)
}
