package server

import (
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"domicile/ldp"
)

// guard stands before the routes. Each request has one log record and one
// metric, a client too slow for the pace is cut off, what is too much is
// refused, and a panic costs one 500 and not the process. Paths and agents are
// personal data and are not logged (security.md 2.9 calls for ids only).
type guard struct {
	next http.Handler
	pace pace
	gate *gate
	// lasts tells the requests for connections that last, which have bounds of
	// their own and no place at the gate.
	lasts func(*http.Request) bool
	// streams are the requests of HTTP/2, of which a connection has many.
	streams *tally
	area    func(*http.Request) string
	ops     *operations
	// refuse answers what next does not.
	refuse func(ldp.Kind) http.HandlerFunc
	logger *slog.Logger
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	where := g.area(r)
	g.ops.inFlight.Inc()
	defer g.ops.inFlight.Dec()
	started := time.Now()
	w.Header().Set("X-Request-Id", id)
	answer, w := g.pace.watch(w)
	defer g.pace.body(r, answer)()
	refused := false
	func() {
		defer g.recover(w, r, id, answer)
		refused = !g.admit(w, r, answer)
	}()
	answer.begin(http.StatusOK)
	answer.extend() // for what is still in a buffer
	elapsed := time.Since(started)
	g.ops.observe(where, r.Method, answer.status, elapsed)
	level := slog.LevelInfo
	if refused {
		level = slog.LevelDebug // a flood is no reason to fill the disk
	}
	g.logger.LogAttrs(r.Context(), level, "request",
		slog.String("request", id), slog.String("area", where), slog.String("method", r.Method),
		slog.Int("status", answer.status), slog.Int64("bytes", answer.bytes),
		slog.Duration("elapsed", elapsed))
}

// admit lets a request through to next when there is room for it, and says
// whether it did.
func (g *guard) admit(w http.ResponseWriter, r *http.Request, answer *answer) bool {
	if r.ProtoMajor > 1 { // else connections are counted
		client := clientAt(r.RemoteAddr)
		if !g.streams.add(client) {
			g.turnAway(w, r, ldp.TooManyRequests, "client")
			return false
		}
		defer g.streams.remove(client)
	}
	if !g.lasts(r) {
		g.ops.waiting.Inc()
		visit, err := g.gate.enter(r.Context())
		g.ops.waiting.Dec()
		if err != nil {
			g.turnAway(w, r, ldp.Unavailable, "busy")
			return false
		}
		defer visit.leave()
		answer.visit = visit
	}
	g.next.ServeHTTP(w, r)
	return true
}

// turnAway refuses a request. Clients are not all told to come back in the same
// second.
func (g *guard) turnAway(w http.ResponseWriter, r *http.Request, kind ldp.Kind, reason string) {
	g.ops.refused.WithLabelValues(reason).Inc()
	w.Header().Set("Retry-After", strconv.Itoa(1+mathrand.IntN(3)))
	g.refuse(kind)(w, r)
}

// recover is deferred.
func (g *guard) recover(w http.ResponseWriter, r *http.Request, id string, answer *answer) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler {
		panic(fault)
	}
	g.logger.Error("request panicked", "request", id, "panic", fault, "stack", string(debug.Stack()))
	if answer.status != 0 {
		panic(http.ErrAbortHandler) // an error behind a part of the answer would be taken for its rest
	}
	g.refuse(ldp.Internal)(w, r)
}
