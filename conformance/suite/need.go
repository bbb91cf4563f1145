package suite

import "strings"

// Need is what a case cannot be tried without.
type Need struct {
	Name string
	// missing returns why it is not there, or "", and whether that is the
	// server's choice (not applicable) or for want of means of this run
	// (untested).
	missing func(*Target) (outcome Outcome, reason string)
}

// The needs of cases.
var (
	// SecondAgent is Bob, who is signed in and owns nothing of Alice's.
	SecondAgent = Need{"a second agent", func(t *Target) (Outcome, string) {
		return unless(t.Bob != nil, Untested, "the run was given one agent only")
	}}
	// OwnStorage is a storage that the run made, so that a server at fault may
	// lose it.
	OwnStorage = Need{"a storage made by the run", func(t *Target) (Outcome, string) {
		return unless(t.Made, Untested, "the storage was given: a server at fault would harm it")
	}}
	// Accounts is the account API of Community Solid Server.
	Accounts = Need{"an account API", func(t *Target) (Outcome, string) {
		return unless(t.Made, Untested, "the run was given its agents and makes no accounts")
	}}
	// WebAccessControl: the server's ACL resources are those of WAC.
	WebAccessControl = Need{"Web Access Control", func(t *Target) (Outcome, string) {
		return unless(t.WAC, Inapplicable, "the server does not use Web Access Control")
	}}
	// SPARQLUpdate: PATCH takes SPARQL Update.
	SPARQLUpdate = Need{"SPARQL Update", func(t *Target) (Outcome, string) {
		return unless(strings.Contains(t.AcceptPatch, sparqlUpdate), Inapplicable, "Accept-Patch does not name "+sparqlUpdate)
	}}
)

func unless(there bool, outcome Outcome, reason string) (Outcome, string) {
	if there {
		return outcome, ""
	}
	return outcome, reason
}
