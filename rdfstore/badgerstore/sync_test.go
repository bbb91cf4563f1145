package badgerstore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// markedChanges are the changes that writeMarked makes, in order.
var markedChanges = []string{"create", "replace", "record", "blob", "blob again", "delete"}

// writeMarked makes changes one after the other and writes a line before each
// and one after its acknowledgement, so that both are in the trace.
func writeMarked(dir string, options Options) error {
	store, err := Open(dir, options)
	if err != nil {
		return err
	}
	id, err := resource.Root("alice").Member("it", false)
	if err != nil {
		return err
	}
	update := func(write func(rdfstore.Tx) error) error { return store.Update(context.Background(), write) }
	for _, change := range markedChanges {
		if _, err := fmt.Printf("BEGIN %s\n", change); err != nil {
			return err
		}
		switch change {
		case "record":
			err = update(func(tx rdfstore.Tx) error { return tx.SetRecord("bucket", "key", []byte("value"), time.Time{}) })
		case "delete":
			err = update(func(tx rdfstore.Tx) error { return tx.Delete(id) })
		case "blob", "blob again":
			err = putBody(store, id, strings.Repeat(change, 10_000))
		default:
			err = putBody(store, id, change)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Printf("ACK %s\n", change); err != nil {
			return err
		}
	}
	return store.Close()
}

// TestAcknowledgedMeansSynced watches the system calls of a process that
// writes: what an acknowledgement stands for is on disk before it, also after
// a power cut.
func TestAcknowledgedMeansSynced(t *testing.T) {
	calls := traceChild(t, "trace")
	if err := checkSynced(calls); err != nil {
		t.Error(err)
	}
	if err := checkSynced(traceChild(t, "trace-encrypted")); err != nil {
		t.Errorf("encrypted: %v", err)
	}
	err := checkSynced(traceChild(t, "trace-async"))
	if err == nil || !strings.Contains(err.Error(), "create was acknowledged before syncing") {
		t.Errorf("a store that does not sync passes the check, or fails it for another reason: %v", err)
	}
	for step, pattern := range map[string]string{
		"the log":             `^fdatasync\(\d+<.*\.mem>`,
		"a blob":              `^fsync\(\d+<.*/blobs/tmp/`,
		"the folder of blobs": `^fsync\(\d+<.*/blobs/[0-9a-f]{2}>`,
		"a new folder":        `^fsync\(\d+<.*/blobs>`,
	} {
		t.Run("the check notices when "+step+" is not synced", func(t *testing.T) {
			missing := regexp.MustCompile(pattern)
			var rest []call
			for _, c := range calls {
				if !missing.MatchString(c.text) {
					rest = append(rest, c)
				}
			}
			if len(rest) == len(calls) {
				t.Fatal("the trace has no such call")
			}
			if err := checkSynced(rest); err == nil {
				t.Error("it finds nothing wrong")
			}
		})
	}
}

// call is a system call as strace writes it, with the line numbers at which it
// began and ended.
type call struct {
	text       string
	began, end int
}

// traceChild runs a role under strace and returns its calls in the order in
// which they ended.
func traceChild(t *testing.T, role string) []call {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("this test needs strace (Debian: apt-get install strace):", err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	command := child(t, role, filepath.Join(t.TempDir(), "data"), strace, "-f", "-y", "--seccomp-bpf", "-o", trace,
		"-e", "trace=fsync,fdatasync,write,pwrite64,rename,renameat,renameat2,mkdir,mkdirat")
	if output, err := command.Output(); err != nil {
		t.Fatalf("%s: %v\n%s", role, err, output)
	}
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return parseTrace(string(raw))
}

var resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)

func parseTrace(trace string) (calls []call) {
	unfinished := make(map[string]call)
	for number, line := range strings.Split(trace, "\n") {
		process, text, _ := strings.Cut(line, " ")
		text = strings.TrimSpace(text)
		c := call{text: text, began: number}
		if begin, ok := strings.CutSuffix(text, "<unfinished ...>"); ok {
			c.text = strings.TrimSpace(begin)
			unfinished[process] = c
			continue
		}
		if mark := resumed.FindString(text); mark != "" {
			c = unfinished[process]
			c.text += strings.TrimPrefix(text, mark)
		}
		c.end = number
		calls = append(calls, c)
	}
	return calls
}

// watch follows what is not synced yet: written blobs, folders with new names,
// and from each BEGIN on the log, which is written by memory and shows in no
// call.
type watch struct {
	unsynced     map[string]bool
	began        int // line of the last BEGIN
	acknowledged int
}

const theLog = "the log"

// watched says what a call, when its text matches, does to a watch; groups are
// those of the pattern.
var watched = []struct {
	pattern *regexp.Regexp
	happens func(w *watch, c call, groups []string) error
}{
	{regexp.MustCompile(`^write\(1<.*"BEGIN .*\\n"`), func(w *watch, c call, _ []string) error {
		w.began, w.unsynced[theLog] = c.end, true
		return nil
	}},
	{regexp.MustCompile(`^write\(1<.*"ACK (.*)\\n"`), func(w *watch, _ call, groups []string) error {
		if w.acknowledged == len(markedChanges) || groups[1] != markedChanges[w.acknowledged] {
			return fmt.Errorf("unexpected acknowledgement of %s", groups[1])
		}
		w.acknowledged++
		return w.nothingUnsynced(groups[1] + " was acknowledged")
	}},
	{regexp.MustCompile(`^fdatasync\(\d+<.*\.mem>\)\s+= 0`), func(w *watch, c call, _ []string) error {
		if c.began < w.began {
			return nil // an earlier write
		}
		delete(w.unsynced, theLog)
		return w.nothingUnsynced("the log was synced")
	}},
	{regexp.MustCompile(`^p?write(?:64)?\(\d+<(.*/blobs/.*?)>`), func(w *watch, _ call, groups []string) error {
		w.unsynced[groups[1]] = true
		return nil
	}},
	{regexp.MustCompile(`^mkdir(?:at)?\(.*"(.*/blobs/.*)".* = 0`), func(w *watch, _ call, groups []string) error {
		w.unsynced[filepath.Dir(groups[1])] = true
		return nil
	}},
	{regexp.MustCompile(`^rename(?:at2?)?\(.*"(.*/blobs/.*)",.*"(.*/blobs/.*)".* = 0`), func(w *watch, _ call, groups []string) error {
		w.unsynced[filepath.Dir(groups[2])] = true
		if w.unsynced[groups[1]] {
			return fmt.Errorf("%s got its name before it was synced", groups[1])
		}
		return nil
	}},
	{regexp.MustCompile(`^f(?:data)?sync\(\d+<(.*)>\)\s+= 0`), func(w *watch, _ call, groups []string) error {
		delete(w.unsynced, groups[1])
		return nil
	}},
}

func (w *watch) nothingUnsynced(event string) error {
	if len(w.unsynced) > 0 {
		return fmt.Errorf("%s before syncing %v", event, w.unsynced)
	}
	return nil
}

// checkSynced returns an error when something is not synced at an ACK, when a
// blob gets its name before its bytes are synced, or when the log is synced
// before the blobs that it refers to.
func checkSynced(calls []call) error {
	w := &watch{unsynced: map[string]bool{}}
	for _, c := range calls {
		for _, rule := range watched {
			if groups := rule.pattern.FindStringSubmatch(c.text); groups != nil {
				if err := rule.happens(w, c, groups); err != nil {
					return err
				}
			}
		}
	}
	if w.acknowledged != len(markedChanges) {
		return fmt.Errorf("the trace shows %d acknowledgements of %d", w.acknowledged, len(markedChanges))
	}
	return nil
}
