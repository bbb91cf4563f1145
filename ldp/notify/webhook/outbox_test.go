package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"domicile/rdfstore"
)

// moment is longer than a change takes to be delivered, and shorter than until
// that is saved.
const moment = 100 * time.Millisecond

func TestDelivery(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook)
		w.subscribe("shared/a", other)
		w.put("shared/a", "<> <p:p> 1.")
		w.put("shared/b", "")
		w.put("shared/a", "<> <p:p> 2.")
		w.after(time.Second)
		got := w.wants(hook, "Add shared/a", "Add shared/b")
		w.wants(other, "Create shared/a", "Update shared/a")
		d := got[0]
		if d.header.Get("Authorization") != "signed for POST "+hook || d.header.Get("Content-Type") != "application/ld+json" {
			t.Errorf("NOT-WH-02: %v", d.header)
		}
		if !strings.HasPrefix(d.message.ID, "urn:uuid:") || d.message.ID >= got[1].message.ID {
			t.Errorf("identifiers %q, %q", d.message.ID, got[1].message.ID)
		}
		if m := w.outbox.Metrics(); m != (Metrics{Delivered: 4}) {
			t.Errorf("%+v", m)
		}
	})
}

// TestBackOff follows the tries of a message to a receiver that is down
// (NOT-WH-04), until the channel is given up and its subscriber, nobody else,
// reads why.
func TestBackOff(t *testing.T) {
	for name, test := range map[string]struct {
		receipt Receipt
		err     error
		says    string
	}{
		"fault":     {Receipt{Status: http.StatusInternalServerError}, nil, "the last answer was 500"},
		"redirect":  {Receipt{Status: http.StatusTemporaryRedirect}, nil, "the last answer was 307"},
		"no answer": {Receipt{}, errors.New("dial tcp 10.0.0.1:443"), "there was no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.receivers.answer = func(string, int) (Receipt, error) { return test.receipt, test.err }
				id := w.subscribe("shared/a", hook)
				w.put("shared/a", "")
				w.after(time.Second)
				w.put("shared/a", "<> <p:p> 1.")
				w.after(48 * time.Hour)
				got := w.receivers.at(hook)
				if len(got) != len(delays)+1 {
					t.Fatalf("%d tries", len(got))
				}
				for i, d := range got[1:] {
					pause := d.at.Sub(got[i].at)
					if least, most := delays[i]*8/10, delays[i]*12/10+time.Second; pause < least || pause > most {
						t.Errorf("try %d after %v, want %v to %v", i+2, pause, least, most)
					}
					if d.message != got[0].message {
						t.Errorf("another message is tried: %+v", d.message)
					}
				}
				a := w.do(bob, "GET", id, "", "")
				if a.Code != http.StatusGone || !strings.Contains(a.Body.String(), test.says) || strings.Contains(a.Body.String(), "10.0.0.1") {
					t.Errorf("%d %s", a.Code, a.Body)
				}
				if a := w.do(alice, "GET", id, "", ""); a.Code != http.StatusNotFound {
					t.Errorf("others: %d", a.Code)
				}
				if m := w.outbox.Metrics(); m != (Metrics{Failed: int64(len(delays)) + 1, GivenUp: 1}) {
					t.Errorf("%+v", m)
				}
				w.nothingKept()
				w.after(7 * 24 * time.Hour)
				if a := w.do(bob, "GET", id, "", ""); a.Code != http.StatusNotFound {
					t.Errorf("a week later: %d", a.Code)
				}
			})
		})
	}
}

