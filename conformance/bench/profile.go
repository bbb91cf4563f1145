package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profile takes a CPU profile from a server's listener for operators while a
// turn runs, into a file that `go tool pprof` reads. The function that it
// returns waits for its end. Profiling takes some of the CPU that is measured.
func (s *site) profile(ctx context.Context, folder, name string, during time.Duration) (end func() error) {
	if folder == "" || s.operations == "" {
		return func() error { return nil }
	}
	ended := make(chan error, 1)
	go func() {
		seconds := max(1, int(during.Seconds()))
		raw, err := fetchURL(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.operations, seconds))
		if err == nil {
			err = os.MkdirAll(folder, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name+".pprof"), raw, 0o644)
		}
		ended <- err
	}()
	return func() error { return <-ended }
}

func fetchURL(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return body, err
}
