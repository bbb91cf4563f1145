package ldp_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore/resource"
)

// problem is an error body (RFC 9457).
func (a *answer) problem() map[string]any {
	a.t.Helper()
	a.has(fields{"Content-Type": "application/problem+json"})
	var members map[string]any
	if err := json.Unmarshal([]byte(a.body), &members); err != nil {
		a.t.Fatalf("%s %s: %v in %s", a.call.method, a.call.path, err, a.body)
	}
	return members
}

func TestProblems(t *testing.T) {
	p := newPod(t, []given{{"c/secret-name", ttl, note}})
	for name, c := range map[string]struct {
		call   call
		status int
	}{
		"400 path":  {call{as: alice, method: "GET", path: "/alice/%00"}, 400},
		"400 body":  {put("c/new-secret-name", ttl, "<> <#p> 'private words'. oops"), 400},
		"401":       {call{as: public, method: "GET", path: "/alice/c/secret-name"}, 401},
		"401 proof": {call{as: forged, method: "GET", path: "/alice/c/secret-name"}, 401},
		"403":       {call{as: stranger, method: "GET", path: "/alice/c/secret-name"}, 403},
		"404":       {call{as: alice, method: "GET", path: "/alice/c/other-secret-name"}, 404},
		"405":       {call{as: alice, method: "DELETE", path: "/alice/"}, 405},
		"406":       {call{as: alice, method: "GET", path: "/alice/c/secret-name", fields: fields{"Accept": "image/png"}}, 406},
		"409":       {deletion("c/"), 409},
		"412":       {put("c/secret-name", ttl, note, fields{"If-None-Match": "*"}), 412},
		"415":       {writing("PATCH", "c/secret-name", text, "private words"), 415},
		"422":       {writing("PATCH", "c/secret-name", n3, "<> a <#T>."), 422},
	} {
		t.Run("SP-HTTP-05 SP-HTTP-11 "+name, func(t *testing.T) {
			a := p.send(c.call).is(c.status)
			a.t = t
			a.has(fields{"Cache-Control": "no-cache", "Vary": "Authorization"})
			members := a.problem()
			for _, member := range []string{"type", "title", "status", "detail", "instance"} {
				if members[member] == nil || members[member] == "" {
					t.Errorf("no %s in %s", member, a.body)
				}
			}
			if members["status"] != float64(c.status) {
				t.Errorf("status %v in the body of a %d", members["status"], c.status)
			}
			a.omits("secret-name", "private words", alice, bob, stranger, "goroutine", ".go:")
		})
	}
	t.Run("SP-HTTP-11 each problem has an id of its own", func(t *testing.T) {
		one, two := p.get(public, "/alice/").problem(), p.get(public, "/alice/").problem()
		if one["instance"] == two["instance"] {
			t.Errorf("both have the id %v", one["instance"])
		}
	})
}

func TestUnauthenticated(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note}})
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
		for _, agent := range []string{public, forged} {
			t.Run("SP-HTTP-03 T01 "+method+" "+agent, func(t *testing.T) {
				p.write(agent, method, "/alice/c/", sparql, "INSERT DATA {}").is(401).has(fields{"WWW-Authenticate": "DPoP"})
			})
		}
	}
	t.Run("SP-HTTP-03 the challenge of forged credentials says so", func(t *testing.T) {
		p.get(forged, "/alice/c/").is(401).has(fields{"WWW-Authenticate": "invalid_token"})
		p.get(forged, "/alice/profile/card").is(401) // never taken for the public
	})
	t.Run("SP-HTTP-16 a cookie is no credential", func(t *testing.T) {
		p.send(call{public, "GET", "/alice/c/", fields{"Cookie": "css-account=x", "Origin": app}, ""}).is(401)
	})
	t.Run("SP-HTTP-15 refused before the body is read", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), "PUT", root+"c/big", strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", text)
		req.Header.Set("Expect", "100-continue")
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 401 {
			t.Errorf("status %s", resp.Status)
		}
	})
}

