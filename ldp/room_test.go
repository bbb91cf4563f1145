package ldp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
)

// setQuota leaves room for so many bytes more.
func (p *pod) setQuota(holder rdfstore.Holder, left int64) {
	p.t.Helper()
	err := p.store.Update(p.t.Context(), func(tx rdfstore.Tx) error {
		usage, err := tx.Usage(holder)
		if err != nil {
			return err
		}
		return tx.SetQuota(holder, usage.Bytes+left)
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

var (
	ofStorage = rdfstore.Holder{Name: "alice"}
	ofAccount = rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "1"}
)

func TestQuota(t *testing.T) {
	p := newPod(t, []given{{path: "kept.txt", mediaType: text, body: strings.Repeat("k", 100)}})
	triples := func(n int) string { return strings.Repeat("<#a> <#b> <#c> .\n", n) }
	p.setQuota(ofStorage, 50)
	for _, c := range []struct {
		name, method, path, mediaType, body string
		fields                              fields
		asked                               int // 0: whatever it is
	}{
		{"a new resource", "PUT", "/alice/new.txt", text, strings.Repeat("x", 51), nil, 51},
		{"a larger one", "PUT", "/alice/kept.txt", text, strings.Repeat("x", 151), nil, 51},
		{"a member", "POST", "/alice/", text, strings.Repeat("x", 51), nil, 51},
		{"a document", "PUT", "/alice/new.ttl", ttl, triples(3), nil, len(triples(3))},
		{"an ACL", "PUT", "/alice/kept.txt.acl", ttl, acl(root+"kept.txt", rule{agent: alice, modes: "Read, acl:Write, acl:Control", here: true}), nil, 0},
		{"a container's description", "PUT", "/alice/made/", ttl, triples(1) + "<> <http://purl.org/dc/terms/title> " + `"` + strings.Repeat("x", 60) + `" .`, nil, 0},
		{"a container by POST", "POST", "/alice/", ttl, "<> <http://purl.org/dc/terms/title> " + `"` + strings.Repeat("x", 60) + `" .`,
			fields{"Link": `<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"`}, 0},
		{"a patch", "PATCH", "/alice/patched.ttl", n3, `@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; solid:inserts { <#a> <#b> "` + strings.Repeat("x", 60) + `". }.`, nil, 0},
	} {
		t.Run("SP-HTTP-10 SP-HTTP-12 "+c.name, func(t *testing.T) {
			p.t = t
			a := p.write(alice, c.method, c.path, c.mediaType, c.body, c.fields).is(507).
				has(fields{"Content-Type": "application/problem+json", "Link": "constrainedBy"})
			var got struct {
				Asked, Left *int64
				Holder      string
			}
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Asked == nil || got.Left == nil {
				t.Fatalf("%v in %s", err, a.body)
			}
			if *got.Left != 50 || *got.Asked <= 50 || c.asked != 0 && *got.Asked != int64(c.asked) || got.Holder != "storage" {
				t.Errorf("asked %d, left %d, of the %s", *got.Asked, *got.Left, got.Holder)
			}
		})
	}
	p.t = t
	p.write(alice, "PUT", "/alice/new.txt", text, strings.Repeat("x", 50)).is(201)
	p.write(alice, "PUT", "/alice/kept.txt", text, strings.Repeat("y", 100)).is(204)
	p.write(alice, "PUT", "/alice/more.txt", text, "x").is(507)
	p.send(call{as: alice, method: "DELETE", path: "/alice/new.txt"}).is(204)
	p.write(alice, "PUT", "/alice/more.txt", text, strings.Repeat("x", 50)).is(201)

	p.setQuota(ofStorage, 1000)
	p.setQuota(ofAccount, 10)
	p.write(alice, "POST", "/alice/", text, strings.Repeat("x", 11)).is(507).holds(`"asked":11`, `"left":10`, `"holder":"account"`)
}

// Content that cannot fit is refused before it comes, or while it comes when
// its length is not announced; who may not write is not told.
func TestQuotaBeforeContent(t *testing.T) {
	p := newPod(t, []given{{path: "kept.txt", mediaType: text, body: strings.Repeat("k", 100)}})
	p.setQuota(ofStorage, 50)
	send := func(as, path string, length int64) (status int, read int64, answer string) {
		t.Helper()
		content := &endless{}
		req, err := http.NewRequestWithContext(t.Context(), "PUT", base+"alice/"+path, content)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		if length >= 0 {
			req.Header.Set("Expect", "100-continue")
		}
		req.Header.Set("Content-Type", text)
		req.Header.Set(agentHeader, as)
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, content.read.Load(), string(body)
	}
	t.Run("SP-HTTP-15 announced", func(t *testing.T) {
		for path, length := range map[string]int64{"new.txt": 51, "kept.txt": 151} {
			if status, read, body := send(alice, path, length); status != 507 || read != 0 || !strings.Contains(body, `"asked":51,"left":50`) {
				t.Errorf("%s: %d after %d bytes: %s", path, status, read, body)
			}
		}
	})
	t.Run("SP-HTTP-15 of unknown length", func(t *testing.T) {
		for path, asked := range map[string]int{"new.txt": 51, "kept.txt": 51} {
			status, _, body := send(alice, path, -1)
			if status != 507 || !strings.Contains(body, fmt.Sprintf(`"asked":%d,"left":50`, asked)) {
				t.Errorf("%s: %d: %s", path, status, body)
			}
		}
	})
	t.Run("WAC-RESP-01 who may not write", func(t *testing.T) {
		if status, read, body := send(bob, "new.txt", 1000); status != 403 || read != 0 || strings.Contains(body, "quota") {
			t.Errorf("%d after %d bytes: %s", status, read, body)
		}
	})
}

// endless is content that goes on and on, also while the answer is read.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read.Add(int64(len(p)))
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// The feed says what each request did, and who made it with which app.
func TestChangesNameTheirActor(t *testing.T) {
	p := newPod(t, nil)
	after := func() (revision uint64) {
		if err := p.store.View(t.Context(), func(r rdfstore.Reader) (err error) {
			revision, err = r.Revision()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return revision
	}()
	app := fields{"X-Test-Client": "https://app.example/id"}
	p.write(alice, "PUT", "/alice/new/doc.ttl", ttl, "<#a> <#b> <#c> .", app).is(201)
	p.write(alice, "PUT", "/alice/new/doc.ttl", ttl, "<#a> <#b> <#d> .").is(204)
	p.write(alice, "PUT", "/alice/new/doc.ttl", ttl, "nonsense").is(400)
	p.send(call{as: alice, method: "DELETE", path: "/alice/new/"}).is(409)
	p.send(call{as: alice, method: "DELETE", path: "/alice/new/doc.ttl", fields: app}).is(204)
	var got []string
	err := p.store.View(t.Context(), func(r rdfstore.Reader) error {
		for c, err := range r.Changes(after) {
			if err != nil {
				return err
			}
			if c.Agent != alice {
				return errors.New("made by " + c.Agent)
			}
			got = append(got, fmt.Sprint(c.Action, " ", c.ID, " ", c.Client))
		}
		return nil
	})
	want := []string{
		fmt.Sprint(rdfstore.Created, " alice:new/ https://app.example/id"),
		fmt.Sprint(rdfstore.Created, " alice:new/doc.ttl https://app.example/id"),
		fmt.Sprint(rdfstore.Updated, " alice:new/doc.ttl "),
		fmt.Sprint(rdfstore.Deleted, " alice:new/doc.ttl https://app.example/id"),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
