package ldp

import (
	"net/http"

	"domicile/wac"
)

// options answers OPTIONS that is no preflight (SP-GET-04). Who may not read
// gets what every URL of its form gives, existing or not.
func (h *Handler) options(w http.ResponseWriter, q *request) error {
	header := w.Header()
	found := couldBe[urlShape(q.id)]
	err := h.view(q.Context(), q.agent, func(s *session) error {
		t, err := s.target(q.Context(), q.id)
		if err != nil || !t.decision.Allows(wac.Read) {
			return err
		}
		found = t.shape
		setAccess(header, t.decision)
		return s.setLinks(q.Context(), header, t)
	})
	if err != nil {
		return err
	}
	found.setMethods(header)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// couldBe is the shape with all that may apply to URLs of a form.
var couldBe = map[shape]shape{
	absentDocument:       rdfDocument,
	absentContainer:      container,
	storageRoot:          storageRoot,
	aclResource:          aclResource,
	rootACL:              rootACL,
	description:          description,
	containerDescription: containerDescription,
	storageDescription:   storageDescription,
}
