package ldp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"domicile/rdfstore/resource"
)

// ruleEffect explains which authorizations count.
const ruleEffect = wacSpec + "authorization-evaluation-context"

// maxAdvice is how many authorizations one answer warns of.
const maxAdvice = 20

// advice is what the author of an ACL is told beside success: an authorization
// that has no effect where it is, most often because its acl:accessTo names
// something else (docs/decisions/0010).
type advice struct {
	Type          string `json:"type"`
	Title         string `json:"title"`
	Detail        string `json:"detail"`
	Authorization string `json:"authorization"`
}

// adviceOn looks at the ACL that was written, nil when there is nothing to say.
func (s *session) adviceOn(ctx context.Context, id resource.ID) ([]advice, error) {
	if id.Aux() != resource.ACL {
		return nil, nil
	}
	acl, err := s.ownACL(ctx, id.Subject())
	if err != nil || acl == nil {
		return nil, err
	}
	var all []advice
	for _, verdict := range acl.Idle(id.Subject()) {
		if len(all) == maxAdvice {
			break
		}
		var texts []string
		for _, reason := range verdict.Reasons {
			texts = append(texts, reason.Text())
		}
		all = append(all, advice{
			Type: ruleEffect, Title: "An authorization has no effect", Authorization: verdict.Name,
			Detail: fmt.Sprintf("This is the ACL of <%s>. The authorization does not count: %s.", s.space.URL(id.Subject()), strings.Join(texts, "; ")),
		})
	}
	return all, nil
}

// sendAdvice writes the answer to a write that succeeded.
func sendAdvice(w http.ResponseWriter, status int, all []advice) {
	if len(all) == 0 {
		w.WriteHeader(status)
		return
	}
	if status == http.StatusNoContent {
		status = http.StatusOK
	}
	header := w.Header()
	header.Add("Link", link(ruleEffect, "help"))
	header.Set("Content-Type", "application/json")
	setUntrusted(header)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"warnings": all}) // fails when the client is gone
}
