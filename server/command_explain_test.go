package server

import (
	"strings"
	"testing"
)

// The operator is told the same while the server runs and while it does not.
func TestCommandExplain(t *testing.T) {
	const base = "http://localhost:3000/"
	data := t.TempDir()
	running(t, data)()
	if _, err := execute(t, data, "correct horse battery\n", "account create --pod alice alice@example.org"); err != nil {
		t.Fatal(err)
	}
	stop := func() {}
	for _, place := range []string{"stopped", "running"} {
		if place == "running" {
			stop = running(t, data)
		}
		t.Run(place, func(t *testing.T) {
			for line, wanted := range map[string][]string{
				"alice/profile/card": {base + "alice/profile/card\n", "profile/card\neveryone may read\ndecided", "decided by " + base + "alice/profile/card.acl\n",
					"#public counts: read\n", "#owner does not count: it is for agents that have signed in\n"},
				"alice/none --as " + base + "alice/profile/card#me": {"does not exist", "card#me may read, write, append, control\neveryone may do nothing\n",
					"the owner", "decided by " + base + "alice/.acl, which it inherits\n", "#owner counts"},
				"alice/ --as " + base + "alice/profile/card#me --client urn:app": {"card#me may do nothing\n", "the app was not granted read, write, append, control\n"},
				"alice/ --as https://bob.example/#me": {"#me may do nothing\n", "#owner does not count: it names other agents\n",
					"MEMBER", base + "alice/inbox/     append  -\n", base + "alice/profile/   -       -\n"},
				"alice/.well-known/solid": {"everyone may read\n", "whatever the ACLs say\n"},
			} {
				got, err := execute(t, data, "", "pod explain "+base+line)
				if err != nil {
					t.Errorf("%s: %v", line, err)
				}
				for _, text := range wanted {
					if !strings.Contains(got, text) {
						t.Errorf("%s: no %q in\n%s", line, text, got)
					}
				}
			}
			if _, err := execute(t, data, "", "pod explain https://elsewhere.example/alice/"); err == nil || !strings.Contains(err.Error(), "not in a storage") {
				t.Errorf("a resource elsewhere: %v", err)
			}
		})
	}
	stop()
}
