package main

import (
	"context"
	"fmt"
	"time"
)

// turn is what one server did in one case in one go.
type turn struct {
	Server, Case string
	Round        int
	Connections  int
	Requests     int // that were answered as they should be
	Errors       int
	FirstError   string  `json:",omitempty"`
	Seconds      float64 // of measuring
	Rate         float64 // requests a second
	P50, P99     float64 // ms to the last byte
	FirstByteP99 float64 // ms to the first
	CPU          float64 // of the server, ms a request
	// Of the server, bytes: before it was warmed up, at the most during the turn
	// and after it.
	MemoryBefore, MemoryMost, Memory int64
}

const (
	// mostPrepared bounds the requests that are made ahead of a turn, and so
	// the memory that they take.
	mostPrepared = 100_000
	// spare is how many more requests are made ahead than the rate of warming
	// up asks for; a turn that has sent them all is over earlier.
	spare = 1.5
)

// take measures a case on a server. name is of this turn only.
func take(ctx context.Context, s *site, c benchCase, name string, o options) (turn, error) {
	connections, during := o.connections, time.Duration(o.seconds*float64(time.Second))
	if c.connections != 0 {
		connections = c.connections
	}
	t := turn{Server: s.name, Case: c.name, Connections: connections}
	cold, err := usageOf(s.process.pid())
	if err != nil {
		return t, err
	}
	mostMemory := watchMemory(s.process.pid())
	defer mostMemory()
	rate, err := warmUp(ctx, s, c, name, connections, during/4)
	if err != nil {
		return t, err
	}
	n := documents
	if c.once {
		n = min(max(int(rate*during.Seconds()*spare), connections), mostPrepared)
	}
	requests, err := prepare(ctx, s, c, name, n)
	if err != nil {
		return t, err
	}
	before, err := usageOf(s.process.pid())
	if err != nil {
		return t, err
	}
	profiled := s.profile(ctx, o.profiles, name, during)
	done, err := drive(ctx, s.address, requests, load{connections: connections, during: during, again: !c.once})
	if err != nil {
		return t, err
	}
	after, err := usageOf(s.process.pid())
	if err != nil {
		return t, err
	}
	if err := profiled(); err != nil {
		return t, err
	}
	t.Requests, t.Errors, t.FirstError = done.requests-done.errors, done.errors, done.firstError
	t.Seconds = done.elapsed.Seconds()
	t.Rate = float64(t.Requests) / t.Seconds
	t.P50, t.P99 = milliseconds(quantile(done.latencies, .5)), milliseconds(quantile(done.latencies, .99))
	t.FirstByteP99 = milliseconds(quantile(done.firstBytes, .99))
	t.CPU = milliseconds(after.CPU-before.CPU) / float64(max(done.requests, 1))
	t.MemoryBefore, t.MemoryMost, t.Memory = cold.Memory, max(mostMemory(), after.Memory), after.Memory
	return t, nil
}

// warmUp sends requests that do not count for so long and returns the rate of
// the last of them.
func warmUp(ctx context.Context, s *site, c benchCase, name string, connections int, during time.Duration) (rate float64, err error) {
	n := 2 * connections
	for left, batch := during, 0; left > 0; batch++ {
		requests, err := prepare(ctx, s, c, fmt.Sprintf("%s-warm-%d", name, batch), n)
		if err != nil {
			return 0, err
		}
		done, err := drive(ctx, s.address, requests, load{connections: connections, during: left, again: !c.once})
		if err != nil {
			return 0, err
		}
		rate = float64(done.requests) / done.elapsed.Seconds()
		left -= done.elapsed
		n = min(max(int(rate*left.Seconds()), connections), mostPrepared)
	}
	return rate, nil
}

func prepare(ctx context.Context, s *site, c benchCase, name string, n int) ([]request, error) {
	if c.prepare != nil {
		if err := c.prepare(ctx, s, name, n); err != nil {
			return nil, fmt.Errorf("%s: preparing %s: %w", s.name, c.name, err)
		}
	}
	return s.encodeAll(ctx, n, func(i int) call { return c.at(s, name, i) })
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
