package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// request is a request as it is sent, and the statuses that are no error.
type request struct {
	raw  []byte
	want []int
}

// load is how requests are sent.
type load struct {
	connections int
	// addresses are how many of this machine they come from, 0 for one.
	addresses int
	// during is how long; 0 until all requests have been sent once.
	during time.Duration
	// again begins with the first request when the last has been sent.
	again bool
	// rate is how many a second are due, whether or not earlier ones have been
	// answered; 0 for one after the other on each connection.
	rate float64
}

// sent is what came of requests.
type sent struct {
	elapsed    time.Duration
	requests   int
	errors     int
	statuses   map[int]int // 0 for no answer
	bytes      int64
	firstError string
	latencies  []time.Duration // of those without an error, sorted
	firstBytes []time.Duration // of the same, sorted
}

// drive sends requests to a server on so many connections.
func drive(ctx context.Context, address string, requests []request, how load) (sent, error) {
	var next atomic.Int64
	workers := make([]worker, how.connections)
	begun := time.Now()
	var running sync.WaitGroup
	for i := range workers {
		w := &workers[i]
		w.statuses = map[int]int{}
		running.Go(func() {
			c := newConnection(address)
			if how.addresses > 0 {
				c.from = net.IPv4(127, 0, 0, byte(1+i%how.addresses))
			}
			defer c.close()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(requests) && !how.again || how.during > 0 && time.Since(begun) >= how.during {
					return
				}
				if how.rate > 0 {
					time.Sleep(time.Until(begun.Add(time.Duration(float64(i) / how.rate * float64(time.Second)))))
				}
				w.do(c, requests[i%len(requests)])
			}
		})
	}
	running.Wait()
	all := sent{elapsed: time.Since(begun), statuses: map[int]int{}}
	for _, w := range workers {
		all.requests += w.requests
		all.errors += w.errors
		all.bytes += w.bytes
		all.latencies = append(all.latencies, w.latencies...)
		all.firstBytes = append(all.firstBytes, w.firstBytes...)
		for status, n := range w.statuses {
			all.statuses[status] += n
		}
		if all.firstError == "" {
			all.firstError = w.firstError
		}
	}
	slices.Sort(all.latencies)
	slices.Sort(all.firstBytes)
	return all, ctx.Err()
}

// worker is what one connection did.
type worker struct {
	requests, errors      int
	statuses              map[int]int
	bytes                 int64
	firstError            string
	latencies, firstBytes []time.Duration
}

func (w *worker) do(c *connection, r request) {
	begun := time.Now()
	status, length, err := c.send(r.raw)
	elapsed := time.Since(begun)
	w.requests++
	w.statuses[status]++
	w.bytes += length
	if err == nil && slices.Contains(r.want, status) {
		w.latencies = append(w.latencies, elapsed)
		w.firstBytes = append(w.firstBytes, c.firstByte.Sub(begun))
		return
	}
	w.errors++
	if w.firstError == "" {
		line := r.raw[:max(0, slices.Index(r.raw, '\r'))]
		w.firstError = fmt.Sprintf("%s: status %d, want one of %v, %v", line, status, r.want, err)
	}
}
