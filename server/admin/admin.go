// Package admin lets commands work on data that a running server has open. The
// server listens on a socket in its data folder; a command names a task there,
// sends its input and gets back what the task writes, how far it is and how it
// ended.
//
// Invariants:
//
//   - Only the user that the server runs as (and root) can connect: the socket
//     has mode 0600 before it has its name.
//   - A task that a command gave up is cancelled. A command learns that its
//     task ended, or fails: a connection that breaks is never success.
//   - Whoever has the data folder's lock has the socket's name. What a killed
//     server left there is replaced.
//
// It does not know what tasks do (package server does) and is no API for
// others: both ends are of one version, or nearly.
package admin

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"domicile/rdfstore"
)

// socketName is the socket's name in the data folder.
const socketName = "admin.sock"

const (
	// maxInput bounds the input of a task, in bytes.
	maxInput  = 1 << 20
	closeTime = 5 * time.Second
)

// Output takes what a task has to say, from one goroutine.
type Output interface {
	io.Writer // the result
	Progress(rdfstore.Progress)
	// Warn tells of something that the person who looks after the data has to
	// know, but that does not end the task.
	Warn(text string)
}

// Task is what a command does where the data are open.
type Task func(ctx context.Context, input json.RawMessage, out Output) error

// event is one message of a server about a task.
type event struct {
	Output   []byte
	Warning  string
	Progress rdfstore.Progress
	Ended    bool
	Failure  string // of a task that ended; "" for success
}

// Server runs tasks for the commands that connect.
type Server struct {
	http   *http.Server
	socket string
	end    context.CancelFunc
}

// Listen opens the socket of a data folder and serves until Close.
func Listen(data string, tasks map[string]Task, logger *slog.Logger) (*Server, error) {
	socket := filepath.Join(data, socketName)
	listener, err := listen(data, socket)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	s := &Server{socket: socket, end: end}
	mux := http.NewServeMux()
	for name, task := range tasks {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) { s.run(w, r, name, task, logger) })
	}
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("admin socket ended", "error", err)
		}
	}()
	return s, nil
}

// listen makes the socket in a folder that nobody else can enter, and gives it
// its name when its mode is set.
func listen(data, socket string) (net.Listener, error) {
	private, err := os.MkdirTemp(data, "sock")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	path := filepath.Join(private, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // its name will be another
	if err := errors.Join(os.Chmod(path, 0o600), os.Rename(path, socket)); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// Close cancels what is under way, waits for its end and removes the socket.
// A command that takes nothing any more is not waited for long.
func (s *Server) Close() error {
	s.end()
	err := os.Remove(s.socket)
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		return errors.Join(err, s.http.Close())
	}
	return err
}

// run serves one task.
func (s *Server) run(w http.ResponseWriter, r *http.Request, name string, task Task, logger *slog.Logger) {
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxInput))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := &remote{flusher: http.NewResponseController(w), encoder: gob.NewEncoder(w)}
	started := time.Now()
	err = task(r.Context(), input, out)
	last := event{Ended: true}
	if err != nil {
		last.Failure = err.Error()
	}
	logger.Info("command", "name", name, "seconds", time.Since(started).Seconds(), "failed", err != nil)
	_ = out.send(last) // a command that is gone has been told nothing
}

// remote is the Output of a task that runs for a command in another process.
type remote struct {
	flusher *http.ResponseController
	encoder *gob.Encoder
	shown   time.Time
}

// progressInterval is how often a command is told how far its task is.
const progressInterval = 200 * time.Millisecond

// Write implements io.Writer.
func (o *remote) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := o.send(event{Output: p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Progress implements Output. A connection that is broken ends the task by its
// context.
func (o *remote) Progress(p rdfstore.Progress) {
	if time.Since(o.shown) < progressInterval {
		return
	}
	o.shown = time.Now()
	_ = o.send(event{Progress: p})
}

// Warn implements Output.
func (o *remote) Warn(text string) { _ = o.send(event{Warning: text}) }

func (o *remote) send(e event) error {
	if err := o.encoder.Encode(e); err != nil {
		return err
	}
	return o.flusher.Flush()
}
