package notify

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// frameBuffer is what a connection keeps for reading and for writing: little,
	// since most say nothing most of the time.
	frameBuffer = 512
	// corkMost is how much is collected before it is written after all.
	corkMost = 64 << 10
)

// cork is a connection that can collect what is written, so that many messages
// cost one system call.
type cork struct {
	net.Conn
	early   []byte // what the client sent before it was asked
	mu      sync.Mutex
	in      bool // what is written is collected
	waiting []byte
}

// Read implements [net.Conn].
func (c *cork) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write implements [net.Conn].
func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.in {
		return c.Conn.Write(p)
	}
	c.waiting = append(c.waiting, p...)
	if len(c.waiting) >= corkMost {
		return len(p), c.flush()
	}
	return len(p), nil
}

// put begins to collect, pull writes what was collected and ends that.
func (c *cork) put() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = true
}

func (c *cork) pull() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = false
	return c.flush()
}

// flush gives the client so much time to make room.
func (c *cork) flush() error {
	if len(c.waiting) == 0 {
		return nil
	}
	_ = c.Conn.SetWriteDeadline(time.Now().Add(sendTime)) // fails when it is closed, and so does Write
	_, err := c.Conn.Write(c.waiting)
	_ = c.Conn.SetWriteDeadline(time.Time{})
	c.waiting = nil
	return err
}

// corker hands out a connection in a cork, with small buffers.
type corker struct {
	http.ResponseWriter
	conn *cork
}

// Hijack implements [http.Hijacker].
func (c *corker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	c.conn = &cork{Conn: conn, early: bytes.Clone(early)}
	return c.conn, bufio.NewReadWriter(bufio.NewReaderSize(c.conn, frameBuffer), bufio.NewWriterSize(c.conn, frameBuffer)), nil
}
