package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tick is the unit in which Linux tells CPU time (USER_HZ).
const tick = time.Second / 100

// usage is what a process and its descendants have taken.
type usage struct {
	CPU    time.Duration
	Memory int64 // resident, bytes
}

// usageOf reads /proc. A descendant that ended meanwhile counts in its parent.
func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	u, err := parseStat(stat)
	if err != nil {
		return usage{}, err
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return usage{}, err
	}
	for _, task := range tasks {
		children, _ := os.ReadFile(task) // the thread may have ended
		for _, field := range strings.Fields(string(children)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return usage{}, fmt.Errorf("%s: %w", task, err)
			}
			below, err := usageOf(child)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return usage{}, err
			}
			u.CPU += below.CPU
			u.Memory += below.Memory
		}
	}
	return u, nil
}

// parseStat reads proc_pid_stat(5): the CPU time of the process and of its
// children that have ended, and its memory.
func parseStat(stat []byte) (usage, error) {
	// The second field is the program's name in parentheses and may hold any.
	_, rest, found := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(" "))
	fields := bytes.Fields(rest) // from the third field on
	if !found || len(fields) < 22 {
		return usage{}, fmt.Errorf("no stat of a process: %.80q", stat)
	}
	var u usage
	for _, i := range []int{11, 12, 13, 14} { // utime stime cutime cstime
		ticks, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return usage{}, err
		}
		u.CPU += time.Duration(ticks) * tick
	}
	pages, err := strconv.ParseInt(string(fields[21]), 10, 64)
	u.Memory = pages * int64(os.Getpagesize())
	return u, err
}

// watchMemory looks at a process ten times a second. The function that it returns
// ends that and tells the most memory that the process had.
func watchMemory(pid int) (most func() int64) {
	done, ended := make(chan struct{}), make(chan int64)
	go func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		most := int64(0)
		for {
			select {
			case <-ticker.C:
				now, _ := usageOf(pid) // the process may have ended
				most = max(most, now.Memory)
			case <-done:
				ended <- most
				return
			}
		}
	}()
	return sync.OnceValue(func() int64 {
		close(done)
		return <-ended
	})
}

// socketsOf returns how many sockets a process has.
func socketsOf(pid int) (n int, err error) {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	files, err := os.ReadDir(folder)
	for _, file := range files {
		if target, _ := os.Readlink(filepath.Join(folder, file.Name())); strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n, err
}

// diskOf returns the bytes that the files below a folder take on the disk.
func diskOf(folder string) (bytes int64, err error) {
	err = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var stat syscall.Stat_t // a sparse file takes less than its length
			err = syscall.Lstat(path, &stat)
			bytes += stat.Blocks * 512
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil // removed meanwhile
		}
		return err
	})
	return bytes, err
}
