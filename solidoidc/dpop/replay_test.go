package dpop

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func openLog(t testing.TB, path string, capacity int) *ReplayLog {
	t.Helper()
	l, err := OpenReplayLog(path, capacity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// id is that of a proof by a key of its own.
func id(i int) ProofID { return proofID(fmt.Sprint("thumbprint", i), "jti") }

// add adds a proof made at the moment and reports whether it was new.
func add(t testing.TB, l *ReplayLog, i int, at time.Time) bool {
	t.Helper()
	fresh, err := l.Add(t.Context(), id(i), at, at.Add(maxAge))
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func TestReplayLogExpiresInTime(t *testing.T) {
	l := openLog(t, "", 10)
	if !add(t, l, 1, now) || add(t, l, 1, now.Add(maxAge)) {
		t.Error("OIDC-DPOP-08 a proof is new once while its window lasts")
	}
	add(t, l, 2, now.Add(maxAge+3*time.Second))
	if len(l.used) != 1 || len(l.byExpiry) != 1 {
		t.Errorf("%d proofs in %d seconds are remembered after the first expired", len(l.used), len(l.byExpiry))
	}
}

func TestReplayLogFullForgetsNothing(t *testing.T) {
	l := openLog(t, "", 3)
	for i := range 3 {
		add(t, l, i, now)
	}
	if _, err := l.Add(t.Context(), id(3), now, now.Add(maxAge)); !errors.Is(err, ErrReplayFull) {
		t.Errorf("OIDC-DPOP-08 full: got %v", err)
	}
	for i := range 3 {
		if add(t, l, i, now.Add(time.Minute)) {
			t.Errorf("OIDC-DPOP-08 proof %d was forgotten", i)
		}
	}
	if !add(t, l, 3, now.Add(maxAge+3*time.Second)) {
		t.Error("OIDC-DPOP-08 no room after all expired")
	}
}

func TestReplayLogSharesItsRoom(t *testing.T) {
	const capacity = 800
	path := filepath.Join(t.TempDir(), "replay.log")
	l := openLog(t, path, capacity)
	// use adds proofs of a key until it is refused and returns how many.
	uses := 0
	use := func(key string, at time.Time) (accepted int) {
		t.Helper()
		for {
			uses++
			fresh, err := l.Add(t.Context(), proofID(key, fmt.Sprint(uses)), at, at.Add(maxAge))
			if errors.Is(err, ErrReplayFull) {
				return accepted
			}
			if err != nil || !fresh {
				t.Fatal(fresh, err)
			}
			accepted++
		}
	}
	greedy := use("greedy", now)
	if greedy == 0 || greedy > capacity/shareOfFree {
		t.Errorf("OIDC-DPOP-08 one key took %d of %d", greedy, capacity)
	}
	for other := range 20 {
		if use(fmt.Sprint(other), now) == 0 {
			t.Fatalf("OIDC-DPOP-08 no room for key %d", other)
		}
	}
	l = openLog(t, path, capacity)
	if again := use("greedy", now); again != 0 {
		t.Errorf("OIDC-DPOP-08 %d more after a restart", again)
	}
	if later := use("greedy", now.Add(maxAge+3*time.Second)); later != greedy || len(l.perKey) != 1 {
		t.Errorf("%d after all expired, %d at first; %d keys are counted", later, greedy, len(l.perKey))
	}
}

func TestReplayLogSurvivesRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replay.log")
	before := openLog(t, path, 10)
	add(t, before, 1, now)
	// No Close: the process was killed.
	after := openLog(t, path, 10)
	if add(t, after, 1, now.Add(time.Minute)) {
		t.Error("OIDC-DPOP-08 a used proof was accepted after a restart")
	}
	if !add(t, after, 2, now.Add(time.Minute)) {
		t.Error("a new proof was refused after a restart")
	}
	third := openLog(t, path, 10)
	if add(t, third, 1, now.Add(time.Minute)) || add(t, third, 2, now.Add(time.Minute)) {
		t.Error("OIDC-DPOP-08 a used proof was accepted after two restarts")
	}
}

func TestReplayLogSurvivesDamage(t *testing.T) {
	whole := func(proofs ...int) []byte {
		path := filepath.Join(t.TempDir(), "whole")
		l := openLog(t, path, 10)
		for _, i := range proofs {
			add(t, l, i, now)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, raw := range map[string][]byte{
		"torn last record":         append(whole(1), whole(2)[:recordSize-5]...),
		"zeros at the end":         append(whole(1), make([]byte, 3*recordSize+1)...),
		"zeros before it":          append(make([]byte, recordSize), whole(1)...),
		"a record that means none": append(bytes.Repeat([]byte{0xff}, recordSize), whole(1)...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "replay.log")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			l := openLog(t, path, 10)
			if l.begun.Before(now) {
				t.Errorf("the file is taken to be begun at %v, and would take the place of the other too soon", l.begun)
			}
			if add(t, l, 1, now) || !add(t, l, 2, now) {
				t.Fatal("the whole record was not read, or another was made up")
			}
			again := openLog(t, path, 10)
			if add(t, again, 1, now) || add(t, again, 2, now) {
				t.Error("what was written after the damage cannot be read")
			}
		})
	}
}

func TestReplayLogStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replay.log")
	l := openLog(t, path, 1000)
	at := now
	for i := range 2000 {
		at = at.Add(10 * time.Second)
		add(t, l, i, at)
		if i%10 == 0 { // restarts must not keep a file growing
			l = openLog(t, path, 1000)
		}
		for age := range min(i, int(maxAge/(10*time.Second))) {
			if add(t, l, i-age, at) {
				t.Fatalf("proof %d was forgotten after %d0 s", i-age, age)
			}
		}
	}
	// A file is written to for at most generationTime and what is left of it
	// after a restart, at one record in ten seconds.
	limit := int64(recordSize) * int64((generationTime+maxAge+maxAhead)/(10*time.Second)+2)
	for _, name := range []string{path, l.oldPath()} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > limit {
			t.Errorf("%s has %d bytes, want at most %d", filepath.Base(name), info.Size(), limit)
		}
	}
}

