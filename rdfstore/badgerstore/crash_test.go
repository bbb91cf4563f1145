package badgerstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

const (
	crashRounds  = 6
	crashWriters = 4
)

// crashBody is the body that a name promises: each eighth is large.
func crashBody(name string, number int) string {
	if number%8 == 0 {
		return strings.Repeat(name+"\n", 3000)
	}
	return name
}

// writeUntilKilled writes resources, each with a record of the same name, and
// prints a name once its update returned.
func writeUntilKilled(dir string) error {
	store, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	run := fmt.Sprint(time.Now().UnixNano())
	failures := make(chan error)
	for writer := range crashWriters {
		go func() {
			for number := 0; ; number++ {
				name := fmt.Sprintf("%s-%d-%d", run, writer, number)
				if err := writeCrashPair(store, name, crashBody(name, number)); err != nil {
					failures <- err
					return
				}
				fmt.Println(name)
			}
		}()
	}
	return <-failures
}

func writeCrashPair(store rdfstore.Store, name, body string) error {
	staged, err := store.Stage(context.Background(), strings.NewReader(body), -1)
	if err != nil {
		return err
	}
	defer staged.Discard()
	id, err := resource.Root("alice").Member(name, false)
	if err != nil {
		return err
	}
	return store.Update(context.Background(), func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(rdfstore.Storage{Name: "alice"}); err != nil && !errors.Is(err, rdfstore.ErrExists) {
			return err
		}
		_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, MediaType: "text/plain", Body: staged})
		return errors.Join(err, tx.SetRecord("crash", name, []byte(body[:len(name)]), time.Time{}))
	})
}

// A killed process keeps the page cache, so this proves that nothing
// acknowledged is lost or torn by a crash; sync_test.go proves that it would
// survive a power cut.
func TestKilledProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	acknowledged := make(map[string]bool)
	for range crashRounds {
		killWhileWriting(t, dir, acknowledged)
		checkAfterCrash(t, dir, acknowledged)
	}
}

// killWhileWriting kills a writing process at a random moment and adds the
// names that it acknowledged.
func killWhileWriting(t *testing.T, dir string, acknowledged map[string]bool) {
	t.Helper()
	command := child(t, "crash", dir)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	before := len(acknowledged)
	for enough := before + 1 + rand.IntN(300); lines.Scan(); {
		acknowledged[lines.Text()] = true
		if len(acknowledged) == enough { // what is in the pipe already counts too
			if err := command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := command.Wait(); err == nil || len(acknowledged) == before {
		t.Fatalf("the child ended by itself, with %d acknowledged writes: %v", len(acknowledged)-before, err)
	}
}

func checkAfterCrash(t *testing.T, dir string, acknowledged map[string]bool) {
	t.Helper()
	store := open(t, dir, Options{})
	defer closeStore(t, store)
	found := make(map[string]bool)
	if err := store.View(context.Background(), func(r rdfstore.Reader) error {
		for member, err := range r.Members(resource.Root("alice"), "") {
			if err != nil {
				return err
			}
			name := member.ID.Name()
			found[name] = true
			var number int
			if _, err := fmt.Sscanf(name[strings.LastIndexByte(name, '-')+1:], "%d", &number); err != nil {
				return err
			}
			if body, err := readBody(store, member.ID); err != nil || body != crashBody(name, number) {
				t.Errorf("%s: %d bytes, %v", name, len(body), err)
			}
			if value, err := r.Record("crash", name); err != nil || string(value) != name {
				t.Errorf("%s without its record: %q, %v", name, value, err)
			}
		}
		for record, err := range r.Records("crash", "", "") {
			if err != nil {
				return err
			}
			if !found[record.Key] {
				t.Errorf("record %s without its resource", record.Key)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name := range acknowledged {
		if !found[name] {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
}
