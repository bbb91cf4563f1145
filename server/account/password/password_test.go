package password

import (
	"context"
	"errors"
	"strings"
	"testing"
)

var cheap = Params{Memory: 64, Time: 1, Threads: 1}

func TestVerify(t *testing.T) {
	ctx := context.Background()
	h := New(cheap)
	hash, err := h.Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hash %q is not in PHC format", hash)
	}
	again, err := h.Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if again == hash {
		t.Error("two hashes of one password are equal: the salt is missing")
	}
	for password, want := range map[string]bool{"correct horse": true, "Correct horse": false, "": false, "correct horse ": false} {
		got, err := h.Verify(ctx, hash, password)
		if err != nil || got != want {
			t.Errorf("Verify(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
	if err := h.VerifyNone(ctx, "correct horse"); err != nil {
		t.Errorf("VerifyNone: %v", err)
	}
}

func TestOutdatedHashesStillVerify(t *testing.T) {
	ctx := context.Background()
	hash, err := New(cheap).Hash(ctx, "secret words")
	if err != nil {
		t.Fatal(err)
	}
	stronger := New(Params{Memory: 128, Time: 2, Threads: 1})
	if ok, err := stronger.Verify(ctx, hash, "secret words"); err != nil || !ok {
		t.Errorf("Verify of an older hash = %v, %v; want true", ok, err)
	}
	if !stronger.Outdated(hash) {
		t.Error("a hash with lower costs is not outdated")
	}
	if New(cheap).Outdated(hash) {
		t.Error("a hash with the same costs is outdated")
	}
}

func TestMalformedHashes(t *testing.T) {
	h := New(cheap)
	good, err := h.Hash(context.Background(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]string{
		"empty":           "",
		"other algorithm": strings.Replace(good, "argon2id", "argon2i", 1),
		"other version":   strings.Replace(good, "v=19", "v=16", 1),
		"no memory":       strings.Replace(good, "m=64", "m=0", 1),
		"all memory":      strings.Replace(good, "m=64", "m=4294967295", 1),
		"all day":         strings.Replace(good, "t=1", "t=4000000", 1),
		"no threads":      strings.Replace(good, "p=1", "p=0", 1),
		"spelled apart":   strings.Replace(good, "m=64", "m=+64", 1),
		"cut off":         good[:len(good)-30],
		"trailing":        good + " x",
	} {
		t.Run(name, func(t *testing.T) {
			if ok, err := h.Verify(context.Background(), hash, "x"); ok || !errors.Is(err, ErrMalformed) {
				t.Errorf("Verify(%q) = %v, %v; want ErrMalformed", hash, ok, err)
			}
			if !h.Outdated(hash) {
				t.Errorf("Outdated(%q) = false", hash)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	h := New(cheap)
	t.Run("refuses when the queue is full", func(t *testing.T) {
		for h.queue.TryAcquire(1) {
			defer h.queue.Release(1)
		}
		if _, err := h.Hash(context.Background(), "x"); !errors.Is(err, ErrBusy) {
			t.Errorf("Hash = %v; want ErrBusy", err)
		}
	})
	t.Run("stops waiting with its context", func(t *testing.T) {
		for h.running.TryAcquire(1) {
			defer h.running.Release(1)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("Hash = %v; want context.Canceled", err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	good, err := New(cheap).Hash(context.Background(), "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, hash string) {
		if p, salt, key, err := decode(hash); err == nil && encode(p, salt, key) != hash {
			t.Errorf("%q was accepted but prints back as %q", hash, encode(p, salt, key))
		}
	})
}
