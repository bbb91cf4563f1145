package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"domicile/ldp/notify"
	"domicile/ldp/updatesvia"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// updatesPath is the socket of the older protocol of changes.
const updatesPath = notify.Prefix + updatesvia.Protocol

// updatesURL is what resources name in Updates-Via; "" when that is off.
func (s *Server) updatesURL() string {
	if s.config.UpdatesVia == "off" {
		return ""
	}
	return "ws" + strings.TrimPrefix(s.config.BaseURL, "http") + strings.TrimPrefix(updatesPath, "/")
}

// openUpdates makes the socket, unless it is off.
func (s *Server) openUpdates(ctx context.Context) (err error) {
	if s.config.UpdatesVia == "off" {
		return nil
	}
	s.updates, err = updatesvia.New(ctx, updatesvia.Config{
		Space: s.space, Store: s.store, Client: clientAt, Logger: s.logger,
		MayFollow: func(ctx context.Context, id resource.ID) (uint64, bool, error) {
			readable, err := s.storage.Readable(ctx, wac.Agent{}, id)
			return readable.Revision, readable.Now || readable.Granted && s.config.UpdatesVia == "all", err
		},
	})
	return err
}

// isUpdates reports whether a request is for the socket.
func (s *Server) isUpdates(r *http.Request, _ *mux.RouteMatch) bool {
	return r.URL.EscapedPath() == updatesPath && s.isNotices(r, nil)
}
