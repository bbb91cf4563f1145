package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// flood is how an overload run treats the server.
type flood struct {
	times float64 // as much comes as can be done
	// connections it comes on, of so many addresses: one may have an eighth of
	// what the server takes.
	connections, addresses int
	// hostile is how many connections of each kind do not do their part; after
	// patience they have to be gone.
	hostile  int
	patience time.Duration
}

// aFlood: the server closes connections after 30 seconds without a byte.
var aFlood = flood{times: 10, connections: 6000, addresses: 8, hostile: 280, patience: 75 * time.Second}

// stress is one phase of an overload run.
type stress struct {
	Phase     string
	Offered   float64 // requests a second that were due
	Sent      float64
	Accepted  float64
	Refused   float64 // 503 and 429
	Other     int     // answers and connections that failed otherwise
	P50, P99  float64 // of the accepted, ms
	Livez     float64 // the slowest answer of /livez, ms
	Memory    int64   // bytes, the most that was seen
	FirstFail string
}

// overload floods our server, and leaves it alone with clients that do not do
// their part.
func overload(ctx context.Context, o options, f flood, folder string, out io.Writer) error {
	s, err := servers[0].open(ctx, o.config, filepath.Join(folder, "site"), nil)
	if err != nil {
		return err
	}
	defer s.process.stop()
	during := time.Duration(o.seconds * float64(time.Second))
	requests, err := s.encodeAll(ctx, 1000, func(i int) call {
		switch i % 4 {
		case 0:
			return putNew(s, "flood", i)
		case 1:
			return get(listPath(s, 1000), turtle)
		default:
			return get(documentPath(s.public, i), turtle)
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-34s %9s %9s %9s %9s %7s %8s %8s %9s %6s\n", "", "offered/s", "sent/s", "accepted", "refused", "other", "p50 ms", "p99 ms", "livez ms", "MB")
	phase := func(name string, how load) (stress, error) {
		got, err := s.stressed(ctx, name, requests, how)
		if err == nil {
			fmt.Fprintf(out, "%-34s %9.0f %9.0f %9.0f %9.0f %7d %8.1f %8.1f %9.1f %6.0f  %s\n", got.Phase, got.Offered, got.Sent, got.Accepted, got.Refused,
				got.Other, got.P50, got.P99, got.Livez, mega(got.Memory), got.FirstFail)
		}
		return got, err
	}
	closed := load{connections: o.connections, during: during, again: true}
	if _, err := phase("warming up", closed); err != nil {
		return err
	}
	before, err := phase("what it can take", closed)
	if err != nil {
		return err
	}
	if _, err := phase(fmt.Sprintf("%g times as much", f.times), load{connections: f.connections, addresses: f.addresses, during: 2 * during, again: true, rate: f.times * before.Accepted}); err != nil {
		return err
	}
	short := load{connections: o.connections, during: time.Second, again: true}
	for i := range 3 {
		if _, err := phase(fmt.Sprintf("second %d after", i+1), short); err != nil {
			return err
		}
	}
	sockets, err := socketsOf(s.process.pid())
	if err != nil {
		return err
	}
	enemies, err := beHostile(ctx, s, f.hostile)
	if err != nil {
		return err
	}
	defer enemies.close()
	begun := time.Now()
	if _, err := phase(fmt.Sprintf("%d half open, as many each stalled", f.hostile), closed); err != nil {
		return err
	}
	time.Sleep(f.patience - time.Since(begun))
	after, err := socketsOf(s.process.pid())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "after %.0f s the server has closed all but %d of their connections\n", f.patience.Seconds(), max(after-sockets, 0))
	_, err = phase("without them", closed)
	return err
}

// stressed drives requests while /livez is asked over and over.
func (s *site) stressed(ctx context.Context, name string, requests []request, how load) (stress, error) {
	asking, stop := context.WithCancel(ctx)
	var slowest atomic.Int64
	var memory atomic.Int64
	var watching sync.WaitGroup
	watching.Go(func() {
		for asking.Err() == nil {
			begun := time.Now()
			_, err := fetchURL(asking, s.operations+"/livez")
			if asking.Err() != nil {
				return
			}
			took := time.Since(begun)
			if err != nil {
				took = time.Hour
			}
			slowest.Store(max(slowest.Load(), int64(took)))
			if u, err := usageOf(s.process.pid()); err == nil {
				memory.Store(max(memory.Load(), u.Memory))
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	done, err := drive(ctx, s.address, requests, how)
	stop()
	watching.Wait()
	seconds := done.elapsed.Seconds()
	refused := done.statuses[503] + done.statuses[429]
	got := stress{
		Phase: name, Offered: how.rate, Sent: float64(done.requests) / seconds, Accepted: float64(len(done.latencies)) / seconds,
		Refused: float64(refused) / seconds, Other: done.errors - refused,
		P50: milliseconds(quantile(done.latencies, .5)), P99: milliseconds(quantile(done.latencies, .99)),
		Livez: milliseconds(time.Duration(slowest.Load())), Memory: memory.Load(),
	}
	if got.Other > 0 {
		got.FirstFail = done.firstError
	}
	return got, err
}

// enemies are connections that do not do their part.
type enemies struct{ connections []net.Conn }

// beHostile opens connections that stop in the middle of a header, that stop in
// the middle of an upload, and that never read the large answer that they asked
// for.
func beHostile(ctx context.Context, s *site, hostile int) (*enemies, error) {
	header := "Host: localhost\r\n"
	e := &enemies{}
	for _, text := range []string{
		"GET / HTTP/1.1\r\n" + header + "X-Half",
		"PUT " + s.public + "stalled HTTP/1.1\r\n" + header + "Content-Type: text/plain\r\nContent-Length: 1000000\r\n\r\nhalf",
		"GET " + s.public + "blob.bin HTTP/1.1\r\n" + header + "\r\n",
	} {
		for range hostile {
			connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
			if err != nil {
				e.close()
				return nil, err
			}
			e.connections = append(e.connections, connection)
			// Little room for an answer, so that it cannot be written.
			if err := connection.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
				return nil, err
			}
			if _, err := io.WriteString(connection, text); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

func (e *enemies) close() {
	for _, connection := range e.connections {
		_ = connection.Close()
	}
}
