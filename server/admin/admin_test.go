package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"domicile/rdfstore"
)

// recorder is an Output that keeps everything.
type recorder struct {
	bytes.Buffer
	progress []rdfstore.Progress
	warnings []string
}

func (r *recorder) Warn(text string) { r.warnings = append(r.warnings, text) }

func (r *recorder) Progress(p rdfstore.Progress) { r.progress = append(r.progress, p) }

func serve(t *testing.T, tasks map[string]Task) (data string, server *Server) {
	t.Helper()
	data = t.TempDir()
	server, err := Listen(data, tasks, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return data, server
}

func TestTask(t *testing.T) {
	defer goleak.VerifyNone(t)
	data, server := serve(t, map[string]Task{
		"echo": func(_ context.Context, input json.RawMessage, out Output) error {
			out.Progress(rdfstore.Progress{Stage: "echoing", Done: 1, Total: 2, Unit: rdfstore.Bytes})
			out.Warn("careful")
			for range 3 {
				if _, err := out.Write(input); err != nil {
					return err
				}
			}
			return nil
		},
		"fail": func(context.Context, json.RawMessage, Output) error { return errors.New("no such pod") },
	})
	defer server.Close()
	var out recorder
	if err := Call(t.Context(), data, "echo", json.RawMessage(`"x"`), &out); err != nil || out.String() != `"x""x""x"` || len(out.progress) != 1 || out.progress[0].Total != 2 || len(out.warnings) != 1 || out.warnings[0] != "careful" {
		t.Errorf("echo: %v, %q, %v, %v", err, out.String(), out.progress, out.warnings)
	}
	if err := Call(t.Context(), data, "fail", nil, &out); err == nil || err.Error() != "no such pod" {
		t.Errorf("fail: %v", err)
	}
	if err := Call(t.Context(), data, "unheard", nil, &out); err == nil || !strings.Contains(err.Error(), "does not know") {
		t.Errorf("unknown task: %v", err)
	}
}

// The socket is the owner's only, replaces one that a killed server left, and
// goes with the server.
func TestSocket(t *testing.T) {
	data := t.TempDir()
	socket := filepath.Join(data, socketName)
	if err := os.WriteFile(socket, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Call(t.Context(), data, "x", nil, &recorder{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("a file that nobody listens on: %v", err)
	}
	server, err := Listen(data, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(data); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := Call(t.Context(), data, "x", nil, &recorder{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("after Close: %v", err)
	}
}

// A server that closes cancels its tasks and tells so; a command that is given
// up cancels its task.
func TestCancelledTask(t *testing.T) {
	began, ended := make(chan struct{}, 1), make(chan struct{})
	data, server := serve(t, map[string]Task{"wait": func(ctx context.Context, _ json.RawMessage, _ Output) error {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return ctx.Err()
	}})
	ctx, giveUp := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- Call(ctx, data, "wait", nil, &recorder{}) }()
	<-began
	giveUp()
	<-ended
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("a command that was given up: %v", err)
	}
	go func() { answer <- Call(t.Context(), data, "wait", nil, &recorder{}) }()
	<-began
	closed := make(chan error)
	go func() { closed <- server.Close() }()
	<-ended
	if err := errors.Join(<-closed); err != nil {
		t.Error(err)
	}
	if err := <-answer; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a command whose server closed: %v", err)
	}
}

func TestConsole(t *testing.T) {
	half := rdfstore.Progress{Stage: "reading", Done: 50, Total: 100, Unit: rdfstore.Bytes}
	for _, c := range []struct {
		name     string
		terminal bool
		show     func(*Console)
		want     string
	}{
		{"the beginning is not shown", true, func(c *Console) { c.Progress(half) }, ""},
		{"a bar, cleared for a result", true, func(c *Console) {
			c.Progress(half)
			c.started, c.shown = c.started.Add(-time.Minute), time.Time{}
			c.Progress(half)
			_, _ = c.Write([]byte("found\n"))
			c.Clear()
		}, "\r\x1b[Kreading [###############               ]  50 %, 50 B of 100 B, 1m0s left\r\x1b[K"},
		{"a line elsewhere, and not two", false, func(c *Console) {
			c.Progress(half)
			c.shown = time.Time{}
			unknown := half
			unknown.Total, unknown.Unit = 0, rdfstore.Resources
			c.Progress(unknown)
			c.Progress(unknown)
		}, "reading: 50 resources\n"},
		{"a warning", false, func(c *Console) { c.Warn("careful") }, "careful\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var result, progress strings.Builder
			c.show(NewConsole(&result, &progress, c.terminal))
			if progress.String() != c.want {
				t.Errorf("%q, want %q", progress.String(), c.want)
			}
		})
	}
}
