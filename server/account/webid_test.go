package account

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// web has the documents of WebIDs elsewhere, one statement each.
type web map[string]rdf.Triple

func (w web) Profile(_ context.Context, webID string) (*rdf.Graph, error) {
	t, ok := w[documentOf(webID)]
	if !ok {
		return nil, errors.New("the document could not be fetched")
	}
	return rdf.NewGraph(t), nil
}

func TestLinkingAWebIDElsewhere(t *testing.T) {
	const webID = "https://elsewhere.example/card#me"
	elsewhere := web{}
	b := newBench(t, options{profiles: elsewhere})
	a := b.resident("anna")
	b.resident("bert")
	index := a.must(200, "GET", "/.account/", nil)
	link := func(webID string) reply {
		return a.send("POST", index.control("account.webId"), map[string]any{"webId": webID})
	}
	asked := link(webID)
	details, _ := asked.json["details"].(map[string]any)
	quad, _ := details["quad"].(string)
	match := regexp.MustCompile(`^<https://elsewhere\.example/card#me> <http://www\.w3\.org/ns/solid/terms#oidcIssuerRegistrationToken> "([^"]+)"\.$`).FindStringSubmatch(quad)
	if asked.Code != 400 || match == nil || !strings.Contains(asked.text("message"), quad) {
		t.Fatalf("answered %d %s", asked.Code, asked.Body)
	}
	token := match[1]
	triple := func(subject, predicate, token string) rdf.Triple {
		return rdf.Triple{S: rdf.IRI(subject), P: rdf.IRI(predicate), O: rdf.String(token)}
	}
	const predicate = "http://www.w3.org/ns/solid/terms#oidcIssuerRegistrationToken"
	for name, held := range map[string]rdf.Triple{
		"another token":     triple(webID, predicate, "guess"),
		"another WebID":     triple("https://elsewhere.example/card#you", predicate, token),
		"another predicate": triple(webID, "http://www.w3.org/ns/solid/terms#oidcIssuer", token),
		"an IRI":            {S: rdf.IRI(webID), P: rdf.IRI(predicate), O: rdf.IRI(token)},
	} {
		elsewhere["https://elsewhere.example/card"] = held
		if r := link(webID); r.Code != 400 || !strings.Contains(r.Body.String(), token) {
			t.Errorf("%s: answered %d %s", name, r.Code, r.Body)
		}
	}
	elsewhere["https://elsewhere.example/card"] = triple(webID, predicate, token)
	other := b.program()
	other.token = other.must(200, "POST", "/.account/login/password/", map[string]any{"email": "bert@example.org", "password": "the password of bert"}).text("authorization")
	if r := other.send("POST", other.must(200, "GET", "/.account/", nil).control("account.webId"), map[string]any{"webId": webID}); r.Code != 400 || strings.Contains(r.Body.String(), token) {
		t.Errorf("another account links it by the same token: %d %s", r.Code, r.Body)
	}
	if r := link(webID); r.Code != 200 || r.text("webId") != webID || r.text("oidcIssuer") != "https://id.example/" {
		t.Errorf("answered %d %s", r.Code, r.Body)
	}
	if r := link(webID); r.Code != 400 {
		t.Errorf("linked twice: %d", r.Code)
	}
	if r := link("https://pods.example/bert/profile/card#me"); r.Code != 400 || r.text("message") != errUnprovenWebID.Message {
		t.Errorf("NSS#1597: a WebID in another's pod answered %d %s", r.Code, r.Body)
	}
	for _, bad := range []string{"me", "ftp://elsewhere.example/#me", "https://elsewhere.example/a b", "https://u:p@elsewhere.example/", "https://elsewhere.example/" + strings.Repeat("x", maxWebID)} {
		if r := link(bad); r.Code != 400 {
			t.Errorf("%.60s answered %d", bad, r.Code)
		}
	}
	t.Run("fetches are few", func(t *testing.T) {
		slowed := false
		for range 20 {
			slowed = link("https://other.example/#me").Code == 429 || slowed
		}
		if !slowed {
			t.Error("the server can be made to call others all day")
		}
	})
}

func TestLinkingPage(t *testing.T) {
	elsewhere := web{}
	b := newBench(t, options{profiles: elsewhere})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	accessible(t, a.must(200, "GET", home+"webid/", nil).html, "en")
	form := url.Values{"webId": {"https://elsewhere.example/card#me"}}
	asked := a.submit(home+"webid/", "", form)
	accessible(t, asked.html, "en")
	token := regexp.MustCompile(`Token&gt; &#34;([^&]+)&#34;\.`).FindStringSubmatch(asked.html)
	if asked.Code != 400 || token == nil || !strings.Contains(asked.html, "oidcIssuer&gt; &lt;https://id.example/&gt;") {
		t.Fatalf("answered %d:\n%s", asked.Code, asked.html)
	}
	elsewhere["https://elsewhere.example/card"] = rdf.Triple{S: rdf.IRI("https://elsewhere.example/card#me"), P: registrationToken, O: rdf.String(token[1])}
	if r := a.submit(home+"webid/", "", form); r.Code != 303 || !strings.Contains(a.must(200, "GET", home, nil).html, "https://elsewhere.example/card#me") {
		t.Errorf("answered %d", r.Code)
	}
}