// nothingKept checks that no progress of ended channels is left.
func (w *world) nothingKept() {
	w.t.Helper()
	w.after(2 * saveInterval)
	err := w.store.View(w.t.Context(), func(r rdfstore.Reader) error {
		for entry, err := range progresses.All(r, "") {
			if err != nil {
				return err
			}
			w.t.Errorf("progress of %s is left", entry.Key)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestJitter: channels of one receiver do not try again at the same moment.
func TestJitter(t *testing.T) {
	pauses := map[time.Duration]bool{}
	for range 50 {
		pauses[judge(Receipt{Status: 500}, nil, 1).pause] = true
	}
	if len(pauses) < 25 {
		t.Errorf("%d different pauses", len(pauses))
	}
}

func TestRetryAfter(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0:                0,
		time.Second:      0, // less than it would be anyway
		30 * time.Minute: 30 * time.Minute,
		48 * time.Hour:   maxRetryAfter,
	} {
		got := judge(Receipt{Status: 503, RetryAfter: asked}, nil, 1).pause
		if want == 0 && got > delays[0]*12/10 || want > 0 && got != want {
			t.Errorf("asked for %v: %v", asked, got)
		}
	}
}

func TestGoneReceiver(t *testing.T) {
	inWorld(t, func(w *world) {
		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusGone}, nil }
		id := w.subscribe("shared/a", hook)
		w.put("shared/a", "")
		w.put("shared/a", "<> <p:p> 1.")
		w.after(time.Second)
		w.wants(hook, "Create shared/a")
		if a := w.do(bob, "GET", id, "", ""); a.Code != http.StatusGone || !strings.Contains(a.Body.String(), "410") {
			t.Errorf("%d %s", a.Code, a.Body)
		}
		w.nothingKept()
	})
}

// TestRecovery: what happened while a receiver was down it gets when it is up,
// each once and in order, and it has all its tries again.
func TestRecovery(t *testing.T) {
	inWorld(t, func(w *world) {
		w.receivers.answer = func(_ string, n int) (Receipt, error) {
			if n <= 3 {
				return Receipt{Status: http.StatusBadGateway}, nil
			}
			return Receipt{Status: http.StatusAccepted}, nil
		}
		id := w.subscribe("shared/", hook)
		var want []string
		for i := range 5 {
			w.put(fmt.Sprint("shared/", i), "")
			want = append(want, fmt.Sprint("Add shared/", i))
		}
		w.after(time.Hour)
		w.wants(hook, append([]string{want[0], want[0], want[0]}, want...)...)
		w.receivers.answer = func(_ string, n int) (Receipt, error) {
			if n <= 3+5+len(delays) {
				return Receipt{Status: http.StatusBadGateway}, nil
			}
			return Receipt{Status: http.StatusOK}, nil
		}
		w.put("shared/last", "")
		w.after(48 * time.Hour)
		if a := w.do(bob, "GET", id, "", ""); a.Code != http.StatusOK {
			t.Errorf("the channel was given up: %d %s", a.Code, a.Body)
		}
		if got := w.receivers.at(hook); got[len(got)-1].message.Object != w.url("shared/last") {
			t.Error("the last message did not arrive")
		}
	})
}

// TestKill: the process dies, before and behind what it saved. Nothing is lost,
// and what comes twice has the identifier that it had.
func TestKill(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook)
		w.put("shared/saved", "")
		w.after(2 * saveInterval)
		w.put("shared/delivered", "")
		w.after(moment)
		w.wants(hook, "Add shared/saved", "Add shared/delivered")
		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusBadGateway}, nil }
		w.put("shared/refused", "")
		w.after(moment)
		w.wants(hook, "Add shared/saved", "Add shared/delivered", "Add shared/refused")
		w.die()

		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusOK}, nil }
		w.start()
		w.put("shared/later", "")
		w.after(time.Minute)
		got := w.wants(hook, "Add shared/saved", "Add shared/delivered", "Add shared/refused",
			"Add shared/delivered", "Add shared/refused", "Add shared/later")
		if got[1].message != got[3].message || got[2].message != got[4].message {
			t.Error("what comes twice is another message")
		}
	})
}

// TestRestart: a server that is stopped repeats nothing, and goes on with the
// tries of a message where it was.
func TestRestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook)
		w.put("shared/a", "")
		w.after(moment)
		w.stop()
		w.start()
		w.after(time.Minute)
		w.wants(hook, "Add shared/a")

		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusBadGateway}, nil }
		w.put("shared/b", "")
		w.after(30 * time.Second) // two tries
		w.wants(hook, "Add shared/a", "Add shared/b", "Add shared/b")
		w.stop()
		w.start()
		w.after(20 * time.Second)
		w.wants(hook, "Add shared/a", "Add shared/b", "Add shared/b")
		w.after(time.Minute)
		w.wants(hook, "Add shared/a", "Add shared/b", "Add shared/b", "Add shared/b")
	})
}

