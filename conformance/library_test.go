package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

const (
	schemaOrg = "http://schema.org/"
	lent      = `{"id": "4711", "title": "Momo", "isbn": "9783522202107", "borrowed": "2026-11-02", "due": "2026-11-30"}`
	returned  = `{"id": "4711", "title": "Momo", "isbn": "9783522202107", "borrowed": "2026-11-02", "due": "2026-11-30", "returned": "2026-11-20"}`
)

// TestLibrary: a library's service deposits loans in a resident's pod while she
// lets it, in the one place that she opened, and stops when she has ended that.
func TestLibrary(t *testing.T) {
	server := program.Start(t)
	alice, city := server.SignUp(t, "alice"), server.SignUp(t, "library")
	loans := alice.Pod.URL + "library/loans/"
	resource := loans + "loan-4711"
	access := solid.Access{
		Parts: []solid.Part{{Location: loans, Actions: []string{"read", "edit"}}}, Until: time.Now().Add(time.Hour),
	}
	over := func(t *testing.T, desk *desk) {
		t.Helper()
		code, problem := desk.end()
		if code != 3 {
			t.Errorf("exit code %d\n%s", code, problem)
		}
		wantContains(t, "the message", problem, "the resident's consent has ended, or was not given. Nothing more is sent.")
	}
	t.Run("under its own WebID", func(t *testing.T) {
		early := openDesk(t, server, city.Credentials, loans)
		early.send(lent)
		over(t, early)

		share, err := alice.Account.Share(t.Context(), city.Pod.WebID, "City Library", access)
		ok(t, err)
		desk := openDesk(t, server, city.Credentials, loans)
		desk.send(lent)
		desk.want("deposited " + resource)
		read := alice.Do(t, "GET", resource, "")
		wantStatus(t, read, http.StatusOK)
		wantContains(t, "the loan", read.Body, "BorrowAction", `"Momo"`, `"2026-11-30"`, "ActiveActionStatus", city.Pod.WebID)
		mine := fmt.Sprintf(`@prefix solid: <http://www.w3.org/ns/solid/terms#>. <> a solid:InsertDeletePatch; solid:inserts { <#book> <%scomment> "Read twice". }.`, schemaOrg)
		wantStatus(t, alice.Do(t, "PATCH", resource, mine, "Content-Type", n3), http.StatusNoContent, http.StatusOK)

		desk.send(returned)
		desk.want("deposited " + resource)
		desk.send(returned)
		desk.want("unchanged " + resource)
		read = alice.Do(t, "GET", resource, "")
		wantContains(t, "the loan", read.Body, "CompletedActionStatus", `"2026-11-20"`, "Read twice")
		if strings.Contains(read.Body, "2026-11-30") {
			t.Errorf("what it was due before is still there:\n%s", read.Body)
		}

		ok(t, alice.Account.EndShare(t.Context(), share))
		desk.send(lent)
		over(t, desk)
		wantContains(t, "the loan", alice.Do(t, "GET", resource, "").Body, "2026-11-20")
	})
	t.Run("with a grant of the resident's own", func(t *testing.T) {
		loans := alice.Pod.URL + "from/the/library/" // that is not there yet
		resource := loans + "loan-4711"
		access := access
		access.Parts = []solid.Part{{Location: loans, Actions: []string{"read", "edit"}}}
		credentials, err := alice.Account.CreateLimitedCredentials(t.Context(), "City Library", alice.Pod.WebID, access)
		ok(t, err)
		desk := openDesk(t, server, credentials, loans)
		desk.send(lent)
		desk.want("deposited " + resource)
		grants, err := alice.Account.Grants(t.Context())
		ok(t, err)
		for _, g := range grants {
			if g.Client.ID == credentials.ID {
				ok(t, alice.Account.Withdraw(t.Context(), g))
			}
		}
		desk.send(returned)
		over(t, desk)
		again := openDesk(t, server, credentials, loans)
		over(t, again)
	})
	t.Run("wrong use and wrong loans", func(t *testing.T) {
		if code, _, problem := library.Run(t); code != 2 || !strings.Contains(problem, "--container") {
			t.Errorf("without arguments: exit code %d\n%s", code, problem)
		}
		desk := openDesk(t, server, city.Credentials, loans)
		desk.send(`{"id": "1", "title": "Momo", "borrowed": "yesterday", "due": "2026-11-30"}`)
		if code, problem := desk.end(); code != 1 || !strings.Contains(problem, "line 1") || !strings.Contains(problem, "yesterday") {
			t.Errorf("exit code %d\n%s", code, problem)
		}
	})
}

// desk is the library's service as it runs.
type desk struct {
	t       *testing.T
	process *exec.Cmd
	loans   io.WriteCloser
	answers *bufio.Reader
	problem bytes.Buffer
}

func openDesk(t *testing.T, server *harness.Server, credentials solid.Credentials, container string) *desk {
	t.Helper()
	d := &desk{t: t, process: exec.CommandContext(t.Context(), library.Path(t), "--issuer", server.IdentityURL, "--container", container)}
	d.process.Env = []string{"LIBRARY_ID=" + credentials.ID, "LIBRARY_SECRET=" + credentials.Secret}
	d.process.Stderr = &d.problem
	var err error
	d.loans, err = d.process.StdinPipe()
	ok(t, err)
	answers, err := d.process.StdoutPipe()
	ok(t, err)
	d.answers = bufio.NewReader(answers)
	ok(t, d.process.Start())
	return d
}

// send hands in a loan; the service may have ended by then.
func (d *desk) send(line string) { _, _ = io.WriteString(d.loans, line+"\n") }

func (d *desk) want(line string) {
	d.t.Helper()
	if got, err := d.answers.ReadString('\n'); got != line+"\n" {
		d.loans.Close()
		_ = d.process.Wait()
		d.t.Fatalf("it said %q, %v, want %q\n%s", got, err, line, d.problem.String())
	}
}

// end waits for the service to end by itself.
func (d *desk) end() (code int, problem string) {
	_, _ = io.Copy(io.Discard, d.answers)
	_ = d.process.Wait()
	return d.process.ProcessState.ExitCode(), d.problem.String()
}
