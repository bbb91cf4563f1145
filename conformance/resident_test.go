package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestResidentsPod is a resident's first day, seen from a Go program: sign up,
// a pod, client credentials, a private document and a picture, a patch, a
// listing, and read access for one other resident.
func TestResidentsPod(t *testing.T) {
	server := program.Start(t)
	alice, bob := server.SignUp(t, "alice"), server.SignUp(t, "bob")
	root := alice.Pod.URL
	note, picture := root+"notes/first.ttl", root+"pictures/door.jpg"

	t.Run("the pod and the WebID are where the URL map says", func(t *testing.T) {
		if want := server.BaseURL + "alice/"; root != want {
			t.Errorf("the pod is %s, want %s", root, want)
		}
		if want := root + "profile/card#me"; alice.Pod.WebID != want || alice.Session.WebID() != want {
			t.Errorf("the WebID is %s and %s in the token, want %s", alice.Pod.WebID, alice.Session.WebID(), want)
		}
		if pods, err := alice.Account.Pods(t.Context()); err != nil || len(pods) != 1 || pods[0] != root {
			t.Errorf("the account lists %v, %v", pods, err)
		}
	})
	t.Run("ECO-WID-01 the profile is public and names issuer and storage", func(t *testing.T) {
		card := harness.Anonymous(t, "GET", root+"profile/card", "", "Accept", turtle)
		wantStatus(t, card, http.StatusOK)
		wantContains(t, "the card", card.Body, "oidcIssuer", "storage", server.BaseURL)
	})
	t.Run("ECO-POD-02 the root is the owner's", func(t *testing.T) {
		stranger := harness.Anonymous(t, "GET", root, "")
		wantStatus(t, stranger, http.StatusUnauthorized)
		wantContains(t, "Link of the 401", strings.Join(stranger.Header.Values("Link"), ","), "http://www.w3.org/ns/pim/space#Storage")
		wantStatus(t, bob.Do(t, "GET", root, ""), http.StatusForbidden)
		mine := alice.Do(t, "GET", root, "")
		wantStatus(t, mine, http.StatusOK)
		wantContains(t, "Link of the root", strings.Join(mine.Header.Values("Link"), ","), "http://www.w3.org/ns/pim/space#Storage")
	})
	const body = "@prefix dct: <http://purl.org/dc/terms/>.\n\n<#note>   dct:title \"Hello\" . # as written\n"
	t.Run("SP-PUT-01 a private document", func(t *testing.T) {
		wantStatus(t, alice.Do(t, "PUT", note, body, "Content-Type", turtle, "If-None-Match", "*"), http.StatusCreated)
		wantStatus(t, alice.Do(t, "PUT", note, body, "Content-Type", turtle, "If-None-Match", "*"), http.StatusPreconditionFailed)
		read := alice.Do(t, "GET", note, "")
		wantStatus(t, read, http.StatusOK)
		if read.Body != body || read.Header.Get("Content-Type") != turtle {
			t.Errorf("read back as %s:\n%s", read.Header.Get("Content-Type"), read.Body)
		}
	})
	t.Run("SP-CN-01 the same as JSON-LD", func(t *testing.T) {
		read := alice.Do(t, "GET", note, "", "Accept", "application/ld+json")
		wantStatus(t, read, http.StatusOK)
		wantContains(t, "the JSON-LD", read.Body, "Hello", note+"#note")
	})
	t.Run("a picture of 20 MB", func(t *testing.T) {
		pixels := randomBytes(20 << 20)
		put := harness.Send(t, alice.Session.Client(), "PUT", picture, bytes.NewReader(pixels), "Content-Type", "image/jpeg")
		wantStatus(t, put, http.StatusCreated)
		read := alice.Do(t, "GET", picture, "")
		wantStatus(t, read, http.StatusOK)
		if read.Body != string(pixels) || read.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%d bytes of %s came back, not the %d that were sent", len(read.Body), read.Header.Get("Content-Type"), len(pixels))
		}
		part := alice.Do(t, "GET", picture, "", "Range", "bytes=1000000-1000009")
		wantStatus(t, part, http.StatusPartialContent)
		if part.Body != string(pixels[1_000_000:1_000_010]) {
			t.Error("the range holds other bytes")
		}
	})
	t.Run("SP-N3-01 a patch", func(t *testing.T) {
		patched := alice.Do(t, "PATCH", note, titlePatch("Hello", "Hello, world"), "Content-Type", n3)
		wantStatus(t, patched, http.StatusOK, http.StatusNoContent)
		read := alice.Do(t, "GET", note, "")
		wantContains(t, "the document", read.Body, `"Hello, world"`)
		wantStatus(t, alice.Do(t, "PATCH", note, titlePatch("Hello", "x"), "Content-Type", n3), http.StatusConflict)
	})
	t.Run("SP-CON-01 containers list their members", func(t *testing.T) {
		listing := alice.Do(t, "GET", root, "", "Accept", "application/ld+json")
		wantStatus(t, listing, http.StatusOK)
		wantContains(t, "the root", listing.Body, root+"notes/", root+"pictures/")
		listing = alice.Do(t, "GET", root+"notes/", "", "Accept", "application/ld+json")
		wantContains(t, "the container", listing.Body, note)
		if strings.Contains(listing.Body, ".acl") || strings.Contains(listing.Body, ".meta") {
			t.Errorf("auxiliary resources are listed:\n%s", listing.Body)
		}
	})
	t.Run("WAC-EFF-01 read access for one other resident", func(t *testing.T) {
		wantStatus(t, bob.Do(t, "GET", note, ""), http.StatusForbidden)
		wantStatus(t, alice.Do(t, "PUT", aclOf(t, alice, note), readACL(alice, bob, note), "Content-Type", turtle), http.StatusCreated)
		read := bob.Do(t, "GET", note, "")
		wantStatus(t, read, http.StatusOK)
		wantContains(t, "WAC-Allow", read.Header.Get("WAC-Allow"), `user="read"`)
		for _, write := range []struct{ method, body, mediaType string }{
			{"PUT", body, turtle}, {"PATCH", titlePatch("Hello, world", "x"), n3}, {"DELETE", "", turtle},
		} {
			wantStatus(t, bob.Do(t, write.method, note, write.body, "Content-Type", write.mediaType), http.StatusForbidden)
		}
		wantStatus(t, bob.Do(t, "GET", aclOf(t, alice, note), ""), http.StatusForbidden)
		stranger := harness.Anonymous(t, "GET", note, "")
		wantStatus(t, stranger, http.StatusUnauthorized)
		wantContains(t, "WWW-Authenticate", stranger.Header.Get("WWW-Authenticate"), "DPoP")
		wantContains(t, "the document", alice.Do(t, "GET", note, "").Body, `"Hello, world"`)
	})
	t.Run("everything is there after kill -9", func(t *testing.T) {
		before := alice.Do(t, "GET", picture, "")
		server.Kill()
		server.Restart()
		again, err := solid.Login(t.Context(), server.BaseURL, alice.Credentials)
		if err != nil {
			t.Fatal(err)
		}
		read := harness.Send(t, again.Client(), "GET", note, http.NoBody)
		wantStatus(t, read, http.StatusOK)
		wantContains(t, "the document", read.Body, `"Hello, world"`)
		if after := harness.Send(t, again.Client(), "GET", picture, http.NoBody); after.Body != before.Body || after.Header.Get("ETag") != before.Header.Get("ETag") {
			t.Error("the picture or its ETag is another one")
		}
		wantStatus(t, bob.Do(t, "GET", note, ""), http.StatusOK) // with the token from before
		wantStatus(t, bob.Do(t, "PUT", note, body, "Content-Type", turtle), http.StatusForbidden)
		if _, err := solid.SignIn(t.Context(), server.BaseURL, alice.Email, harness.Password); err != nil {
			t.Error(err)
		}
	})
	t.Run("SP-DEL-01 a document goes with its ACL", func(t *testing.T) {
		acl := aclOf(t, alice, note)
		wantStatus(t, alice.Do(t, "DELETE", root+"notes/", ""), http.StatusConflict)
		wantStatus(t, alice.Do(t, "DELETE", note, ""), http.StatusOK, http.StatusNoContent)
		wantStatus(t, alice.Do(t, "GET", note, ""), http.StatusNotFound)
		wantStatus(t, alice.Do(t, "GET", acl, ""), http.StatusNotFound)
		wantStatus(t, alice.Do(t, "DELETE", root+"notes/", ""), http.StatusOK, http.StatusNoContent)
	})
	t.Run("withdrawn credentials get no token", func(t *testing.T) {
		if err := alice.Account.DeleteCredentials(t.Context(), alice.Credentials); err != nil {
			t.Fatal(err)
		}
		if _, err := solid.Login(t.Context(), server.BaseURL, alice.Credentials); err == nil {
			t.Error("they did")
		}
	})
}