// TestStopWhileSending: a try that the server's end cuts off is no failure.
func TestStopWhileSending(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook)
		w.receivers.takes[hook] = 5 * time.Second
		w.put("shared/a", "")
		w.after(time.Second)
		w.stop()
		w.start()
		w.after(time.Second)
		got := w.wants(hook, "Add shared/a", "Add shared/a")
		if got[1].at.Sub(got[0].at) > 3*time.Second {
			t.Error("it was taken for a failure")
		}
	})
}

// TestRevoked: who loses access hears nothing any more (NOT-MSG-05), also of what
// happened before and could not be delivered.
func TestRevoked(t *testing.T) {
	inWorld(t, func(w *world) {
		down := true
		w.receivers.answer = func(to string, _ int) (Receipt, error) {
			if to == hook && down {
				return Receipt{Status: http.StatusBadGateway}, nil
			}
			return Receipt{Status: http.StatusOK}, nil
		}
		ids := []string{w.subscribe("shared/", hook), w.subscribe("shared/", other)}
		w.put("shared/a", "")
		w.after(time.Second)
		w.wants(hook, "Add shared/a")
		w.share("https://carol.example/#me")
		down = false
		w.put("shared/b", "")
		w.after(time.Minute) // and no longer: all channels are looked at now and then
		w.wants(hook, "Add shared/a")
		w.wants(other, "Add shared/a")
		for _, id := range ids {
			if a := w.do(bob, "GET", id, "", ""); a.Code != http.StatusNotFound {
				t.Errorf("the channel: %d", a.Code)
			}
		}
		w.nothingKept()
	})
}

// TestRevokedInTurn: access is withdrawn while a message waits for its turn
// behind a slow receiver.
func TestRevokedInTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.receivers.takes[hook] = 4 * time.Second
		for range maxSendingToOne + 1 {
			w.subscribe("shared/a", hook)
		}
		w.put("shared/a", "")
		w.after(2 * time.Second)
		w.share("https://carol.example/#me")
		w.after(time.Minute)
		if n := len(w.receivers.at(hook)); n != maxSendingToOne { // those under way
			t.Errorf("%d messages", n)
		}
	})
}

// TestUnsubscribed (N18): a channel that is deleted sends nothing more, not even
// what it was about to try again.
func TestUnsubscribed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusBadGateway}, nil }
		id := w.subscribe("shared/", hook)
		quiet := w.subscribe("shared/", other)
		if a := w.do(bob, "DELETE", quiet, "", ""); a.Code != http.StatusNoContent {
			t.Fatal(a.Code)
		}
		w.put("shared/a", "")
		w.after(time.Second)
		if a := w.do(bob, "DELETE", id, "", ""); a.Code != http.StatusNoContent {
			t.Fatal(a.Code)
		}
		w.put("shared/b", "")
		w.after(time.Hour)
		w.wants(hook, "Add shared/a")
		w.wants(other)
		w.nothingKept()
		w.outbox.mu.Lock()
		defer w.outbox.mu.Unlock()
		if len(w.outbox.serving) > 0 {
			t.Error("channels are served that are no more")
		}
	})
}

func TestEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook, "endAt", time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
		w.put("shared/a", "")
		w.after(2 * time.Minute)
		w.put("shared/b", "")
		w.after(time.Minute)
		w.wants(hook, "Add shared/a")
	})
}

