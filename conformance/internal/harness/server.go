package harness

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long the harness waits for a process to get ready or to end
// before it calls the test failed. It is a guard against hanging, no
// measurement.
const patience = 60 * time.Second

// Binary is a program, built when it is first needed. The zero value is the
// server, ready to use.
type Binary struct {
	// Package is the import path of another program than the server.
	Package string

	once   sync.Once
	folder string
	err    error
}

// Path builds the program at the first call and returns where it is.
func (b *Binary) Path(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.folder, b.err = os.MkdirTemp("", "domicile-conformance-"); b.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", b.path(), cmp.Or(b.Package, "domicile"))
		if output, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("go build: %w\n%s", err, output)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path()
}

func (b *Binary) path() string { return filepath.Join(b.folder, "domicile") }

// Remove deletes the program.
func (b *Binary) Remove() error {
	if b.folder == "" {
		return nil
	}
	return os.RemoveAll(b.folder)
}

// Run runs a command of the program that ends by itself and returns its exit
// code and what it printed.
func (b *Binary) Run(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.Command(b.Path(t), args...)
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(5*patience, func() { _ = command.Process.Kill() })
	defer guard.Stop()
	return exitCode(t, command.Wait()), out.String(), errs.String()
}

// Server is a running server.
type Server struct {
	BaseURL string // ends in a slash
	// IdentityURL is where accounts and the issuer are: the base URL, unless
	// the flag --identity-url says otherwise.
	IdentityURL string
	Data        string // folder
	Listen      string // HOST:PORT

	t       testing.TB
	binary  *Binary
	args    []string
	process *exec.Cmd
	log     log
	ended   chan struct{} // closed when the process has ended
	waitErr error         // of the process; read after ended is closed
}

// Start starts a server on a free port with an empty data folder and waits
// until it is ready. Further arguments go to `serve`. It is killed when the
// test ends, unless it ended before.
func (b *Binary) Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{Data: t.TempDir(), Listen: FreeAddress(t), t: t, binary: b, args: args}
	t.Cleanup(func() {
		if s.process != nil {
			s.Kill()
		}
		if t.Failed() {
			t.Logf("end of the server's log:\n%s", lastLines(s.Log(), 20))
		}
	})
	s.Restart()
	return s
}

var readyLine = regexp.MustCompile(`https?://[^\s]+/`)

// Restart starts an ended server again on the same data and port.
func (s *Server) Restart() {
	s.t.Helper()
	args := append([]string{"serve", "--listen", s.Listen, "--data", s.Data, "--ops-listen", "off"}, s.args...)
	process := exec.Command(s.binary.Path(s.t), args...)
	process.Stderr = &s.log
	stdout, err := process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		s.t.Fatal(err)
	}
	ready, ended := make(chan string, 1), make(chan struct{})
	s.process, s.ended = process, ended
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, stdout)
		s.waitErr = process.Wait()
		close(ended)
	}()
	select {
	case line := <-ready:
		if s.BaseURL = readyLine.FindString(line); s.BaseURL == "" {
			s.t.Fatalf("the server said %q instead of being ready\n%s", line, s.Log())
		}
		s.IdentityURL = s.BaseURL
		for i, arg := range s.args[:max(len(s.args)-1, 0)] {
			if arg == "--identity-url" {
				s.IdentityURL = s.args[i+1]
			}
		}
	case <-time.After(patience):
		s.t.Fatalf("the server did not get ready\n%s", s.Log())
	}
}

// Kill ends the server as a power cut would end it, as far as a process can
// (SIGKILL).
func (s *Server) Kill() {
	s.t.Helper()
	s.Signal(syscall.SIGKILL)
	s.wait()
}

// Terminate asks the server to stop (SIGTERM) and does not wait.
func (s *Server) Terminate() {
	s.t.Helper()
	s.Signal(syscall.SIGTERM)
}

// Stop asks the server to stop, waits for its end and returns the exit code.
func (s *Server) Stop() int {
	s.t.Helper()
	s.Terminate()
	return s.Wait()
}

// Wait waits for the end of a server that was asked to stop and returns its
// exit code.
func (s *Server) Wait() int {
	s.t.Helper()
	return exitCode(s.t, s.wait())
}

// lastLines keeps a long log from hiding what failed.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Log returns what the server has written to stderr, restarts included.
func (s *Server) Log() string { return s.log.String() }

// Signal sends the server a signal.
func (s *Server) Signal(signal os.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
}

func (s *Server) wait() error {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		s.t.Fatalf("the server did not end\n%s", s.Log())
	}
	s.process = nil
	return s.waitErr
}

// exitCode turns the error of a finished process into its exit code. A process
// that a signal ended has -1.
func exitCode(t testing.TB, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// FreeAddress returns a loopback HOST:PORT that nobody listens on. The port is
// below those that Linux gives to outgoing connections, so that it is still
// free when a server that was killed is started again.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		listener.Close()
		return address
	}
	t.Fatal("there is no free port between 20000 and 32000")
	return ""
}

// log collects what a process writes, while others read it.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
