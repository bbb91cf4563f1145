package fetch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
)

func TestSlotsOfOneHost(t *testing.T) {
	s := newSlots()
	var releases []func()
	for range slotsPerHost {
		release, err := s.acquire(t.Context(), "a.example")
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	waiting, giveUp := context.WithCancel(t.Context())
	results := make(chan error)
	for range waitersPerHost {
		go func() {
			_, err := s.acquire(waiting, "a.example")
			results <- err
		}()
	}
	users := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.hosts["a.example"].users
	}
	for users() < slotsPerHost+waitersPerHost {
		runtime.Gosched()
	}
	if _, err := s.acquire(t.Context(), "a.example"); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: got %v", err)
	}
	if release, err := s.acquire(t.Context(), "b.example"); err != nil {
		t.Errorf("another host: %v", err)
	} else {
		release()
	}
	giveUp()
	for range waitersPerHost {
		if err := <-results; !errors.Is(err, ErrBusy) {
			t.Errorf("a waiter got %v", err)
		}
	}
	for _, release := range releases {
		release()
	}
	if len(s.hosts) != 0 || s.total != 0 {
		t.Errorf("left over: %d hosts, %d users", len(s.hosts), s.total)
	}
}

func TestSlotsOfAllHosts(t *testing.T) {
	s := newSlots()
	for i := range maxUnderWay {
		if _, err := s.acquire(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.acquire(t.Context(), "one more"); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	if len(s.hosts) != maxUnderWay {
		t.Errorf("%d hosts are remembered", len(s.hosts))
	}
}
