package account

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/language"
)

// archived returns the names of the files in an archive that was answered.
func archived(t *testing.T, r reply) (names []string) {
	t.Helper()
	if r.Code != 200 || r.Header().Get("Content-Type") != "application/zip" || !strings.HasPrefix(r.Header().Get("Content-Disposition"), `attachment; filename="anna-`) {
		t.Fatalf("answered %d %v", r.Code, r.Header())
	}
	archive, err := zip.NewReader(bytes.NewReader(r.Body.Bytes()), int64(r.Body.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	return names
}

func TestExportByAProgram(t *testing.T) {
	b := newBench(t, options{})
	a, other := b.resident("anna"), b.resident("bert")
	var pod string
	for _, made := range a.must(200, "GET", a.must(200, "GET", "/.account/", nil).control("account.pod"), nil).json["pods"].(map[string]any) {
		pod = made.(string)
	}
	target := a.must(200, "GET", pod, nil).text("export")
	if names := archived(t, a.send("GET", target, nil)); !slices.Equal(names, []string{"manifest.json", "anna/", "anna/notes/"}) {
		t.Errorf("it has %q", names)
	}
	if names := archived(t, a.send("GET", target+"?nquads=yes", nil)); !slices.Contains(names, "export.nq") {
		t.Errorf("with N-Quads it has %q", names)
	}
	if r := a.must(200, "HEAD", target, nil); r.Body.Len() > 0 {
		t.Error("HEAD sends it")
	}
	mine := strings.Split(other.must(200, "GET", "/.account/", nil).control("account.pod"), "/account/")[1]
	id := strings.Split(target, "/pod/")[1]
	for name, c := range map[string]struct {
		who    *agent
		target string
		status int
	}{
		"another account":            {other, target, 403},
		"another's pod as one's own": {other, "/.account/account/" + mine + id, 404},
		"nobody":                     {b.program(), target, 401},
		"a pod that is not there":    {a, strings.Replace(target, id, "none/export/", 1), 404},
	} {
		if r := c.who.send("GET", c.target, nil); r.Code != c.status || r.Header().Get("Content-Type") == "application/zip" {
			t.Errorf("%s: answered %d %s", name, r.Code, r.Header().Get("Content-Type"))
		}
	}
	t.Run("a closed pod is still its owner's to save, and nobody else's", func(t *testing.T) {
		a.must(200, "DELETE", a.must(200, "GET", "/.account/", nil).control("account.delete"), nil)
		archived(t, a.send("GET", target, nil))
		other.must(403, "GET", target, nil)
	})
	t.Run("a storage that has gone to another account", func(t *testing.T) {
		err := b.store.Update(t.Context(), func(tx rdfstore.Tx) error {
			if err := removePod(tx, "anna"); err != nil {
				return err
			}
			return tx.CreateStorage(rdfstore.Storage{Name: "anna", Owner: "https://x.example/#me", Account: "another"})
		})
		if err != nil {
			t.Fatal(err)
		}
		a.must(404, "GET", target, nil)
	})
}

// removePod removes the pod that fakePods made.
func removePod(tx rdfstore.Tx, name string) error {
	for member, err := range tx.Members(resource.Root(name), "") {
		if err != nil {
			return err
		}
		if err := tx.Delete(member.ID); err != nil {
			return err
		}
	}
	return tx.DeleteStorage(name)
}

func TestExportByAPerson(t *testing.T) {
	b := newBench(t, options{})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	var pod string
	for _, link := range strings.Split(a.must(200, "GET", home, nil).html, `"`) {
		if strings.HasSuffix(link, "/export/") {
			pod = link
		}
	}
	if pod == "" {
		t.Fatal("the account page does not lead there")
	}
	for _, lang := range language.All {
		accessible(t, a.must(200, "GET", pod, nil, "Accept-Language: "+lang).html, lang)
	}
	archived(t, a.submit(pod, "", url.Values{}))
	if names := archived(t, a.submit(pod, "", url.Values{"nquads": {"yes"}})); !slices.Contains(names, "export.nq") {
		t.Errorf("with N-Quads it has %q", names)
	}

	t.Run("the password is asked again", func(t *testing.T) {
		b.now = b.now.Add(presence)
		asked := a.submit(pod, "", url.Values{})
		if asked.Code != 403 || !strings.Contains(asked.html, `name="presence"`) {
			t.Fatalf("answered %d", asked.Code)
		}
		accessible(t, asked.html, "en")
		if wrong := a.submit(pod, "", url.Values{"presence": {"wrong"}}); wrong.Code != 403 {
			t.Errorf("a wrong one: answered %d", wrong.Code)
		}
		archived(t, a.submit(pod, "", url.Values{"presence": {"long enough"}}))
	})
	t.Run("what a browser sends by itself is not enough", func(t *testing.T) {
		a.must(403, "GET", pod, nil, "Accept: application/json", "Sec-Fetch-Site: same-origin")
		a.must(403, "POST", pod, url.Values{})
	})
	t.Run("one at a time", func(t *testing.T) {
		account := strings.Split(home, "/")[5]
		b.service.exporting.Store(account, true)
		if r := a.submit(pod, "", url.Values{}); r.Code != http.StatusTooManyRequests || r.Header().Get("Retry-After") == "" || r.html == "" {
			t.Errorf("answered %d %v", r.Code, r.Header())
		}
		b.service.exporting.Delete(account)
		archived(t, a.submit(pod, "", url.Values{}))
	})
}
