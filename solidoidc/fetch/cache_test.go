package fetch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// testClock is a clock that stands still until told otherwise.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *testClock { return &testClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestCacheKeepsValuesAndFailures(t *testing.T) {
	clock := newClock()
	cache := NewCache[int](10, clock.Now)
	loads := 0
	failure := errors.New("no")
	load := func(value int, keep time.Duration, err error) (int, error) {
		return cache.Load(t.Context(), "k", time.Time{}, func(context.Context) (int, time.Duration, error) {
			loads++
			return value, keep, err
		})
	}
	for _, step := range []struct {
		name      string
		advance   time.Duration
		value     int
		keep      time.Duration
		err       error
		wantValue int
		wantErr   error
		wantLoads int
	}{
		{"miss", 0, 1, time.Minute, nil, 1, nil, 1},
		{"hit", 59 * time.Second, 2, time.Minute, nil, 1, nil, 1},
		{"expired", time.Second, 0, 30 * time.Second, failure, 0, failure, 2},
		{"failure is remembered", 29 * time.Second, 3, time.Minute, nil, 0, failure, 2},
		{"failure expired, not to be kept", time.Second, 4, 0, nil, 4, nil, 3},
		{"was not kept", 0, 5, time.Minute, nil, 5, nil, 4},
	} {
		clock.Advance(step.advance)
		value, err := load(step.value, step.keep, step.err)
		if value != step.wantValue || err != step.wantErr || loads != step.wantLoads {
			t.Fatalf("%s: got %d, %v after %d loads", step.name, value, err, loads)
		}
	}
}

func TestCacheLoadsAgainWhatIsTooOld(t *testing.T) {
	clock := newClock()
	cache := NewCache[int](10, clock.Now)
	cache.Put("k", 1, clock.Now().Add(time.Hour))
	clock.Advance(time.Minute)
	again := func(since time.Time) int {
		value, _ := cache.Load(t.Context(), "k", since, func(context.Context) (int, time.Duration, error) { return 2, time.Hour, nil })
		return value
	}
	if got := again(clock.Now().Add(-time.Minute)); got != 1 {
		t.Errorf("young enough: got %d", got)
	}
	if got := again(clock.Now().Add(-30 * time.Second)); got != 2 {
		t.Errorf("too old: got %d", got)
	}
}

func TestCacheLoadsOnce(t *testing.T) {
	cache := NewCache[int](10, time.Now)
	entered, release := make(chan struct{}), make(chan struct{})
	load := func(context.Context) (int, time.Duration, error) {
		close(entered) // a second load would panic
		<-release
		return 7, time.Hour, nil
	}
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if value, err := cache.Load(context.Background(), "k", time.Time{}, load); value != 7 || err != nil {
				t.Errorf("got %d, %v", value, err)
			}
		})
	}
	<-entered
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cache.Load(cancelled, "k", time.Time{}, load); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up got %v", err)
	}
	close(release)
	callers.Wait()
}

// TestCacheLoadOutlivesItsCaller: a caller that gives up must not fail the
// load for those who wait with it.
func TestCacheLoadOutlivesItsCaller(t *testing.T) {
	cache := NewCache[int](10, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	entered, release := make(chan struct{}), make(chan struct{})
	go func() {
		<-entered
		cancel()
	}()
	_, err := cache.Load(ctx, "k", time.Time{}, func(ctx context.Context) (int, time.Duration, error) {
		close(entered)
		<-release
		return 7, time.Hour, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	close(release)
	value, err := cache.Load(t.Context(), "k", time.Time{}, func(context.Context) (int, time.Duration, error) {
		return 0, 0, errors.New("loaded twice")
	})
	if value != 7 || err != nil {
		t.Errorf("got %d, %v", value, err)
	}
}

func TestCachePanicIsAnError(t *testing.T) {
	cache := NewCache[int](10, time.Now)
	_, err := cache.Load(t.Context(), "k", time.Time{}, func(context.Context) (int, time.Duration, error) { panic("hostile document") })
	if err == nil || !strings.Contains(err.Error(), "hostile document") {
		t.Errorf("got %v", err)
	}
}

// TestCacheInvariants compares the cache with a plain map: what it returns is
// what was put last and has not expired, and it never holds more than its
// limit, of which the most recently used is one.
func TestCacheInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := newClock()
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		cache := NewCache[int](limit, clock.Now)
		type kept struct {
			value   int
			expires time.Time
		}
		model := map[string]kept{}
		key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"})
		seconds := rapid.IntRange(0, 20)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), rapid.Int().Draw(t, "value")
				expires := clock.Now().Add(time.Duration(1+seconds.Draw(t, "ttl")) * time.Second)
				cache.Put(k, v, expires)
				model[k] = kept{v, expires}
				if got, ok := cache.Get(k); !ok || got != v {
					t.Fatalf("%s was not kept", k)
				}
			},
			"get": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if got, ok := cache.Get(k); ok && (got != model[k].value || !clock.Now().Before(model[k].expires)) {
					t.Fatalf("%s: got %d, model %+v", k, got, model[k])
				}
			},
			"wait": func(t *rapid.T) { clock.Advance(time.Duration(seconds.Draw(t, "seconds")) * time.Second) },
			"": func(t *rapid.T) {
				if len(cache.entries) > limit || len(cache.entries) != cache.recent.Len() {
					t.Fatalf("%d entries, %d in order, limit %d", len(cache.entries), cache.recent.Len(), limit)
				}
			},
		})
	})
}