// unmarked is an answer without what differs by request: ids and dates.
func (a *answer) unmarked() (int, http.Header, map[string]any) {
	header := maps.Clone(a.header)
	for _, name := range []string{"Date", "X-Request-Id"} {
		delete(header, name)
	}
	body := map[string]any{}
	if a.body != "" {
		body = a.problem()
	}
	delete(body, "instance")
	return a.status, header, body
}

// Who may write and not read learns from the status that something was there,
// as she must, and nothing more.
func TestWritersLearnNoMore(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note}, aclOf("c/", all("Write"))})
	for _, c := range []struct {
		method, path string
		want         int
	}{{"PUT", "c/r", 204}, {"PUT", "c/new", 201}, {"POST", "c/", 201}} {
		t.Run("WAC-EXIST-04 "+c.method+" "+c.path, func(t *testing.T) {
			if a := p.write(bob, c.method, "/alice/"+c.path, ttl, "<#other> <#p> 1.").is(c.want); a.body != "" {
				t.Errorf("the answer holds %q", a.body)
			}
			p.get(bob, "/alice/"+c.path).is(403)
		})
	}
}

func TestExistenceHiding(t *testing.T) {
	standing := []given{{"c/docu", ttl, note}, {"c/pict", "image/png", "x"}, {"c/box/", "", ""}, {"c/full/x", text, "x"},
		{"c/docu.meta", ttl, "<docu> <#p> 1."}, aclOf("c/docu", rule{agent: alice, modes: "Read", here: true})}
	p := newPod(t, standing)
	// Each existing resource with an absent one whose name is as long.
	for existing, absent := range map[string]string{"c/docu": "c/none", "c/pict": "c/none", "c/box/": "c/non/", "c/full/": "c/none/",
		"c/docu.acl": "c/none.acl", "c/docu.meta": "c/none.meta", "c/docu/x": "c/none/x", "c/docu/": "c/none/", "c/box": "c/non"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
			for _, agent := range []string{public, stranger} {
				t.Run("WAC-EXIST-02 SP-SEC-01 "+method+" "+existing+" "+agent, func(t *testing.T) {
					mediaType := map[string]string{"PATCH": n3, "PUT": ttl, "POST": ttl}[method]
					one := p.write(agent, method, "/alice/"+existing, mediaType, "", fields{"If-Match": `"x"`})
					other := p.write(agent, method, "/alice/"+absent, mediaType, "", fields{"If-Match": `"x"`})
					one.t, other.t = t, t
					status, header, body := one.unmarked()
					otherStatus, otherHeader, otherBody := other.unmarked()
					for name, values := range otherHeader { // links name the resource
						for i := range values {
							values[i] = strings.ReplaceAll(values[i], root+subjectOf(absent), root+subjectOf(existing))
						}
						otherHeader[name] = values
					}
					if status != otherStatus || status != 401 && status != 403 {
						t.Fatalf("existing %d, absent %d", status, otherStatus)
					}
					if !maps.EqualFunc(header, otherHeader, slices.Equal[[]string]) {
						t.Errorf("existing %v\nabsent   %v", header, otherHeader)
					}
					if !reflect.DeepEqual(body, otherBody) {
						t.Errorf("existing %v\nabsent   %v", body, otherBody)
					}
				})
			}
		}
	}
}

func subjectOf(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, ".acl"), ".meta")
}

func TestReadGraph(t *testing.T) {
	p := newPod(t, []given{{"private", ttl, note}, {"plain", text, "x"}})
	read := func(path string) (int, error) {
		id, err := p.space.ParseIRI(root + path)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := p.handler.ReadGraph(t.Context(), id)
		if err != nil {
			return 0, err
		}
		return graph.Len(), nil
	}
	if n, err := read("private"); n != 2 || err != nil {
		t.Errorf("whatever the ACL says: %d triples, %v", n, err)
	}
	if n, err := read("plain"); n != 0 || err != nil {
		t.Errorf("text says nothing: %d triples, %v", n, err)
	}
	if _, err := read("absent"); err == nil {
		t.Error("nothing is no graph")
	}
	if _, err := p.handler.ReadGraph(t.Context(), resource.Root("nobody")); err == nil {
		t.Error("no storage has no graph")
	}
}
