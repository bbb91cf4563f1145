package server

import (
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"domicile/ldp"
)

const (
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10
	maxStreams = 100 // of one HTTP/2 connection
)

// publicServer is what strangers reach: the routes behind everything that
// guards them. With a certificate it speaks HTTP/1.1 and HTTP/2 over TLS;
// without, HTTP/1.1 and, to proxies that know it does, HTTP/2 (h2c).
func (s *Server) publicServer() (*http.Server, error) {
	handler := &guard{
		next: s.routes(), pace: s.pace, gate: newGate(s.config.MaxRequests), lasts: s.lasts,
		streams: newTally(s.config.MaxConnections, s.config.TrustedProxy),
		area:    s.area, ops: s.ops, refuse: s.answerFault, logger: s.logger,
	}
	server := s.newHTTPServer(s.behindProxy(handler))
	if s.config.TLSCert == "" {
		server.Protocols.SetUnencryptedHTTP2(true)
		return server, nil
	}
	certificate, err := loadCertificate(s.config.TLSCert, s.config.TLSKey, certificateCheck, s.logger)
	if err != nil {
		return nil, err
	}
	server.Protocols.SetHTTP2(true)
	server.TLSConfig = &tls.Config{GetCertificate: certificate.get}
	return server, nil
}

func (s *Server) newHTTPServer(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: s.pace.header,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		Protocols:         new(http.Protocols),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ConnState:         newConnections(s.config.MaxConnections, s.config.TrustedProxy).track,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	server.Protocols.SetHTTP1(true)
	return server
}

// lasts reports whether a request is for a connection that lasts, for changes.
func (s *Server) lasts(r *http.Request) bool {
	return s.isNotices(r, nil) && s.notices.IsStream(r) || s.updates != nil && s.isUpdates(r, nil)
}

func serveOn(server *http.Server, listener net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}

// answerFault returns a handler that answers what no other handler did. In
// storages that is the storages' own way, CORS and all.
func (s *Server) answerFault(kind ldp.Kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.area(r) == areaStorage {
			s.storage.Refuse(w, r, kind)
			return
		}
		status := (&ldp.Error{Kind: kind}).Status()
		detail := "Too much is going on here. Try again in a few seconds."
		if kind == ldp.Internal {
			detail = "Something went wrong here. It has been logged as " + w.Header().Get("X-Request-Id") + "."
		}
		if strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html") {
			http.Error(w, detail, status)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
	}
}
