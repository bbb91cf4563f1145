package harness

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"domicile/clients/solid"
)

// Password is the password of every account that the harness makes.
const Password = "correct horse battery"

// Resident is a person with an account, a pod and a program that acts for her.
type Resident struct {
	Email       string
	Account     *solid.Account
	Pod         solid.Pod
	Credentials solid.Credentials
	Session     *solid.Session
}

// SignUp makes an account, a pod of the given name and client credentials, and
// logs in with them.
func (s *Server) SignUp(t testing.TB, name string) Resident {
	t.Helper()
	return SignUp(t, s.IdentityURL, name)
}

// SignUp is [Server.SignUp] at any server with the account API.
func SignUp(t testing.TB, server, name string) Resident {
	t.Helper()
	ctx := t.Context()
	resident := Resident{Email: name + "@example.org"}
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	resident.Account, err = solid.SignUp(ctx, server, resident.Email, Password)
	check()
	resident.Pod, err = resident.Account.CreatePod(ctx, name)
	check()
	resident.Credentials, err = resident.Account.CreateCredentials(ctx, "test", resident.Pod.WebID)
	check()
	resident.Session, err = solid.Login(ctx, server, resident.Credentials)
	check()
	return resident
}

// Do sends a request in the resident's name.
func (r Resident) Do(t testing.TB, method, url, body string, header ...string) Answer {
	t.Helper()
	return Send(t, r.Session.Client(), method, url, strings.NewReader(body), header...)
}

// transport is shared so that its connections are.
var transport = solid.NewTransport()

// Publish makes a container that everybody may read with all below it.
func (r Resident) Publish(t testing.TB, container string) {
	t.Helper()
	rules := fmt.Sprintf(`@prefix acl: <http://www.w3.org/ns/auth/acl#>.
		<#o> a acl:Authorization; acl:agent <%s>; acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Write, acl:Control.
		<#p> a acl:Authorization; acl:agentClass <http://xmlns.com/foaf/0.1/Agent>; acl:accessTo <./>; acl:default <./>; acl:mode acl:Read.`,
		r.Pod.WebID)
	for _, made := range [][2]string{{container, ""}, {container + ".acl", rules}} {
		if answer := r.Do(t, "PUT", made[0], made[1], "Content-Type", "text/turtle"); answer.Status/100 != 2 {
			t.Fatalf("PUT %s: %d\n%s", made[0], answer.Status, answer.Body)
		}
	}
}

// Anonymous sends a request in nobody's name.
func Anonymous(t testing.TB, method, url, body string, header ...string) Answer {
	t.Helper()
	return Send(t, &http.Client{Transport: transport}, method, url, strings.NewReader(body), header...)
}

// Answer is an answer whose body has been read.
type Answer struct {
	URL    *url.URL // of the request that got it, redirects followed
	Status int
	Header http.Header
	Body   string
}

// Send sends a request; header is a list of names and values by turns. An
// answer of any status is an answer; the test ends when there is none.
func Send(t testing.TB, client *http.Client, method, url string, body io.Reader, header ...string) Answer {
	t.Helper()
	answer, err := TrySend(t, client, method, url, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TrySend is Send for requests that may get no answer.
func TrySend(t testing.TB, client *http.Client, method, url string, body io.Reader, header ...string) (Answer, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{URL: response.Request.URL, Status: response.StatusCode, Header: response.Header, Body: string(read)}, nil
}
