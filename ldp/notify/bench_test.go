package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore/badgerstore"
)

// BenchmarkPut measures how soon a durable PUT is answered into a container that
// nobody, or a thousand, listen to by WebSocket: one after the other, each when
// all have heard of the one before, and as many as there can be.
func BenchmarkPut(b *testing.B) {
	for _, listeners := range []int{0, 1000} {
		for _, paced := range []bool{true, false} {
			b.Run(fmt.Sprintf("listeners=%d/paced=%v", listeners, paced), func(b *testing.B) { benchmarkPut(b, listeners, paced) })
		}
	}
}

// pause is between paced writes, whether anybody listens or not, since the
// first of a while takes longer: a thousand listeners have heard by then.
const pause = 150 * time.Millisecond

func benchmarkPut(b *testing.B, listeners int, paced bool) {
	w := newWorld(b, func(c *notify.Config) {
		var err error
		if c.Store, err = badgerstore.Open(b.TempDir(), badgerstore.Options{}); err != nil {
			b.Fatal(err)
		}
	})
	w.put("shared/c/first", "")
	var heard atomic.Int64
	for range listeners {
		l := w.listen(bob, "shared/c/", nil)
		go func() {
			for {
				if _, _, err := l.conn.Read(context.Background()); err != nil {
					return
				}
				heard.Add(1)
			}
		}()
	}
	n := 0
	for b.Loop() {
		n++
		request, err := http.NewRequest("PUT", w.url(fmt.Sprintf("shared/c/%d", n)), strings.NewReader("<> <p:p> 1."))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("X-Agent", alice)
		request.Header.Set("Content-Type", ttl)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			b.Fatal(response.Status)
		}
		if paced {
			b.StopTimer()
			time.Sleep(pause)
			for heard.Load() < int64(n*listeners) {
				time.Sleep(time.Millisecond)
			}
			b.StartTimer()
		}
	}
	m := w.service.Metrics()
	b.ReportMetric(float64(m.Sent)/float64(n), "messages/op")
	b.ReportMetric(float64(m.Resyncs), "resyncs")
}
