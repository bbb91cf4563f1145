package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// startTime and stopTime are when a server that does not start or stop is
	// given up: Community Solid Server takes up to 20 seconds to start.
	startTime = 2 * time.Minute
	stopTime  = 20 * time.Second
)

// process is a server's program under way.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has ended
	log     string        // file
	started time.Duration // from the start to the first answer
	memory  int64         // resident after it, bytes
}

// start runs a program and waits until url answers, whatever the status. What it
// prints goes to the file log.
func start(ctx context.Context, command *exec.Cmd, log, url string) (*process, error) {
	output, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	begun := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command, ended: make(chan struct{}), log: log}
	go func() { _ = command.Wait(); close(p.ended) }()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		if answers(ctx, url) {
			p.started = time.Since(begun)
			after, err := usageOf(p.pid())
			p.memory = after.Memory
			return p, err
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("%s ended: %w", command.Path, p.said())
		case <-ctx.Done():
			p.stop()
			return nil, fmt.Errorf("%s did not get ready: %w", command.Path, p.said())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// answers asks on a connection of its own, which is closed after.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return true
}

// said is the end of what the program printed.
func (p *process) said() error {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err
	}
	return errors.New(string(text[max(0, len(text)-2000):]))
}

func (p *process) pid() int { return p.command.Process.Pid }

// stop asks the process to end, and makes it when it does not.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// freeAddress returns a loopback HOST:PORT that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
