package server

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// What the guards of the listener cost: the same bytes from a bare handler and
// from behind them, in small answers and from a large file.
func BenchmarkDownload(b *testing.B) {
	large := b.TempDir() + "/large"
	if err := os.WriteFile(large, make([]byte, 64<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	small := strings.Repeat("x", 1<<10)
	handlers := map[string]http.HandlerFunc{
		"small": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, small) },
		"large": func(w http.ResponseWriter, _ *http.Request) {
			file, err := os.Open(large)
			if err != nil {
				return
			}
			defer file.Close()
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Length", fmt.Sprint(64<<20))
			_, _ = io.CopyN(w, file, 64<<20)
		},
	}
	for size, bytes := range map[string]int64{"small": 1 << 10, "large": 64 << 20} {
		for how, handler := range map[string]http.Handler{
			"bare":    handlers[size],
			"guarded": guarded(handlers[size], patience),
		} {
			b.Run(size+"/"+how, func(b *testing.B) {
				server := httptest.NewServer(handler)
				defer server.Close()
				b.SetBytes(bytes)
				for b.Loop() {
					response, err := http.Get(server.URL)
					if err != nil {
						b.Fatal(err)
					}
					if n, err := io.Copy(io.Discard, response.Body); err != nil || n != bytes {
						b.Fatal(n, err)
					}
					_ = response.Body.Close()
				}
			})
		}
	}
}
