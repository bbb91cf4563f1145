package conformance

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"domicile/conformance/internal/harness"
)

// smallDisk mounts a file system of its own that is nearly used up soon.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Fatalf("this test has to mount a small tmpfs, which takes Linux and root (or `unshare -rm`): %v\n%s", err, output)
	}
	t.Cleanup(func() {
		if output, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, output)
		}
	})
	return folder
}

// TestFullDisk fills a real disk: writes are refused with 507 before Badger's
// memory maps would end the process, reads go on, what was acknowledged is
// there, also after a kill, and writing goes on when there is room again.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, "128m")
	server := program.Start(t, "--data", filepath.Join(disk, "data"), "--memory-limit", "128MB")
	alice := server.SignUp(t, "alice")
	kept := map[string]string{}
	put := func(name, mediaType, body string) harness.Answer {
		t.Helper()
		answer := alice.Do(t, "PUT", alice.Pod.URL+name, body, "Content-Type", mediaType)
		wantStatus(t, answer, http.StatusCreated, http.StatusInsufficientStorage)
		if answer.Status == http.StatusCreated {
			kept[alice.Pod.URL+name] = body
		}
		return answer
	}
	wantKept := func() {
		t.Helper()
		for url, body := range kept {
			if answer := alice.Do(t, "GET", url, ""); answer.Status != http.StatusOK || answer.Body != body {
				t.Errorf("GET %s: %d with %d bytes of %d", url, answer.Status, len(answer.Body), len(body))
			}
		}
	}
	remove := func(count, status int) {
		t.Helper()
		for url := range kept {
			if count--; count < 0 {
				return
			}
			wantStatus(t, alice.Do(t, "DELETE", url, ""), status)
			if status < 300 {
				delete(kept, url)
			}
		}
	}

	file := string(randomBytes(2 << 20))
	var refused harness.Answer
	for i := 0; refused.Status != http.StatusInsufficientStorage; i++ {
		refused = put(fmt.Sprint("file", i), "application/octet-stream", fmt.Sprint(i, file)) // equal files would share
	}
	if len(kept) < 20 {
		t.Errorf("only %d files of 2 MB fit", len(kept))
	}
	wantContains(t, "the refusal", refused.Header.Get("Content-Type")+refused.Body, "application/problem+json", `"status":507`)
	wantKept()
	remove(1, http.StatusNoContent)

	// Another process takes what is left.
	filler := filepath.Join(disk, "filler")
	if err := fill(filler); err == nil {
		t.Fatal("the disk did not get full")
	}
	wantStatus(t, put("document", turtle, "<> a <#Document>."), http.StatusInsufficientStorage)
	remove(1, http.StatusInsufficientStorage)
	wantKept()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}

	remove(8, http.StatusNoContent)
	wantStatus(t, put("document", turtle, "<> a <#Document>."), http.StatusCreated)
	// Small documents fill the engine itself, from several sides at once.
	var (
		mu      sync.Mutex
		writing sync.WaitGroup
	)
	for writer := range runtime.GOMAXPROCS(0) * 2 {
		writing.Go(func() {
			for i := 0; ; i++ {
				url := fmt.Sprintf("%ssmall/%d/%d", alice.Pod.URL, writer, i)
				body := fmt.Sprintf("<> <#says> %q.", strings.Repeat(fmt.Sprint(writer, i, " "), 3000))
				answer, err := harness.TrySend(t, alice.Session.Client(), "PUT", url, strings.NewReader(body), "Content-Type", turtle)
				if err != nil || answer.Status != http.StatusCreated {
					if answer.Status != http.StatusInsufficientStorage {
						t.Errorf("PUT %s: %v, %d %s", url, err, answer.Status, answer.Body)
					}
					return
				}
				mu.Lock()
				kept[url] = body
				mu.Unlock()
			}
		})
	}
	writing.Wait()
	wantKept()
	server.Kill()
	server.Restart()
	wantKept()
	remove(40, http.StatusNoContent)
	wantStatus(t, put("at-last", "application/octet-stream", file), http.StatusCreated)
}

// fill writes a file until the disk is full, which is the error it returns.
func fill(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	block := randomBytes(64 << 10)
	for {
		if _, err := file.Write(block); err != nil {
			return err
		}
	}
}
