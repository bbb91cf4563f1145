package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"domicile/clients/solid"
)

// agent is who signs requests: an access token and the key that it is bound to.
// A [solid.Session] is one.
type agent interface {
	Token(context.Context) (string, error)
	Key() *solid.Key
}

// site is a server under way with a pod in it.
type site struct {
	*server
	process *process
	// start starts the process, again with what it has kept; nil: not one of ours.
	start   func(context.Context) error
	origin  string // http://HOST:PORT, as the server calls itself
	address string // to connect to
	data    string // folder, "" when it keeps nothing
	// operations is the origin of the listener for operators, "" for none.
	operations string
	owner      string // WebID
	// agents act for the owner. They are several because servers may bound the
	// proofs of one key.
	agents []agent
	// public and private are paths of containers, with a slash at both ends.
	public, private string
	tags            []string // of the public documents
	thin            int      // of config
	hasLargest      bool     // a container of 100,000
}

// lacksCase reports whether a case is not for the server.
func (s *site) lacksCase(c benchCase) bool {
	return s.lacks[c.name] != "" || c.seed != nil && s.start == nil
}

// call is a request before it is bytes.
type call struct {
	method, path string
	header       []string // names and values by turns
	body         string
	signed       bool // by an agent, with a proof of its own
	want         []int
}

var (
	read    = []int{http.StatusOK}
	written = []int{http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusResetContent}
)

func get(path, accept string) call {
	return call{method: http.MethodGet, path: path, header: []string{"Accept", accept}, want: read}
}

func put(path, mediaType, body string) call {
	return call{method: http.MethodPut, path: path, header: []string{"Content-Type", mediaType}, body: body, want: written}
}

func (c call) asOwner() call {
	c.signed = true
	return c
}

// encode makes the bytes of the i-th request.
func (s *site) encode(ctx context.Context, c call, i int) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", c.method, c.path, strings.TrimPrefix(s.origin, "http://"))
	for j := 0; j+1 < len(c.header); j += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", c.header[j], c.header[j+1])
	}
	if c.signed {
		as := s.agents[i%len(s.agents)]
		token, err := as.Token(ctx)
		if err != nil {
			return nil, err
		}
		proof, err := as.Key().Sign(solid.Proof{Method: c.method, URL: s.origin + c.path, AccessToken: token})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "Authorization: DPoP %s\r\nDPoP: %s\r\n", token, proof)
	}
	if c.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(c.body))
	}
	b.WriteString("\r\n" + c.body)
	return b.Bytes(), nil
}

// encodeAll makes n requests, on all processors.
func (s *site) encodeAll(ctx context.Context, n int, at func(i int) call) ([]request, error) {
	requests := make([]request, n)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				c := at(i)
				raw, err := s.encode(ctx, c, i)
				if err != nil {
					failed.Store(&err)
				}
				requests[i] = request{raw, c.want}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return requests, nil
}

// send sends n calls and reports the first that is not answered as it wants.
func (s *site) send(ctx context.Context, n int, at func(i int) call) error {
	const batch = 10_000 // bounds the memory
	for start := 0; start < n; start += batch {
		requests, err := s.encodeAll(ctx, min(batch, n-start), func(i int) call { return at(start + i) })
		if err != nil {
			return err
		}
		done, err := drive(ctx, s.address, requests, load{connections: min(s.seeders, len(requests))})
		if err != nil {
			return err
		}
		if done.firstError != "" {
			return fmt.Errorf("%s: %s", s.name, done.firstError)
		}
	}
	return nil
}

// fetch sends one call and returns its answer with the body read.
func (s *site) fetch(ctx context.Context, c call) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, c.method, s.origin+c.path, strings.NewReader(c.body))
	if err != nil {
		return nil, nil, err
	}
	for j := 0; j+1 < len(c.header); j += 2 {
		request.Header.Add(c.header[j], c.header[j+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && !slices.Contains(c.want, response.StatusCode) {
		err = fmt.Errorf("%s: %s %s: %s\n%.500s", s.name, c.method, c.path, response.Status, body)
	}
	return response, body, err
}
