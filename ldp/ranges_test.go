package ldp_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
)

func TestRanges(t *testing.T) {
	standing := []given{{"digits", "application/octet-stream", "0123456789"}, {"r", ttl, note}, {"empty", text, ""}}
	for _, c := range []struct {
		name, path, value string
		more              fields
		status            int
		content, body     string // Content-Range and what is sent
	}{
		{"T43 first bytes", "digits", "bytes=0-3", nil, 206, "bytes 0-3/10", "0123"},
		{"inner bytes", "digits", "bytes=4-6", nil, 206, "bytes 4-6/10", "456"},
		{"from a position", "digits", "bytes=7-", nil, 206, "bytes 7-9/10", "789"},
		{"the last bytes", "digits", "bytes=-3", nil, 206, "bytes 7-9/10", "789"},
		{"more than the last bytes", "digits", "bytes=-99", nil, 206, "bytes 0-9/10", "0123456789"},
		{"past the end is clamped", "digits", "bytes=8-99", nil, 206, "bytes 8-9/10", "89"},
		{"T43 beyond the end", "digits", "bytes=9999-", nil, 416, "bytes */10", ""},
		{"no last bytes", "digits", "bytes=-0", nil, 416, "bytes */10", ""},
		{"of nothing", "empty", "bytes=0-0", nil, 416, "bytes */0", ""},
		{"several ranges are ignored", "digits", "bytes=0-1,4-5", nil, 200, "", "0123456789"},
		{"another unit is ignored", "digits", "lines=0-1", nil, 200, "", "0123456789"},
		{"backwards is no range", "digits", "bytes=5-3", nil, 200, "", "0123456789"},
		{"no number is no range", "digits", "bytes=a-b", nil, 200, "", "0123456789"},
		{"a document as it was written", "r", "bytes=0-6", nil, 206, fmt.Sprintf("bytes 0-6/%d", len(note)), "@prefix"},
		{"not of a conversion", "r", "bytes=0-6", fields{"Accept": jld}, 200, "", ""},
		{"If-Range of another state", "digits", "bytes=0-3", fields{"If-Range": `"other"`}, 200, "", "0123456789"},
	} {
		t.Run("SP-RNG-01 "+c.name, func(t *testing.T) {
			p := newPod(t, standing)
			f := fields{"Range": c.value}
			for name, value := range c.more {
				f[name] = value
			}
			a := p.send(call{alice, "GET", "/alice/" + c.path, f, ""}).is(c.status)
			if got := a.header.Get("Content-Range"); got != c.content {
				t.Errorf("Content-Range %q, want %q", got, c.content)
			}
			if c.body != "" && a.body != c.body {
				t.Errorf("body %q, want %q", a.body, c.body)
			}
			if c.status == 206 {
				a.has(fields{"ETag": `"`, "Last-Modified": "GMT", "Accept-Ranges": "bytes", "Content-Security-Policy": "sandbox"})
			}
		})
	}
	t.Run("SP-RNG-01 If-Range of this state", func(t *testing.T) {
		p := newPod(t, standing)
		tag := p.get(alice, "/alice/digits").is(200).has(fields{"Accept-Ranges": "bytes"}).header.Get("ETag")
		date := p.get(alice, "/alice/digits").header.Get("Last-Modified")
		for value, want := range map[string]int{tag: 206, "W/" + tag: 200, date: 206, epochStart: 200, farFuture: 200} {
			p.send(call{alice, "GET", "/alice/digits", fields{"Range": "bytes=0-3", "If-Range": value}, ""}).is(want)
		}
	})
	t.Run("SP-RNG-01 HEAD has no range", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(call{alice, "HEAD", "/alice/digits", fields{"Range": "bytes=0-3"}, ""}).is(200).has(fields{"Content-Length": "10"})
	})
}

// noise yields the same bytes for the same seed, without keeping them.
func noise(size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), size)
}

func sum(r io.Reader) (int64, string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return n, fmt.Sprintf("%x", h.Sum(nil)), err
}

func TestLargeBinary(t *testing.T) {
	const size = 20 << 20
	_, want, _ := sum(noise(size))
	p := newPod(t, nil)
	do := func(method string, body io.Reader, f fields) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, root+"c/big.bin", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(agentHeader, alice)
		for name, value := range f {
			req.Header.Set(name, value)
		}
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	if resp := do("PUT", noise(size), fields{"Content-Type": "application/octet-stream"}); resp.StatusCode != 201 {
		t.Fatalf("PUT of a chunked body: %s", resp.Status)
	}
	resp := do("GET", nil, nil)
	if n, got, err := sum(resp.Body); n != size || got != want || err != nil || resp.ContentLength != size {
		t.Errorf("GET: %d bytes of %d, the same: %v, %v", n, resp.ContentLength, got == want, err)
	}
	h := sha256.New()
	const piece = 3<<20 + 7
	for from := int64(0); from < size; from += piece {
		resp := do("GET", nil, fields{"Range": fmt.Sprintf("bytes=%d-%d", from, from+piece-1)})
		if resp.StatusCode != 206 {
			t.Fatalf("range from %d: %s", from, resp.Status)
		}
		if _, err := io.Copy(h, resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Error("the ranges do not make up the whole")
	}
	p.lists("c/", "c/big.bin")
	p.send(deletion("c/big.bin")).is(204)
}
