package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// bareAddress is the environment variable that makes this program the bare
// server, and where it listens.
const bareAddress = "DOMICILE_BENCH_BARE"

// bare is the ceiling: it answers with bytes that it has been given by PUT, by
// path and Accept, and does nothing else.
type bare struct {
	mu    sync.RWMutex
	bytes map[string]stored
}

type stored struct {
	mediaType, etag string
	body            []byte
}

func bareKey(path, accept string) string { return path + "\n" + accept }

func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := bareKey(r.URL.Path, r.Header.Get("Accept"))
	if r.Method == http.MethodPut {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.bytes[key] = stored{r.Header.Get("Content-Type"), fmt.Sprintf(`"%d"`, len(b.bytes)), body}
		w.WriteHeader(http.StatusCreated)
		return
	}
	b.mu.RLock()
	found, ok := b.bytes[key]
	b.mu.RUnlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", found.mediaType)
	w.Header().Set("ETag", found.etag)
	switch {
	case len(found.body) == blobSize:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.body))
	case r.Header.Get("If-None-Match") == found.etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		_, _ = w.Write(found.body)
	}
}

func serveBare(address string) error {
	server := &http.Server{Addr: address, Handler: &bare{bytes: map[string]stored{}}, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

// copyTo gives the bare server what ours answers to the reads of the cases.
func copyTo(ctx context.Context, to, from *site) error {
	if from == nil {
		return fmt.Errorf("it serves what %s does, which is not there", servers[0].name)
	}
	to.public = from.public
	for _, c := range publicReads(from) {
		response, body, err := from.fetch(ctx, c)
		if err != nil {
			return err
		}
		given := put(c.path, response.Header.Get("Content-Type"), string(body))
		given.header = append(given.header, c.header...) // Accept
		if _, _, err := to.fetch(ctx, given); err != nil {
			return err
		}
	}
	return nil
}
