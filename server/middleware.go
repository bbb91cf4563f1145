package server

import (
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/felixge/httpsnoop"
)

// observed wraps next so that each request has one log record and one metric,
// and a panic costs one 500 and not the process. Paths and agents are personal
// data and are not logged (security.md 2.9 calls for ids only).
func observed(next http.Handler, area func(*http.Request) string, ops *operations, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		where := area(r)
		ops.inFlight.Inc()
		defer ops.inFlight.Dec()
		started := time.Now()
		metrics := httpsnoop.CaptureMetricsFn(w, func(w http.ResponseWriter) {
			defer func() {
				fault := recover()
				if fault == nil {
					return
				}
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				logger.Error("request panicked", "request", id, "panic", fault, "stack", string(debug.Stack()))
				http.Error(w, "Something went wrong here. It has been logged as "+id+".", http.StatusInternalServerError)
			}()
			w.Header().Set("X-Request-Id", id)
			next.ServeHTTP(w, r)
		})
		ops.observe(where, r.Method, metrics.Code, time.Since(started))
		logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("request", id), slog.String("area", where), slog.String("method", r.Method),
			slog.Int("status", metrics.Code), slog.Int64("bytes", metrics.Written),
			slog.Duration("elapsed", metrics.Duration))
	})
}

// clientAddress puts the client's address in RemoteAddr when the request came
// through a proxy that is trusted: the rightmost address of X-Forwarded-For
// that is not itself a trusted proxy. From anyone else the header is ignored.
func clientAddress(next http.Handler, trusted []netip.Prefix) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	isTrusted := func(host string) bool {
		address, err := netip.ParseAddr(host)
		if err != nil {
			return false
		}
		for _, prefix := range trusted {
			if prefix.Contains(address.Unmap()) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !isTrusted(host) {
			next.ServeHTTP(w, r)
			return
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop := strings.TrimSpace(hops[i])
			if _, err := netip.ParseAddr(hop); err != nil {
				break
			}
			host = hop
			if !isTrusted(hop) {
				break
			}
		}
		r = r.Clone(r.Context())
		r.RemoteAddr = net.JoinHostPort(host, "0")
		next.ServeHTTP(w, r)
	})
}
