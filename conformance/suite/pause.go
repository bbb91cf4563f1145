package suite

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// patience is how long a run goes on asking a server that says that it is asked
// too often, counted from the first time that it says so.
type patience struct {
	length time.Duration

	mu    sync.Mutex
	until time.Time // zero until then
}

// left returns how much there is of it now.
func (p *patience) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until.IsZero() {
		p.until = time.Now().Add(p.length)
	}
	return time.Until(p.until)
}

// defaultPause is how long a server is left alone that does not say for how
// long.
const defaultPause = 5 * time.Second

// pause waits as an answer asks for, which does not count as time of the case.
// It reports whether there was the patience for that.
func (t *T) pause(answer *Answer) bool {
	wait := max(time.Second, retryAfter(answer.Header.Get("Retry-After")))
	if wait > t.patience.left() || !t.putOff(wait) {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-t.ctx.Done():
		return false
	}
}

// retryAfter reads the header of that name (RFC 9110 §10.2.3).
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return defaultPause
}

// putOff moves the end of the case, unless that has come.
func (t *T) putOff(by time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.expiry.Stop() {
		return false
	}
	t.expires = t.expires.Add(by)
	t.expiry.Reset(time.Until(t.expires))
	return true
}
