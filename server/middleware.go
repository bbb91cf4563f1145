package server

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// observed wraps next so that each request has one log record and one metric,
// a client too slow for the pace is cut off, and a panic costs one 500 and not
// the process; fail makes that answer. Paths and agents are personal data and
// are not logged (security.md 2.9 calls for ids only).
func observed(next http.Handler, p pace, area func(*http.Request) string, ops *operations, fail http.HandlerFunc, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		where := area(r)
		ops.inFlight.Inc()
		defer ops.inFlight.Dec()
		started := time.Now()
		w.Header().Set("X-Request-Id", id)
		answer, w := p.watch(w)
		defer p.body(r, answer.control)()
		func() {
			defer func() {
				fault := recover()
				if fault == nil {
					return
				}
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				logger.Error("request panicked", "request", id, "panic", fault, "stack", string(debug.Stack()))
				if answer.status != 0 {
					panic(http.ErrAbortHandler) // an error behind a part of the answer would be taken for its rest
				}
				fail(w, r)
			}()
			next.ServeHTTP(w, r)
		}()
		answer.begin(http.StatusOK)
		answer.extend() // for what is still in a buffer
		elapsed := time.Since(started)
		ops.observe(where, r.Method, answer.status, elapsed)
		logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("request", id), slog.String("area", where), slog.String("method", r.Method),
			slog.Int("status", answer.status), slog.Int64("bytes", answer.bytes),
			slog.Duration("elapsed", elapsed))
	})
}