// TestReplayLogOnAFullDisk: the proof is still used up, and closing tells.
func TestReplayLogOnAFullDisk(t *testing.T) {
	l := openLog(t, filepath.Join(t.TempDir(), "replay.log"), 10)
	l.file.Close() // every write fails from here
	if !add(t, l, 1, now) || add(t, l, 1, now) {
		t.Error("OIDC-DPOP-08 memory does not protect when the log cannot be written")
	}
	if l.Close() == nil {
		t.Error("the failure was swallowed")
	}
}

func TestReplayLogOpenErrors(t *testing.T) {
	if _, err := OpenReplayLog("", 0); err == nil {
		t.Error("capacity 0 was accepted")
	}
	if _, err := OpenReplayLog(filepath.Join(t.TempDir(), "none", "replay.log"), 10); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
	if _, err := OpenReplayLog(t.TempDir(), 10); err == nil {
		t.Error("a folder in place of the file was accepted")
	}
}

// TestReplayLogInvariants: whatever the order of proofs, waits and restarts, no
// proof is new twice within its window.
func TestReplayLogInvariants(t *testing.T) {
	folder := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(folder, fmt.Sprint(runs))
		open := func() *ReplayLog {
			l, err := OpenReplayLog(path, 5)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := open()
		defer func() { l.Close() }()
		at := now
		usedUntil := map[int]time.Time{}
		t.Repeat(map[string]func(*rapid.T){
			"use": func(t *rapid.T) {
				proof := rapid.IntRange(0, 9).Draw(t, "proof")
				ahead := time.Duration(rapid.IntRange(-120, 60).Draw(t, "iat")) * time.Second
				expires := at.Add(ahead + maxAge)
				fresh, err := l.Add(t.Context(), id(proof), at, expires)
				if err != nil && !errors.Is(err, ErrReplayFull) {
					t.Fatal(err)
				}
				if used := !at.After(usedUntil[proof]); fresh && used {
					t.Fatalf("proof %d was new again %v before its end", proof, usedUntil[proof].Sub(at))
				}
				if fresh {
					usedUntil[proof] = expires
				}
			},
			"wait":    func(t *rapid.T) { at = at.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second) },
			"restart": func(t *rapid.T) { l.Close(); l = open() },
			"": func(t *rapid.T) {
				counted := 0
				for _, n := range l.perKey {
					counted += n
				}
				if counted != len(l.used) {
					t.Fatalf("%d proofs are remembered, %d counted by key", len(l.used), counted)
				}
				if l.swept == at.Unix() && len(l.used) > 5 {
					t.Fatalf("%d proofs are remembered", len(l.used))
				}
			},
		})
	})
}

func BenchmarkReplayLog(b *testing.B) {
	l := openLog(b, filepath.Join(b.TempDir(), "replay.log"), 1<<20)
	at := now
	for i := 0; b.Loop(); i++ {
		at = at.Add(200 * time.Microsecond)
		if _, err := l.Add(b.Context(), id(i), at, at.Add(maxAge)); err != nil {
			b.Fatal(err)
		}
	}
}
