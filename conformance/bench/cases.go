package main

import (
	"context"
	"fmt"
	"net/http"
)

// benchCase is one kind of request.
type benchCase struct {
	name, title string
	// connections, when the case has a number of its own.
	connections int
	// once: a request is sent once, since it makes something, deletes it or
	// carries a proof.
	once bool
	// seed makes what else the case needs, before its first turn. A case that has
	// one is of our servers only, and has to be asked for.
	seed func(ctx context.Context, s *site) error
	// prepare makes what n requests of a turn need.
	prepare func(ctx context.Context, s *site, turn string, n int) error
	// at is the i-th request of a turn.
	at func(s *site, turn string, i int) call
}

var cases = []benchCase{
	{name: "get", title: "public GET, Turtle", at: func(s *site, _ string, i int) call {
		return get(documentPath(s.public, i), turtle)
	}},
	{name: "get-jsonld", title: "public GET, JSON-LD", at: func(s *site, _ string, i int) call {
		return get(documentPath(s.public, i), jsonLD)
	}},
	{name: "get-304", title: "public GET, not modified", prepare: fetchTags, at: func(s *site, _ string, i int) call {
		c := get(documentPath(s.public, i), turtle)
		c.header = append(c.header, "If-None-Match", s.tags[i%documents])
		c.want = []int{http.StatusNotModified}
		return c
	}},
	{name: "deny", title: "anonymous GET of a private document", at: func(s *site, _ string, i int) call {
		c := get(documentPath(s.private, i), turtle)
		c.want = []int{http.StatusUnauthorized}
		return c
	}},
	{name: "dpop-get", title: "GET with DPoP, a proof each", once: true, at: func(s *site, _ string, i int) call {
		return get(documentPath(s.private, i), turtle).asOwner()
	}},
	{name: "put-new", title: "PUT, new", once: true, at: putNew},
	{name: "put-new-1", title: "PUT, new, one connection", connections: 1, once: true, at: putNew},
	{name: "put-replace", title: "PUT, replace", at: func(s *site, _ string, i int) call {
		return put(editPath(s, i), turtle, document(i))
	}},
	{name: "post", title: "POST", once: true, prepare: makeContainer, at: postNew},
	{name: "post-1", title: "POST, one connection", connections: 1, once: true, prepare: makeContainer, at: postNew},
	{name: "patch", title: "N3 PATCH", once: true, at: patchNote},
	{name: "patch-1", title: "N3 PATCH, one connection", connections: 1, once: true, at: patchNote},
	{name: "delete", title: "DELETE", once: true, prepare: func(ctx context.Context, s *site, turn string, n int) error {
		return s.send(ctx, n, func(i int) call { return put(deletePath(s, turn, i), turtle, document(i)) })
	}, at: func(s *site, turn string, i int) call {
		return call{method: http.MethodDelete, path: deletePath(s, turn, i), want: written}
	}},
	{name: "list-1000", title: "listing of 1,000", connections: 16, at: list(1000, turtle)},
	{name: "list-1000-64", title: "listing of 1,000, 64 connections", connections: 64, at: list(1000, turtle)},
	{name: "list-10000", title: "listing of 10,000, one connection", connections: 1, at: list(10_000, turtle)},
	largestCase("list-100000", 1, turtle),
	largestCase("list-100000-8", 8, turtle),
	largestCase("list-100000-jsonld", 1, jsonLD),
	largestCase("list-100000-jsonld-8", 8, jsonLD),
	{name: "binary", title: "GET of 10 MiB", connections: 16, at: func(s *site, _ string, _ int) call {
		return get(s.public+"blob.bin", "*/*")
	}},
	{name: "range", title: "GET of 64 KiB out of 10 MiB", at: func(s *site, _ string, i int) call {
		c := get(s.public+"blob.bin", "*/*")
		start := i * 7919 * 4096 % (blobSize - rangeSize)
		c.header = append(c.header, "Range", fmt.Sprintf("bytes=%d-%d", start, start+rangeSize-1))
		c.want = []int{http.StatusPartialContent}
		return c
	}},
	{name: "mixed", title: "with DPoP: 80 % GET, 15 % N3 PATCH, 5 % PUT new", once: true, at: mixed},
}

func mixed(s *site, turn string, i int) call {
	path := documentPath(s.private, i+i/documents) // not the same kind for one document each time
	switch hundredth := i * 37 % 100; {            // every remainder once in a hundred, well mixed
	case hundredth < 80:
		return get(path, turtle).asOwner()
	case hundredth < 95:
		c := patchNote(s, turn, i).asOwner()
		c.path = path
		return c
	default:
		return put(fmt.Sprintf("%snew-%s/p%d.ttl", s.private, turn, i), turtle, document(i)).asOwner()
	}
}

func putNew(s *site, turn string, i int) call {
	return put(fmt.Sprintf("%snew-%s/p%d.ttl", s.public, turn, i), turtle, document(i))
}

func postNew(s *site, turn string, i int) call {
	return call{method: http.MethodPost, path: postPath(s, turn), header: []string{"Content-Type", turtle, "Slug", fmt.Sprintf("p%d.ttl", i)},
		body: document(i), want: []int{http.StatusCreated}}
}

func postPath(s *site, turn string) string { return fmt.Sprintf("%spost-%s/", s.public, turn) }

func makeContainer(ctx context.Context, s *site, turn string, _ int) error {
	return s.send(ctx, 1, func(int) call { return put(postPath(s, turn)+"first.ttl", turtle, document(0)) })
}

// patchNote replaces a triple by one that has not been there.
func patchNote(s *site, turn string, i int) call {
	return call{method: http.MethodPatch, path: editPath(s, i), header: []string{"Content-Type", n3},
		body: patch(fmt.Sprintf("%s-%d", turn, i)), want: written}
}

func deletePath(s *site, turn string, i int) string {
	return fmt.Sprintf("%sdelete-%s/d%d.ttl", s.public, turn, i)
}

func largestCase(name string, connections int, accept string) benchCase {
	return benchCase{name: name, title: fmt.Sprintf("listing of 100,000, %s, connections: %d", accept, connections),
		connections: connections, seed: fillLargest, at: list(largest, accept)}
}

func list(n int, accept string) func(s *site, _ string, _ int) call {
	return func(s *site, _ string, _ int) call { return get(listPath(s, n), accept) }
}

func fetchTags(ctx context.Context, s *site, _ string, _ int) error {
	s.tags = nil
	for i := range documents {
		response, _, err := s.fetch(ctx, get(documentPath(s.public, i), turtle))
		if err != nil {
			return err
		}
		s.tags = append(s.tags, response.Header.Get("ETag"))
	}
	return nil
}

// publicReads are the reads of all cases that take no token, once each.
func publicReads(s *site) []call {
	calls := []call{get(s.public+"blob.bin", "*/*")}
	for i := range documents {
		calls = append(calls, get(documentPath(s.public, i), turtle), get(documentPath(s.public, i), jsonLD))
	}
	for _, n := range sizes {
		calls = append(calls, get(listPath(s, n), turtle))
	}
	return calls
}
