package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"domicile/conformance/internal/harness"
)

// TestQuota fills a pod with concurrent writers to the last byte of its quota
// and no further; what is deleted makes room, and other pods know nothing of it.
func TestQuota(t *testing.T) {
	const quota, size, writers = 1 << 20, 40_000, 8
	server := program.Start(t, "--quota", "1MB", "--account-quota", "3MB")
	alice, bob := server.SignUp(t, "alice"), server.SignUp(t, "bob")
	put := func(who harness.Resident, name string, size int) (harness.Answer, error) {
		body := strings.NewReader(strings.Repeat("x", size))
		return harness.TrySend(t, who.Session.Client(), "PUT", who.Pod.URL+name, body, "Content-Type", "text/plain")
	}
	type refusal struct {
		Status, Asked int
		Left          *int
		Holder        string
	}
	refused := func(answer harness.Answer) (r refusal) {
		if err := json.Unmarshal([]byte(answer.Body), &r); err != nil || answer.Status != http.StatusInsufficientStorage || r.Left == nil || r.Holder != "storage" {
			t.Errorf("status %d, %v: %s", answer.Status, err, answer.Body)
			r.Left = new(int)
		}
		return r
	}

	var written atomic.Int64
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := 0; ; i++ {
				answer, err := put(alice, fmt.Sprintf("filled/%d-%d", writer, i), size)
				if err != nil {
					t.Error(err)
					return
				}
				if answer.Status != http.StatusCreated {
					if r := refused(answer); *r.Left >= size || r.Asked != size {
						t.Errorf("refused %d bytes with %d left", r.Asked, *r.Left)
					}
					return
				}
				written.Add(1)
			}
		})
	}
	all.Wait()
	// What a pod has from the start is small; the rest is known from outside.
	if n := written.Load(); n < (quota-40_000)/size || n > quota/size {
		t.Errorf("%d resources of %d bytes fit", n, size)
	}
	answer, err := put(alice, "over", quota)
	if err != nil {
		t.Fatal(err)
	}
	left := *refused(answer).Left
	for _, step := range []struct {
		name         string
		size, status int
	}{
		{"one byte too many", left + 1, http.StatusInsufficientStorage},
		{"to the last byte", left, http.StatusCreated},
		{"the same again", left, http.StatusNoContent},
		{"one byte more", left + 1, http.StatusInsufficientStorage},
	} {
		answer, err := put(alice, "last", step.size)
		if err != nil || answer.Status != step.status {
			t.Errorf("%s: %d, %v; want %d", step.name, answer.Status, err, step.status)
		}
	}
	answer, err = put(bob, "free", size)
	if err != nil || answer.Status != http.StatusCreated {
		t.Errorf("another pod: %d, %v", answer.Status, err)
	}

	server.Kill()
	server.Restart()
	wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"one", "1", "Content-Type", "text/plain"), http.StatusInsufficientStorage)
	wantStatus(t, alice.Do(t, "DELETE", alice.Pod.URL+"last", ""), http.StatusNoContent)
	answer, err = put(alice, "again", left)
	if err != nil || answer.Status != http.StatusCreated {
		t.Errorf("after a deletion: %d, %v", answer.Status, err)
	}
	wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"one", "1", "Content-Type", "text/plain"), http.StatusInsufficientStorage)
}
