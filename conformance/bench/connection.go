package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// answerTime is when an answer is given up.
const answerTime = 60 * time.Second

// connection speaks HTTP/1.1 with as little work as it takes, since it shares
// the machine with the server that it measures: requests are bytes, of an
// answer only the status and the length are looked at.
type connection struct {
	address string
	from    net.IP   // nil: any
	conn    net.Conn // nil: has to be dialled
	reader  *bufio.Reader
	// firstByte is when the last answer began to come.
	firstByte time.Time
}

func newConnection(address string) *connection {
	return &connection{address: address, reader: bufio.NewReaderSize(nil, 64<<10)}
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// send sends a request and reads the whole answer. After an error the next
// request gets a new connection.
func (c *connection) send(request []byte) (status int, length int64, err error) {
	if c.conn == nil {
		dialer := net.Dialer{Timeout: answerTime, LocalAddr: &net.TCPAddr{IP: c.from}}
		if c.conn, err = dialer.Dial("tcp", c.address); err != nil {
			c.conn = nil
			return 0, 0, err
		}
		c.reader.Reset(c.conn)
	}
	_ = c.conn.SetDeadline(time.Now().Add(answerTime))
	var last bool
	if _, err = c.conn.Write(request); err == nil {
		_, err = c.reader.Peek(1)
		c.firstByte = time.Now()
	}
	if err == nil {
		status, length, last, err = readAnswer(c.reader, bytes.HasPrefix(request, []byte("HEAD ")))
	}
	if err != nil || last {
		c.close()
	}
	return status, length, err
}

// readAnswer reads an answer and throws its body away. last says that the
// server closes the connection.
func readAnswer(r *bufio.Reader, head bool) (status int, length int64, last bool, err error) {
	for status < 200 { // 100 Continue and 103 Early Hints come before the answer
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, 0, true, err
		}
		if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
			return 0, 0, true, fmt.Errorf("no status line: %.40q", line)
		}
		if status, err = strconv.Atoi(string(line[9:12])); err != nil {
			return 0, 0, true, fmt.Errorf("no status: %.40q", line)
		}
		if length, last, err = readHeader(r); err != nil {
			return 0, 0, true, err
		}
	}
	switch {
	case head || status == 204 || status == 304:
		return status, 0, last, nil
	case length == chunked:
		length, err = discardChunks(r)
	case length == untilClosed:
		length, err = io.Copy(io.Discard, r)
		last = true
	default:
		_, err = io.CopyN(io.Discard, r, length)
	}
	return status, length, last, err
}

// Lengths that a header does not tell.
const (
	untilClosed = -1
	chunked     = -2
)

func readHeader(r *bufio.Reader) (length int64, last bool, err error) {
	length = untilClosed
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, true, err
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return length, last, nil // the empty line
		}
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil || length < 0 {
				return 0, true, fmt.Errorf("Content-Length %q", value)
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			length = chunked
		case bytes.EqualFold(name, []byte("connection")):
			last = bytes.EqualFold(value, []byte("close"))
		}
	}
}

func discardChunks(r *bufio.Reader) (length int64, err error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return length, err
		}
		digits, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		n, err := strconv.ParseInt(string(digits), 16, 64)
		if err != nil || n < 0 {
			return length, fmt.Errorf("chunk of length %q", digits)
		}
		if n == 0 {
			_, _, err := readHeader(r) // trailers
			return length, err
		}
		if _, err := io.CopyN(io.Discard, r, n); err != nil {
			return length, err
		}
		length += n
		if end, err := r.ReadSlice('\n'); err != nil || len(bytes.TrimSpace(end)) > 0 {
			return length, errors.Join(errors.New("chunk without an end"), err)
		}
	}
}