func titlePatch(from, to string) string {
	return fmt.Sprintf(`@prefix solid: <http://www.w3.org/ns/solid/terms#>.
@prefix dct: <http://purl.org/dc/terms/>.
_:change a solid:InsertDeletePatch;
  solid:where { ?note dct:title %q. };
  solid:deletes { ?note dct:title %q. };
  solid:inserts { ?note dct:title %q. }.`, from, from, to)
}

// readACL gives owner everything and reader read access to one resource.
func readACL(owner, reader harness.Resident, resource string) string {
	return fmt.Sprintf(`@prefix acl: <http://www.w3.org/ns/auth/acl#>.
<#owner> a acl:Authorization; acl:agent <%s>; acl:accessTo <%s>; acl:mode acl:Read, acl:Write, acl:Control.
<#reader> a acl:Authorization; acl:agent <%s>; acl:accessTo <%[2]s>; acl:mode acl:Read.`,
		owner.Pod.WebID, resource, reader.Pod.WebID)
}

// aclOf finds the ACL resource of a resource as clients do, by its Link header.
func aclOf(t *testing.T, resident harness.Resident, resource string) string {
	t.Helper()
	head := resident.Do(t, "HEAD", resource, "")
	wantStatus(t, head, http.StatusOK)
	for _, value := range head.Header.Values("Link") {
		for link := range strings.SplitSeq(value, ",") {
			target, parameters, found := strings.Cut(strings.TrimSpace(link), ";")
			if !found || !strings.Contains(parameters, `rel="acl"`) {
				continue
			}
			reference, err := head.URL.Parse(strings.Trim(target, "<>"))
			if err != nil {
				t.Fatal(err)
			}
			return reference.String()
		}
	}
	t.Fatalf("%s links no ACL: %q", resource, head.Header.Values("Link"))
	return ""
}

// randomBytes returns bytes that do not compress, the same at each run.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}
