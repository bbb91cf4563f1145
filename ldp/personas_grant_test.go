package ldp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
	"domicile/wac/wactest"
)

// grantText is a grant as the text has it: modes by the URL of what they
// are for, a container's for all that is below it too.
type grantText map[string][]string

// leaves is the text of what a grant leaves on a target.
func (g grantText) leaves(target string) map[string]bool {
	left := map[string]bool{}
	for about, modes := range g {
		if about == target || strings.HasSuffix(about, "/") && strings.HasPrefix(target, about) {
			for _, mode := range modes {
				left[mode] = true
			}
		}
	}
	if left["Write"] {
		left["Append"] = true
	}
	return left
}

// underGrant is the sentence itself.
func underGrant(public, agent, grant map[string]bool) map[string]bool {
	modes := map[string]bool{}
	for _, mode := range modeNames {
		modes[mode] = public[mode] || agent[mode] && grant[mode]
	}
	return modes
}

type grantCase struct {
	name  string
	text  grantText
	grant wac.Grant
}

// grantCases are nothing, everything, what has ended, and parts with every set
// of modes: at the container, at a document, at one to be, and elsewhere.
func grantCases(t *testing.T, space *resource.Space) []grantCase {
	everything := grantText{root: modeNames}
	ended := time.Now().Add(-time.Second)
	cases := []grantCase{
		{"nothing", grantText{}, wac.Grant{}},
		{"everything", everything, wac.Grant{Everything: true}},
		{"everything, ended", grantText{}, wac.Grant{Everything: true, Until: ended}},
		{"everything, not ended", everything, wac.Grant{Everything: true, Until: time.Now().Add(time.Hour)}},
	}
	for _, path := range []string{"c/", "c/r", "c/new", "d/"} {
		id, err := space.ParseIRI(root + path)
		if err != nil {
			t.Fatal(err)
		}
		for set := 1; set < 1<<len(modeNames); set++ {
			modes := modesOf(set)
			cases = append(cases, grantCase{
				name:  "at " + path + " " + strings.Join(modes, "+"),
				text:  grantText{root + path: modes},
				grant: wac.Grant{Scopes: []wac.Scope{{Resource: id, Modes: wac.Modes(set)}}},
			})
		}
	}
	return cases
}

// TestPersonasUnderGrants compares what the handler answers to everybody who
// acts through an app of every grant with the text: Modes = public modes ∪
// (agent's modes ∩ grant). And no grant gives what is refused without one.
//
// Worlds and grants are too many to have all pairs; a stride that shares no
// factor with their numbers meets every grant with many worlds.
func TestPersonasUnderGrants(t *testing.T) {
	space, err := resource.NewSpace(base, false)
	if err != nil {
		t.Fatal(err)
	}
	grants := grantCases(t, space)
	const stride = 499
	sets := 1 << len(modeNames)
	for pair := 0; pair < len(rulesFor)*len(placements)*sets*len(grants); pair += stride {
		rest, grant := pair/len(grants), grants[pair%len(grants)]
		rest, set := rest/sets, rest%sets
		who, place := rulesFor[rest/len(placements)], placements[rest%len(placements)]
		t.Run(who.name+"/"+place.name+"/"+strings.Join(modesOf(set), "+")+"/"+grant.name, func(t *testing.T) {
			t.Parallel()
			checkUnderGrant(t, authorizationOf(who.text, modesOf(set)), place.acls, who.strict, grant)
		})
	}
}

func checkUnderGrant(t *testing.T, authorization string, placed map[string]string, strict bool, granted grantCase) {
	standing, world := newWorld(t, authorization, placed, strict)
	fresh := func(grant *wac.Grant) *pod {
		return newUnserved(t, standing, func(c *ldp.Config) {
			c.StrictOrigin = strict
			c.Grant = func(_ rdfstore.StateReader, agent wac.Agent) (*wac.Grant, error) {
				if agent.IsPublic() {
					return nil, nil
				}
				return grant, nil
			}
		})
	}
	narrowed, free := fresh(&granted.grant), fresh(nil)
	for _, asker := range askers {
		modes := func(path string) map[string]bool {
			target := root + path
			return underGrant(world.Modes(target, wactest.Request{}), world.Modes(target, asker.Request), granted.text.leaves(target))
		}
		for _, ask := range asks {
			answer := narrowed.ask(asker.Request, ask)
			wanted := statusOf(asker.Request, ask.name, permits(modes, ask.name), world.ACLs[root+"c/r"] != nil)
			if answer.Code != wanted {
				t.Errorf("%s %s of %s: status %d, want %d", asker.name, ask.name, ask.path, answer.Code, wanted)
			}
			if !refused(answer.Code) {
				status := free.ask(asker.Request, ask).Code
				if refused(status) {
					t.Errorf("%s %s of %s: the grant gives what is refused without it", asker.name, ask.name, ask.path)
				}
				if ask.method != "GET" {
					narrowed.close()
					free.close()
					narrowed, free = fresh(&granted.grant), fresh(nil)
				}
			}
			if answer.Code == http.StatusOK && !strings.HasSuffix(ask.path, ".acl") {
				wanted := wacAllowOf(modes(ask.path), world.Modes(root+ask.path, wactest.Request{}))
				if got := answer.Header().Get("WAC-Allow"); got != wanted {
					t.Errorf("%s %s of %s: WAC-Allow %s, want %s", asker.name, ask.name, ask.path, got, wanted)
				}
			}
		}
	}
	narrowed.close()
	free.close()
}

func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// wacAllowOf is the field in the order that the handler has.
func wacAllowOf(user, public map[string]bool) string {
	list := func(modes map[string]bool) string {
		var names []string
		for _, mode := range []string{"Read", "Write", "Append", "Control"} {
			if modes[mode] {
				names = append(names, strings.ToLower(mode))
			}
		}
		return strings.Join(names, " ")
	}
	return `user="` + list(user) + `",public="` + list(public) + `"`
}
