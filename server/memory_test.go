package server

import (
	"os"
	"path/filepath"
	"testing"
)

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{"0": 0, "1": 1, "10B": 10, "500MB": 500 << 20, "2gb": 2 << 30, " 3 KB ": 3 << 10, "1TB": 1 << 40} {
		var size byteSize
		if err := size.Set(text); err != nil || size != want {
			t.Errorf("%q is %d, %v; want %d", text, size, err, want)
		}
		var again byteSize
		if err := again.Set(size.String()); err != nil || again != size {
			t.Errorf("%d is written as %q and read as %d, %v", size, size.String(), again, err)
		}
	}
	for _, text := range []string{"", "MB", "-1", "-1MB", "1.5GB", "1PB", "9999999999TB", "1 0MB"} {
		size := byteSize(7)
		if err := size.Set(text); err == nil || size != 7 {
			t.Errorf("%q is taken as %d", text, size)
		}
	}
}

func TestReadMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"536870912\n": 512 << 20,
		"MemTotal:       16384 kB\nMemFree: 1 kB\n": 16 << 20,
		"max\n": 0,
		"":      0,
	} {
		file := filepath.Join(t.TempDir(), "memory")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, ok := readMemory(file); ok != (want > 0) || ok && n != want {
			t.Errorf("%q is read as %d, %t", text, n, ok)
		}
	}
	if n := defaultMemory(); n < leastMemory || n > 1<<30 {
		t.Errorf("the default is %d", n)
	}
}

// The shares and what is left for requests fit the limit.
func TestMemoryIsSharedOut(t *testing.T) {
	for _, limit := range []int64{leastMemory, 256 << 20, 1 << 30, 16 << 30} {
		b := shareOut(limit)
		if fixed := b.store + int64(b.proofs)*100; fixed > b.runtime*3/4 || b.caches <= 0 || b.proofs <= 0 {
			t.Errorf("%d: %+v", limit, b)
		}
	}
}
