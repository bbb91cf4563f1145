package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"domicile/ldp"
)

const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10
	maxStreams = 100 // of one HTTP/2 connection
)

// publicServer is what strangers reach: the routes behind everything that
// guards them. With a certificate it speaks HTTP/1.1 and HTTP/2 over TLS;
// without, HTTP/1.1 and, to proxies that know it does, HTTP/2 (h2c).
func (s *Server) publicServer() (*http.Server, error) {
	routes := s.routes()
	bounded := atMost(s.config.MaxRequests, routes, s.answerFault(ldp.Unavailable))
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isNotices(r, nil) && s.notices.IsStream(r) {
			routes.ServeHTTP(w, r) // lasts, and is bounded by the channels that there may be
			return
		}
		bounded.ServeHTTP(w, r)
	}))
	handler = observed(handler, patience, s.area, s.ops, s.answerFault(ldp.Internal), s.logger)
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
		ReadHeaderTimeout: headerTime,
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
		http.Error(w, "Something went wrong here. It has been logged as "+w.Header().Get("X-Request-Id")+".", status)
	}
}