// TestSlowReceiver delays nobody but itself, however many channels it has.
func TestSlowReceiver(t *testing.T) {
	inWorld(t, func(w *world) {
		for range 2 * maxSending {
			w.subscribe("shared/a", hook)
		}
		w.subscribe("shared/b", other)
		w.receivers.takes[hook] = time.Hour
		w.put("shared/a", "")
		w.after(10 * time.Second) // until all have had their turn to wait
		w.put("shared/b", "")
		w.after(time.Second)
		w.wants(other, "Create shared/b")
		if n := len(w.receivers.at(hook)); n != maxSendingToOne {
			t.Errorf("%d messages are under way to one host", n)
		}
	})
}

// TestRate: what strangers subscribe a host to, it is not flooded.
func TestRate(t *testing.T) {
	inWorld(t, func(w *world) {
		const channels = 3
		for i := range channels {
			w.subscribe("shared/", fmt.Sprint(hook, i))
		}
		const changes = 100
		for i := range changes {
			w.put(fmt.Sprint("shared/", i), "")
		}
		started := time.Now()
		w.after(time.Minute)
		var last time.Time
		total := 0
		for i := range channels {
			got := w.receivers.at(fmt.Sprint(hook, i))
			total += len(got)
			if at := got[len(got)-1].at; at.After(last) {
				last = at
			}
		}
		least := time.Duration(channels*changes-messagesAtOnce) * time.Second / messagesPerSecond
		if total != channels*changes || last.Sub(started) < least-time.Second {
			t.Errorf("%d messages in %v, want at least %v", total, last.Sub(started), least)
		}
	})
}

// TestHostsAreForgotten once they may be sent all at once again, and no earlier.
func TestHostsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newTargets()
		send := func(host int) {
			done, err := all.turn(t.Context(), fmt.Sprintf("https://%d.example/hook", host))
			if err != nil {
				t.Fatal(err)
			}
			done()
		}
		for i := range 2 * maxIdle {
			send(i)
		}
		if len(all.hosts) != 2*maxIdle {
			t.Errorf("%d hosts: some may be flooded", len(all.hosts))
		}
		time.Sleep(time.Second)
		send(2 * maxIdle)
		if len(all.hosts) != 1 {
			t.Errorf("%d hosts are remembered", len(all.hosts))
		}
	})
}

// TestResync: who is behind what the feed still knows gets one message that says
// to read the topic again.
func TestResync(t *testing.T) {
	inWorld(t, func(w *world) {
		w.receivers.answer = func(_ string, n int) (Receipt, error) {
			if n == 1 {
				return Receipt{Status: http.StatusServiceUnavailable, RetryAfter: time.Hour}, nil
			}
			return Receipt{Status: http.StatusOK}, nil
		}
		w.subscribe("shared/", hook)
		w.put("shared/a", "")
		w.put("shared/b", "")
		w.after(time.Minute)
		if _, err := w.store.TrimChanges(w.t.Context(), time.Now(), 1000); err != nil {
			t.Fatal(err)
		}
		w.after(2 * time.Hour)
		w.wants(hook, "Add shared/a", "Update shared/ resync")
		w.put("shared/c", "")
		w.after(time.Second)
		w.wants(hook, "Add shared/a", "Update shared/ resync", "Add shared/c")
	})
}

// TestRest: a topic that rests for longer than the feed remembers needs no
// resync after a crash.
func TestRest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/a", hook)
		w.after(time.Minute)
		w.put("shared/other", "")
		w.after(2 * time.Hour)
		if _, err := w.store.TrimChanges(w.t.Context(), time.Now(), 1000); err != nil {
			t.Fatal(err)
		}
		w.die()
		w.start()
		w.after(time.Minute)
		w.wants(hook)
		w.put("shared/a", "")
		w.after(time.Second)
		w.wants(hook, "Create shared/a")
	})
}

// TestStoreFault: progress that could not be saved is saved later.
func TestStoreFault(t *testing.T) {
	inWorld(t, func(w *world) {
		w.subscribe("shared/", hook)
		w.broken.Store(true)
		w.put("shared/a", "")
		w.after(5 * saveInterval)
		w.broken.Store(false)
		w.after(2 * saveInterval)
		w.die()
		w.start()
		w.after(time.Minute)
		w.wants(hook, "Add shared/a")
	})
}
