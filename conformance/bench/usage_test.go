package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// As proc_pid_stat(5) describes it; the name holds what would mislead.
	stat := "4711 (a) b (c)) S 1 4711 4711 0 -1 4194304 100 200 0 0 150 50 7 3 20 0 9 0 12345 1000000 2500 18446744073709551615 1 1 0 0 0 0 0 0 0"
	got, err := parseStat([]byte(stat))
	want := usage{CPU: 2100 * time.Millisecond, Memory: 2500 * int64(os.Getpagesize())}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "4711 (a", "4711 (a) S 1 2", strings.Replace(stat, " 150 ", " x ", 1)} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}

// What a descendant takes is its ancestor's.
func TestUsageOfDescendants(t *testing.T) {
	// The shell has a child, which works until it is told not to.
	shell := exec.Command("sh", "-c", "(while :; do :; done) & read line; kill $!")
	input, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = input.Close(); _ = shell.Wait() }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		got, err := usageOf(shell.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if got.CPU >= 10*tick && got.Memory > 0 {
			return
		}
		if time.Now().After(deadline) { // a guard against hanging, no measurement
			t.Fatalf("the shell and its child took %+v", got)
		}
	}
}

func TestSocketsOf(t *testing.T) {
	before, err := socketsOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if after, err := socketsOf(os.Getpid()); err != nil || after <= before {
		t.Errorf("%d sockets, then %d, %v", before, after, err)
	}
}

func TestDiskOf(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "below", "file"), make([]byte, 100<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	sparse, err := os.Create(filepath.Join(folder, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer sparse.Close()
	if err := sparse.Truncate(1 << 30); err != nil {
		t.Fatal(err)
	}
	if got, err := diskOf(folder); err != nil || got < 100<<10 || got > 200<<10 {
		t.Errorf("%d bytes, %v", got, err)
	}
}
