package ldp

import (
	"fmt"
	"math"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

const (
	// aclChanges has who changed which ACL, by [auditKey].
	aclChanges rdfstore.Bucket[ACLChange] = "acl-changes"
	auditTime                             = 365 * 24 * time.Hour
	// maxChanges is how many an explanation tells, the latest first.
	maxChanges = 10
)

// ACLChange is that somebody changed the access rules of a resource
// (WAC-RESP-03). It is kept for a year, by the server and for whoever has
// Control: logs hold no names.
type ACLChange struct {
	At     time.Time `json:"at"`
	Agent  string    `json:"agent"`  // WebID; "" for the public
	Client string    `json:"client"` // with which app; "" when unknown
	What   string    `json:"what"`   // "created", "changed" or "deleted"
}

// auditKey begins with the resource; the latest change comes first.
func auditKey(subject resource.ID, revision uint64) string {
	return auditPrefix(subject) + fmt.Sprintf("%020d", math.MaxUint64-revision)
}

// auditPrefix ends in what no path has.
func auditPrefix(subject resource.ID) string { return subject.Storage() + "/" + subject.Path() + " " }

// audit notes a change of an ACL with the change itself.
func (s *session) audit(tx rdfstore.Tx, done outcome) error {
	if done.id.Aux() != resource.ACL || done.nothing {
		return nil
	}
	change := ACLChange{At: s.now.UTC(), Agent: s.agent.WebID, Client: s.agent.Client, What: "changed"}
	switch {
	case done.created:
		change.What = "created"
	case done.deleted:
		change.What = "deleted"
	}
	storage, err := s.Storage(done.id.Storage())
	if err != nil {
		return err
	}
	return aclChanges.Set(tx, auditKey(done.id.Subject(), storage.ACLs), change, s.now.Add(auditTime))
}

// changesOf returns the latest changes of the ACL of a resource.
func (s *session) changesOf(subject resource.ID) ([]ACLChange, error) {
	changes := []ACLChange{}
	for entry, err := range aclChanges.All(s, auditPrefix(subject)) {
		if err != nil || len(changes) == maxChanges {
			return changes, err
		}
		changes = append(changes, entry.Value)
	}
	return changes, nil
}
