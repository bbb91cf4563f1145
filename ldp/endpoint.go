package ldp

import (
	"context"
	"errors"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// Endpoint serves URLs beside the storages, on the base URL, with the manners
// of the storages: the same CORS, credentials, decisions and errors.
func (h *Handler) Endpoint(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shareWithOrigin(w.Header(), r)
		if isPreflight(r) {
			preflight(w, r)
			return
		}
		err := serve(w, r)
		if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Kind == Unauthenticated && refusal.Header == nil {
			err = h.unauthenticated(h.challenge(nil), refusal.Detail, refusal.Err)
		}
		if err != nil {
			h.fail(w, r, err)
		}
	})
}

// Agent tells who makes a request to an [Handler.Endpoint].
func (h *Handler) Agent(r *http.Request) (wac.Agent, error) {
	agent, err := h.authenticate(r, urlAsSent(r, h.space.BaseURL()))
	if err != nil {
		return wac.Agent{}, h.badCredentials(err)
	}
	return agent, nil
}

// AuthorizeRead refuses an agent that may not read id, as a GET would; whether
// something is there makes no difference. It returns the agent as it counts for
// id: with the web origin that r comes from.
func (h *Handler) AuthorizeRead(r *http.Request, agent wac.Agent, id resource.ID) (wac.Agent, error) {
	agent.Origin = h.foreignOrigin(r, id)
	err := h.view(r.Context(), agent, func(s *session) error {
		t, err := s.target(r.Context(), id)
		if err != nil {
			return err
		}
		return s.authorize(r.Context(), t, needs[opRead])
	})
	return agent, err
}

// Readable is whether an agent may read a resource.
type Readable struct {
	Now bool
	// Granted: at least its client's grant is not against it. It tells who lost
	// access with the resource from who was put out.
	Granted bool
	// Revision is the revision of the store that this is true of.
	Revision uint64
}

// Readable decides, long after a request, whether its agent may read id now.
func (h *Handler) Readable(ctx context.Context, agent wac.Agent, id resource.ID) (readable Readable, err error) {
	err = h.view(ctx, agent, func(s *session) error {
		if readable.Revision, err = s.Revision(); err != nil {
			return err
		}
		t, err := s.target(ctx, id)
		if errors.Is(err, rdfstore.ErrNotFound) {
			return nil // no such storage, or not any more
		}
		if err != nil {
			return err
		}
		readable.Now = t.decision.Allows(wac.Read)
		readable.Granted = s.narrow(wac.Decision{Agent: wac.Read}, id).Allows(wac.Read)
		return nil
	})
	return readable, err
}
