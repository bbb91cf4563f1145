package throttle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

func limiter() (*Limiter, *fakeClock) {
	clock := &fakeClock{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	return New(Config{Free: 3, First: time.Second, Longest: 10 * time.Second, Quiet: time.Minute, Capacity: 100, Clock: clock.Now}), clock
}

func TestWaitsDouble(t *testing.T) {
	l, clock := limiter()
	for attempt, want := range []time.Duration{0, 0, 0} {
		if got := l.Begin("k"); got != want {
			t.Fatalf("attempt %d waits %v", attempt+1, got)
		}
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		want *= time.Second
		if got := l.Begin("k"); got != want {
			t.Fatalf("wait %d is %v, want %v", i+1, got, want)
		}
		if got := l.Begin("other"); i == 0 && got != 0 {
			t.Fatalf("another key waits %v", got)
		}
		clock.now = clock.now.Add(want)
		if got := l.Begin("k"); got != 0 {
			t.Fatalf("after the wait %d it still waits %v", i+1, got)
		}
	}
}

func TestForgetting(t *testing.T) {
	for name, step := range map[string]func(*Limiter, *fakeClock){
		"Forget":     func(l *Limiter, _ *fakeClock) { l.Forget("k") },
		"Forgive":    func(l *Limiter, _ *fakeClock) { l.Forgive("k") },
		"quiet time": func(_ *Limiter, c *fakeClock) { c.now = c.now.Add(2 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			l, clock := limiter()
			for range 3 {
				l.Begin("k")
			}
			if l.Begin("k") == 0 {
				t.Fatal("the fourth attempt did not wait")
			}
			step(l, clock)
			if wait := l.Begin("k"); wait != 0 {
				t.Errorf("still waits %v", wait)
			}
		})
	}
}

func TestAttemptsAtOnceCount(t *testing.T) {
	l, _ := limiter()
	var passed atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if l.Begin("k") == 0 {
				passed.Add(1)
			}
		})
	}
	group.Wait()
	if passed.Load() != 3 {
		t.Errorf("%d attempts passed at once, want 3", passed.Load())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	l, _ := limiter()
	for range 3 {
		l.Begin("guessed")
	}
	for i := range 1000 {
		l.Begin(fmt.Sprint("flood ", i))
	}
	if len(l.counts) > 100 {
		t.Errorf("%d keys are kept, want at most 100", len(l.counts))
	}
	if l.Begin("guessed") == 0 {
		t.Error("a flood of new keys made it forget the one that is being guessed")
	}
}
