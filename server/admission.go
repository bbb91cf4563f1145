package server

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// turnTime is how long a request waits for its turn: what had to wait for
	// longer is of no use to whoever asked.
	turnTime = time.Second
	// mostWaiting bounds the memory of those that wait.
	mostWaiting = 4096
	// clientTime is how long a request may wait for its client before its place
	// is somebody else's.
	clientTime = 20 * time.Millisecond
)

// gate bounds the requests that are worked on at a time. More wait for their
// turn, in the order in which they came; what is too many to wait, or has waited
// for too long, is refused while that is still cheap.
//
// Only work counts. A request that waits for its client, to send what it uploads
// or to take what it downloads, soon gives its place away and takes one again
// when it goes on, so that slow clients cost no more than their connections.
type gate struct {
	places  chan struct{}
	waiting atomic.Int64
	most    int64         // that wait
	turn    time.Duration // that they wait for
}

func newGate(places int) *gate {
	return &gate{places: make(chan struct{}, places), most: mostWaiting, turn: turnTime}
}

// defaultRequests is how many requests are worked on at a time unless said: some
// for each processor, and enough for the disk to sync many at once.
func defaultRequests() int { return max(64, 32*runtime.GOMAXPROCS(0)) }

var errBusy = errors.New("as many requests are worked on as may be, and as many wait")

// enter waits for a place. Whoever gets a visit leaves.
func (g *gate) enter(ctx context.Context) (*visit, error) {
	select {
	case g.places <- struct{}{}:
		return &visit{gate: g}, nil
	default:
	}
	if g.waiting.Add(1) > g.most {
		g.waiting.Add(-1)
		return nil, errBusy
	}
	defer g.waiting.Add(-1)
	late := time.NewTimer(g.turn)
	defer late.Stop()
	select {
	case g.places <- struct{}{}:
		return &visit{gate: g}, nil
	case <-late.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// visit is a request inside the gate. A nil visit is one that went past it.
type visit struct {
	gate *gate

	mu       sync.Mutex
	waits    int         // how many of the request's goroutines wait for its client
	patience *time.Timer // gives the place away; nil until one has waited
	left     bool
}

// outside calls wait, which waits for the client.
func (v *visit) outside(wait func()) {
	if v == nil {
		wait()
		return
	}
	v.goOut()
	defer v.comeBack()
	wait()
}

func (v *visit) goOut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waits++; v.waits > 1 || v.left {
		return
	}
	if v.patience == nil {
		v.patience = time.AfterFunc(clientTime, func() { <-v.gate.places })
	} else {
		v.patience.Reset(clientTime)
	}
}

func (v *visit) comeBack() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waits--; v.waits > 0 || v.left || v.patience.Stop() {
		return
	}
	// The place is given away, or will be at once. The request takes the next
	// one, however long that takes: it has been let in.
	v.gate.places <- struct{}{}
}

// leave gives the place back, unless it was given away.
func (v *visit) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left = true
	if v.waits == 0 || v.patience.Stop() {
		<-v.gate.places
	}
}
