package limit

import (
	"strings"
	"testing"
	"time"
)

func TestBounded(t *testing.T) {
	now := time.Unix(1, 0)
	l := New(Allowance{Burst: 60, Interval: 10 * time.Second}, func() time.Time { return now })
	for i := range maxAddresses {
		if wait := l.Wait(strings.Repeat("a", i%100) + string(rune(i))); wait != 0 {
			t.Fatalf("address %d waits", i)
		}
	}
	if l.Wait("new") == 0 {
		t.Error("one more address than the bound")
	}
	now = now.Add(time.Hour)
	if l.Wait("new") != 0 || len(l.addresses) != 1 {
		t.Errorf("quiet addresses are not forgotten: %d", len(l.addresses))
	}
	if network("2001:db8::1") != network("2001:db8::2") || network("192.0.2.1") == network("192.0.2.2") {
		t.Error("networks")
	}
}

func TestBlocked(t *testing.T) {
	now := time.Unix(1, 0)
	l := New(Allowance{Burst: 2, Interval: time.Second}, func() time.Time { return now })
	for i := range 2 {
		for range 5 { // asking counts nothing
			if l.Blocked("192.0.2.1") != 0 {
				t.Fatalf("blocked after %d times", i)
			}
		}
		if l.Wait("192.0.2.1") != 0 {
			t.Fatalf("time %d waits", i)
		}
	}
	if l.Blocked("192.0.2.1") != time.Second || l.Blocked("192.0.2.2") != 0 {
		t.Error("the wrong address is blocked")
	}
	if now = now.Add(time.Second); l.Blocked("192.0.2.1") != 0 {
		t.Error("blocked for ever")
	}
}
