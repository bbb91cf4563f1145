package account

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/server/language"
)

// kept is all records of an account's buckets that name it or its e-mail.
func (b *bench) kept(account, email string) (found []string) {
	b.t.Helper()
	err := b.store.View(b.t.Context(), func(r rdfstore.Reader) error {
		for _, bucket := range []string{
			string(accounts), string(emails), string(logins), string(pods), string(webIDs), string(sessions), string(sessionIndex),
			string(challenges), string(deletions), "grants", "grants-by-client", string(testCredentials),
			"notification-channels-of",
		} {
			for record, err := range r.Records(bucket, "", "") {
				if err != nil {
					return err
				}
				if strings.Contains(record.Key+string(record.Value), account) || strings.Contains(record.Key+string(record.Value), email) {
					found = append(found, bucket+" "+record.Key)
				}
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bench) storage(name string) (rdfstore.Storage, error) {
	var found rdfstore.Storage
	err := b.store.View(b.t.Context(), func(r rdfstore.Reader) (err error) {
		found, err = r.Storage(name)
		return err
	})
	return found, err
}

func TestDeletion(t *testing.T) {
	const webID = "https://pods.example/anna/profile/card#me"
	b := newBench(t, options{})
	a, other := b.person(), b.resident("bert")
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	account := strings.Split(home, "/")[5]
	a.submit(home, home+"client-credentials/", url.Values{"credentialsName": {"script"}, "webId": {webID}})
	elsewhere := b.program()
	elsewhere.token = elsewhere.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "long enough"}).text("authorization")

	for _, lang := range language.All {
		accessible(t, a.must(200, "GET", home+"delete/", nil, "Accept-Language: "+lang).html, lang)
	}
	for name, form := range map[string]url.Values{"not sure": {"decision": {"delete"}}, "nothing said": {"sure": {"yes"}}} {
		if r := a.submit(home+"delete/", "", form); r.Code != 400 {
			t.Errorf("%s: answered %d", name, r.Code)
		}
	}
	b.now = b.now.Add(presence)
	sure := url.Values{"decision": {"delete"}, "sure": {"yes"}}
	if r := a.submit(home+"delete/", "", sure); r.Code != 403 {
		t.Errorf("without the password again: answered %d", r.Code)
	}
	sure.Set("presence", "long enough")
	asked := a.submit(home+"delete/", "", sure)
	accessible(t, asked.html, "en")
	if storage, err := b.storage("anna"); asked.Code != 200 || !strings.Contains(asked.html, `value="keep"`) || !storage.Closed || err != nil {
		t.Fatalf("answered %d; the storage is %+v, %v", asked.Code, storage, err)
	}
	elsewhere.must(401, "GET", home+"pod/", nil)
	if !slices.ContainsFunc(b.oidc.withheld, func(s string) bool { return strings.HasPrefix(s, "webid "+account) }) {
		t.Errorf("apps keep what they have: %q", b.oidc.withheld)
	}
	if page := a.must(200, "GET", home, nil).html; !strings.Contains(page, `value="keep"`) || strings.Contains(page, "credentialsName") {
		t.Errorf("the account page is\n%s", page)
	}
	if r := a.submit(home+"pod/", "", url.Values{"name": {"another"}}); r.Code != 403 {
		t.Errorf("a new pod answered %d", r.Code)
	}
	a.must(403, "GET", "/.account/oidc/consent/?interaction=req", nil)

	t.Run("she keeps it", func(t *testing.T) {
		a.submit(home+"delete/", "", url.Values{"decision": {"keep"}})
		if storage, err := b.storage("anna"); storage.Closed || err != nil {
			t.Errorf("the storage is %+v, %v", storage, err)
		}
		b.now = b.now.Add(2 * regret)
		if err := b.service.EraseDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.storage("anna"); err != nil {
			t.Fatalf("it was erased all the same: %v", err)
		}
	})
	t.Run("she does not", func(t *testing.T) {
		const channelOfPod = "storage/anna/x"
		err := b.store.Update(t.Context(), func(tx rdfstore.Tx) error {
			return tx.SetRecord("notification-channels-of", channelOfPod, []byte("{}"), time.Time{})
		})
		if err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(-2 * regret)
		sure.Set("presence", "long enough")
		if r := a.submit(home+"delete/", "", sure); r.Code != 200 {
			t.Fatalf("answered %d", r.Code)
		}
		b.now = b.now.Add(regret - time.Minute)
		if err := b.service.EraseDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.storage("anna"); err != nil {
			t.Fatalf("it was erased early: %v", err)
		}
		b.now = b.now.Add(time.Minute)
		if err := b.service.EraseDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.storage("anna"); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("the pod is there: %v", err)
		}
		if left := b.kept(channelOfPod, channelOfPod); len(left) > 0 {
			t.Errorf("of the pod's notification channels there is still %q", left)
		}
		if left := b.kept(account, "anna@example.org"); len(left) > 0 {
			t.Errorf("of the account there is still %q", left)
		}
		err = b.view(func(r reader) error {
			usage, err := r.Usage(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: account})
			if usage != (rdfstore.Usage{}) {
				t.Errorf("of its usage there is still %+v", usage)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := b.storage("bert"); err != nil {
			t.Errorf("another pod is gone: %v", err)
		}
		other.must(200, "GET", "/.account/", nil)
		b.program().must(403, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "long enough"})
	})
	t.Run("CSS#1139 the address is free again", func(t *testing.T) {
		r := b.person().submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anne"}})
		if r.Code != 303 {
			t.Errorf("answered %d", r.Code)
		}
	})
	t.Run("the WebID is nobody else's", func(t *testing.T) { // OIDC Core §2: never reassigned
		if r := b.program().must(200, "GET", "/.account/name/?name=anna", nil); r.json["available"] != false {
			t.Errorf("the name is offered: %s", r.Body)
		}
		r := b.person().submit("/.account/login/password/register/", "", url.Values{"email": {"mallory@example.org"}, "password": {"long enough"}, "name": {"anna"}})
		if r.Code != 409 && r.Code != 400 {
			t.Errorf("signing up for it answered %d", r.Code)
		}
		index := other.must(200, "GET", "/.account/", nil)
		if r := other.send("POST", index.control("account.pod"), map[string]any{"name": "anna"}); r.Code < 400 {
			t.Errorf("making a pod of the name answered %d %s", r.Code, r.Body)
		}
		if _, err := b.storage("anna"); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("there is one again: %v", err)
		}
	})
	t.Run("by a program", func(t *testing.T) {
		index := other.must(200, "GET", "/.account/", nil)
		if r := other.must(200, "DELETE", index.control("account.delete"), nil); r.text("erased") == "" {
			t.Errorf("answered %s", r.Body)
		}
	})
}
