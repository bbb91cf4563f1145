package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/felixge/httpsnoop"
)

// pace is how slow a client may be. Whoever takes longer than header to say what
// it wants is cut off, and whoever takes or sends nothing for as long as idle; so
// is an upload that is slower, all in all, than bytesPerSecond. A slow download
// is bound by idle for each slice.
type pace struct {
	header, idle   time.Duration
	bytesPerSecond int64
}

// patience is the pace of the public listener: a poor mobile connection passes.
var patience = pace{header: 10 * time.Second, idle: 30 * time.Second, bytesPerSecond: 1 << 10}

// slice is how much is written under one deadline, so that a long answer is
// judged by its progress and not by its length.
const slice = 64 << 10

// answer is an http.ResponseWriter's account of what went through it. Each
// write has a deadline, and does not keep others from the gate.
type answer struct {
	status  int // 0 while nothing is written
	bytes   int64
	pace    pace
	control *http.ResponseController
	visit   *visit // nil: none
	// taken: somebody else has the connection and keeps its time.
	taken    bool
	extended time.Time // when the deadline was set
}

// watch returns a writer that has the same optional methods as w.
func (p pace) watch(w http.ResponseWriter) (*answer, http.ResponseWriter) {
	a := &answer{pace: p, control: http.NewResponseController(w)}
	a.extend() // for what net/http writes by itself: 100 Continue here
	return a, httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				if status >= 200 {
					a.begin(status)
				}
				next(status)
			}
		},
		Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) {
				conn, buffers, err := next()
				if err == nil {
					a.begin(http.StatusSwitchingProtocols)
					a.taken = true
				}
				return conn, buffers, err
			}
		},
		Write:    a.write,
		ReadFrom: a.readFrom,
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() {
				a.begin(http.StatusOK)
				a.extend()
				a.visit.outside(next)
			}
		},
	})
}

func (a *answer) begin(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// extend gives the client about idle from now to take what comes next: a
// deadline that has just been set is left. It fails where there is no
// connection, in tests.
func (a *answer) extend() {
	if now := time.Now(); !a.taken && now.Sub(a.extended) > a.pace.idle/30 {
		a.extended = now
		_ = a.control.SetWriteDeadline(now.Add(a.pace.idle))
	}
}

func (a *answer) write(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
	return func(p []byte) (written int, err error) {
		a.begin(http.StatusOK)
		for {
			part := p[written:min(len(p), written+slice)]
			a.extend()
			var n int
			a.visit.outside(func() { n, err = next(part) })
			written += n
			a.bytes += int64(n)
			if err != nil || written == len(p) {
				return written, err
			}
		}
	}
}

// readFrom keeps the way by which the kernel copies files.
func (a *answer) readFrom(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
	return func(source io.Reader) (copied int64, err error) {
		a.begin(http.StatusOK)
		whole, limited := source.(*io.LimitedReader)
		if !limited {
			whole = &io.LimitedReader{R: source, N: 1<<63 - 1}
		}
		for whole.N > 0 {
			part := &io.LimitedReader{R: whole.R, N: min(slice, whole.N)}
			a.extend()
			var n int64
			a.visit.outside(func() { n, err = next(part) })
			copied += n
			a.bytes += n
			whole.N -= n
			if err != nil || part.N > 0 {
				return copied, err
			}
		}
		return copied, nil
	}
}

// paced is a request's body. Each read has a deadline, and does not keep others
// from the gate.
type paced struct {
	io.ReadCloser
	answer  *answer
	started time.Time
	bytes   int64
	ended   bool // or failed
}

// body puts the pace on r's body. The function that it returns is called when
// the request has been answered.
func (p pace) body(r *http.Request, answer *answer) (done func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	body := &paced{ReadCloser: r.Body, answer: answer, started: time.Now()}
	body.extend()
	r.Body = body
	return func() {
		if !body.ended { // net/http reads some of the rest before it sends the answer
			_ = answer.control.SetReadDeadline(time.Now().Add(p.idle / 4))
		}
	}
}

func (b *paced) extend() {
	pace := b.answer.pace
	deadline := time.Now().Add(pace.idle)
	earned := time.Duration(float64(b.bytes) / float64(pace.bytesPerSecond) * float64(time.Second))
	if overall := b.started.Add(pace.idle + earned); overall.Before(deadline) {
		deadline = overall
	}
	_ = b.answer.control.SetReadDeadline(deadline)
}

func (b *paced) Read(p []byte) (n int, err error) {
	if !b.ended {
		b.extend()
	}
	b.answer.visit.outside(func() { n, err = b.ReadCloser.Read(p) })
	b.bytes += int64(n)
	if errors.Is(err, io.EOF) && !b.ended {
		// From here on net/http only listens for the client's leaving.
		_ = b.answer.control.SetReadDeadline(time.Time{})
	}
	b.ended = b.ended || err != nil
	return n, err
}
