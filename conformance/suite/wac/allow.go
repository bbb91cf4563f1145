package wac

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"domicile/conformance/suite"
)

// allow are about the WAC-Allow header.
var allow = []suite.Case{
	suite.Must("WAC-ALLOW-01", "GET and HEAD say what the agent and the public may do", func(t *suite.T) {
		doc := document(t, "c/doc")
		for _, url := range []string{doc, t.URL("c/")} {
			t.SetACL(url, may(agent(t.Bob), "Read", url))
			wantAllow(t.Bob.Get(url).Want(http.StatusOK), "read", "")
			wantAllow(t.Bob.Head(url).Want(http.StatusOK), "read", "")
		}
	}),
	suite.Must("WAC-ALLOW-02", "the agent may do what the public may", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(everybody, "Read", doc), may(agent(t.Bob), "Append", doc))
		wantAllow(t.Nobody.Get(doc), "read", "read")
		wantAllow(t.Bob.Get(doc), "read append", "read")
	}),
	suite.Must("WAC-ALLOW-03", "it says exactly what is granted, directly or by inheritance", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		for _, modes := range []string{"Read", "Read Append", "Read Write", "Read Control", "Read Append Write Control"} {
			want := strings.ToLower(modes)
			if strings.Contains(want, "write") && !strings.Contains(want, "append") {
				want += " append"
			}
			t.SetACL(container, mayBelow(agent(t.Bob), modes, container))
			wantAllow(t.Bob.Get(doc), want, "")
			t.SetACL(container, mayBelow(everybody, modes, container))
			wantAllow(t.Nobody.Get(doc), want, want)
			t.SetACL(doc, may(agent(t.Bob), modes, doc))
			wantAllow(t.Bob.Get(doc), want, "")
			t.Alice.Delete(t.Alice.Head(doc).WantLink("acl")).WantSuccess()
		}
	}),
	suite.Must("WAC-ALLOW-03", "the owner reads, writes and controls", func(t *suite.T) {
		wantAllow(t.Alice.Get(document(t, "doc")), "read append write control", "")
	}),
	suite.Must("WAC-ALLOW-04", "scripts of other origins may read it", func(t *suite.T) {
		t.Alice.Get(document(t, "doc"), suite.Origin("https://app.example")).Want(http.StatusOK).
			WantListed("Access-Control-Expose-Headers", "WAC-Allow")
	}),
	suite.Should("WAC-ALLOW-05", "of an ACL it says what Control lets do", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Control", doc))
		answer := t.Bob.Get(t.Alice.Head(doc).WantLink("acl")).Want(http.StatusOK)
		if user := allowed(answer)["user"]; !slices.Contains(user, "control") || !slices.Contains(user, "read") && len(user) > 1 {
			answer.Failf("WAC-Allow is %q to somebody who has Control", answer.List("WAC-Allow"))
		}
	}),
}

var accessParameter = regexp.MustCompile(`^\s*([A-Za-z]+)\s*=\s*"\s*([a-z ]*?)\s*"\s*$`)

// allowed reads WAC-Allow: modes by group.
func allowed(answer *suite.Answer) map[string][]string {
	groups := map[string][]string{}
	for _, text := range strings.Split(answer.WantHeader("WAC-Allow"), ",") {
		found := accessParameter.FindStringSubmatch(text)
		if found == nil {
			answer.Failf("WAC-Allow is %q, which is not of the grammar", answer.List("WAC-Allow"))
		}
		groups[found[1]] = strings.Fields(found[2])
	}
	return groups
}

// wantAllow wants exactly these modes. A server need not say append where it
// says write, nor that a group has nothing.
func wantAllow(answer *suite.Answer, user, public string) {
	groups := allowed(answer)
	for group, want := range map[string]string{"user": user, "public": public} {
		if implied(groups[group]) != implied(strings.Fields(want)) {
			answer.Failf("WAC-Allow is %q, want %s=%q", answer.List("WAC-Allow"), group, want)
		}
	}
}

func implied(modes []string) string {
	modes = slices.Clone(modes)
	if slices.Contains(modes, "write") {
		modes = append(modes, "append")
	}
	slices.Sort(modes)
	return strings.Join(slices.Compact(modes), " ")
}
