package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"domicile/clients/solid"
)

const (
	subscribers = 50
	// sampleTime is how long a turn lasts, after which a sample is taken.
	sampleTime = 10 * time.Second
	// An endurance run is of a busy server, not of a full one: so many requests
	// a second on so many connections. What is sent faster for minutes, by few
	// keys, meets the bound on used proofs.
	enduringRate = 1500
	resting      = 16
	// ring is how many documents it makes and deletes over and over, so that
	// the data do not grow.
	ring = 2000
	// kept is how many documents are there besides, so that the disk is not that
	// of an empty store.
	kept = 100_000
)

var enduring = benchCase{
	name: "endurance", title: "80 % GET, 12 % N3 PATCH, 4 % PUT, 4 % DELETE", once: true,
	at: func(s *site, turn string, i int) call {
		kind, ringPath := i*37%100, fmt.Sprintf("%sring/r%d.ttl", s.private, i*7919%ring)
		switch {
		case kind < 92:
			c := mixed(s, turn, i)
			if c.method != http.MethodPut {
				return c
			}
			return get(c.path, turtle).asOwner()
		case kind < 96:
			return put(ringPath, turtle, document(i)).asOwner()
		default:
			return call{method: http.MethodDelete, path: ringPath, want: append([]int{http.StatusNotFound}, written...)}.asOwner()
		}
	},
}

// sample is what the server has taken at a moment.
type sample struct {
	minute                               float64
	requests, errors                     int // of the turn before
	notifications                        int64
	memory, disk, heap, routines, handle float64 // MB and counts
}

// endure runs the mixed load with subscribers to what it changes, and samples.
func endure(ctx context.Context, o options, folder string, out io.Writer) error {
	s, err := servers[0].open(ctx, o.config, filepath.Join(folder, "site"), nil)
	if err != nil {
		return err
	}
	defer s.process.stop()
	if err := s.send(ctx, kept/s.thin, func(i int) call { return put(fmt.Sprintf("%skept/k%d.ttl", s.public, i), turtle, document(i)) }); err != nil {
		return err
	}
	content := mega(int64(kept/s.thin*len(document(kept)) + blobSize))
	var heard atomic.Int64
	listening, stop := context.WithCancel(ctx)
	var listeners sync.WaitGroup
	defer func() { stop(); listeners.Wait() }()
	for i := range subscribers {
		stream, err := s.subscribe(listening, documentPath(s.private, i))
		if err != nil {
			return err
		}
		listeners.Go(func() { hear(stream, &heard) })
	}
	fmt.Fprintf(out, "%7s %9s %7s %13s %6s %8s %10s %7s %8s\n", "minute", "requests", "errors", "notifications", "MB", "heap MB", "goroutines", "handles", "disk MB")
	during := min(sampleTime, o.endurance)
	var samples []sample
	failed := ""
	for begun := time.Now(); time.Since(begun) < o.endurance; {
		requests, err := prepare(ctx, s, enduring, "endurance-"+strconv.Itoa(len(samples)), int(enduringRate*during.Seconds()))
		if err != nil {
			return err
		}
		done, err := drive(ctx, s.address, requests, load{connections: resting, rate: enduringRate})
		if err != nil {
			return err
		}
		failed = cmp.Or(failed, done.firstError)
		taken, err := s.sample(ctx)
		if err != nil {
			return err
		}
		taken.minute, taken.requests, taken.errors, taken.notifications = time.Since(begun).Minutes(), done.requests-done.errors, done.errors, heard.Swap(0)
		fmt.Fprintf(out, "%7.1f %9d %7d %13d %6.0f %8.0f %10.0f %7.0f %8.0f\n", taken.minute, taken.requests, taken.errors, taken.notifications,
			taken.memory, taken.heap, taken.routines, taken.handle, taken.disk)
		samples = append(samples, taken)
	}
	if failed != "" {
		fmt.Fprintln(out, "first error:", failed)
	}
	drift(samples, out)
	disk := spreadOf(each(samples, func(s sample) float64 { return s.disk / content }))
	fmt.Fprintf(out, "disk to the %.0f MB of the documents that are kept and the file: %s times\n", content, disk)
	return nil
}

// drift compares the second quarter of a run, when it has warmed up, with the
// last.
func drift(samples []sample, out io.Writer) {
	quarter := len(samples) / 4
	if quarter == 0 {
		return
	}
	for _, of := range []struct {
		what  string
		value func(sample) float64
	}{
		{"memory, MB", func(s sample) float64 { return s.memory }},
		{"heap, MB", func(s sample) float64 { return s.heap }},
		{"goroutines", func(s sample) float64 { return s.routines }},
		{"handles", func(s sample) float64 { return s.handle }},
		{"disk, MB", func(s sample) float64 { return s.disk }},
	} {
		fmt.Fprintf(out, "%s: second quarter %s, last quarter %s\n", of.what,
			spreadOf(each(samples[quarter:2*quarter], of.value)), spreadOf(each(samples[len(samples)-quarter:], of.value)))
	}
}

// sample asks the system and the server's metrics.
func (s *site) sample(ctx context.Context) (sample, error) {
	u, err := usageOf(s.process.pid())
	if err != nil {
		return sample{}, err
	}
	disk, err := diskOf(s.data)
	if err != nil {
		return sample{}, err
	}
	raw, err := fetchURL(ctx, s.operations+"/metrics")
	if err != nil {
		return sample{}, err
	}
	taken := sample{memory: mega(u.Memory), disk: mega(disk)}
	taken.heap = metric(raw, "go_memstats_heap_inuse_bytes") / (1 << 20)
	taken.routines, taken.handle = metric(raw, "go_goroutines"), metric(raw, "process_open_fds")
	return taken, nil
}

// metric finds a metric without labels in what Prometheus reads; 0 when it is
// not there.
func metric(raw []byte, name string) float64 {
	for line := range bytes.Lines(raw) {
		if text, ok := strings.CutPrefix(string(line), name+" "); ok {
			value, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return value
		}
	}
	return 0
}

// subscribe opens a stream of the changes of a resource
// (EventSourceChannel2023).
func (s *site) subscribe(ctx context.Context, path string) (io.ReadCloser, error) {
	wanted, err := json.Marshal(map[string]any{
		"@context": []string{"https://www.w3.org/ns/solid/notifications-context/v1"}, "type": "EventSourceChannel2023", "topic": s.origin + path,
	})
	if err != nil {
		return nil, err
	}
	as, ok := s.agents[0].(*solid.Session)
	if !ok {
		return nil, fmt.Errorf("%s: its agents cannot subscribe", s.name)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.origin+"/.notifications/EventSourceChannel2023/", bytes.NewReader(wanted))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", jsonLD)
	response, err := as.Client().Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var channel struct {
		ReceiveFrom string `json:"receiveFrom"`
	}
	if err := json.NewDecoder(response.Body).Decode(&channel); err != nil || channel.ReceiveFrom == "" {
		return nil, fmt.Errorf("subscribing to %s: %s, %w", path, response.Status, err)
	}
	if request, err = http.NewRequestWithContext(ctx, http.MethodGet, channel.ReceiveFrom, nil); err != nil {
		return nil, err
	}
	if response, err = http.DefaultClient.Do(request); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("receiving from a channel: %s", response.Status)
	}
	return response.Body, nil
}

// hear counts the events of a stream until it ends.
func hear(stream io.ReadCloser, heard *atomic.Int64) {
	defer stream.Close()
	for lines := bufio.NewReader(stream); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "id:") {
			heard.Add(1)
		}
	}
}
