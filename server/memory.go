package server

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// leastMemory is the smallest --memory-limit, in bytes.
const leastMemory = 128 << 20

// budget is how --memory-limit is shared out, in bytes.
type budget struct {
	runtime int64 // at which the garbage collector works as hard as it takes
	store   int64 // the store's tables in memory and its caches
	caches  int64 // documents that are kept parsed or rendered
	proofs  int   // DPoP proofs that are remembered, of about 100 bytes each
}

// shareOut leaves an eighth to what the runtime does not count: the program
// itself and the pages of files that it has mapped.
func shareOut(limit int64) budget {
	return budget{
		runtime: limit / 8 * 7,
		store:   limit / 2,
		caches:  limit / 24,
		proofs:  int(min(limit/1024, maxProofs)),
	}
}

// limitMemory sets the runtime's limit, for the whole process.
func (b budget) limitMemory() { debug.SetMemoryLimit(b.runtime) }

// defaultMemory is a quarter of the machine or of the container, at most 1
// GB, below which a million pods were made at more than 1,000 a second.
func defaultMemory() int64 {
	memory := int64(4 << 30)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/proc/meminfo"} {
		if n, ok := readMemory(file); ok {
			memory = min(memory, n)
		}
	}
	return max(memory/4, leastMemory)
}

// readMemory reads the bytes that a file of the system begins with: a number,
// or the first line of meminfo, which counts in kB.
func readMemory(file string) (int64, bool) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	text, kilo := strings.CutPrefix(string(line), "MemTotal:")
	n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
	if kilo {
		n *= 1024
	}
	return n, err == nil && n > 0
}

// byteSize is a flag in bytes, with a unit or without.
type byteSize int64

// units are powers of 1024, largest first.
var units = []struct {
	name string
	size int64
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

func (s *byteSize) Set(value string) error {
	number, unit := strings.ToUpper(strings.TrimSpace(value)), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("%q: want a number of bytes such as 500MB or 2GB", value)
	}
	*s = byteSize(n * unit)
	return nil
}

func (s *byteSize) String() string {
	for _, u := range units {
		if *s != 0 && int64(*s)%u.size == 0 {
			return strconv.FormatInt(int64(*s)/u.size, 10) + u.name
		}
	}
	return "0"
}
