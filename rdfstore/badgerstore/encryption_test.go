package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/keyring"
	"domicile/rdfstore/storetest"
)

var testKey = &keyring.Key{1, 2, 3}

func TestEncryptedStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) rdfstore.Store { return open(t, t.TempDir(), Options{Key: testKey}) })
}

// secrets are what must not be readable in the files of an encrypted folder:
// bodies, small and large, names, records, and who owns what.
var secrets = map[string]string{
	"small body": "Vexed nymphs go", "large body": "for quick waltz jobs", "name": "sphinx-judge",
	"record": "Jackdaws love my big", "key of the record": "pack-my-box", "storage": "alice",
}

func writeSecrets(t *testing.T, dir string, options Options) {
	t.Helper()
	store := open(t, dir, options)
	defer closeStore(t, store) // writes the table in memory
	if err := errors.Join(
		putBody(store, member(t, secrets["name"]), secrets["small body"]),
		putBody(store, member(t, "other"), strings.Repeat(secrets["large body"], 10_000)),
		store.Update(context.Background(), func(tx rdfstore.Tx) error {
			return tx.SetRecord("bucket", secrets["key of the record"], []byte(secrets["record"]), time.Time{})
		})); err != nil {
		t.Fatal(err)
	}
	if found := readable(t, dir); options.Key != nil && len(found) > 0 {
		t.Errorf("while it is open, its files show %v", found)
	}
}

// readable returns which secrets the files below a folder or their names show.
func readable(t *testing.T, dir string) (found []string) {
	t.Helper()
	var all bytes.Buffer
	if err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all.WriteString(entry.Name())
		all.Write(raw)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for name, secret := range secrets {
		if bytes.Contains(all.Bytes(), []byte(secret)) {
			found = append(found, name)
		}
	}
	return found
}

func TestNothingIsReadableOnDisk(t *testing.T) {
	plain, encrypted := t.TempDir(), t.TempDir()
	writeSecrets(t, plain, Options{})
	writeSecrets(t, encrypted, Options{Key: testKey})
	if found := readable(t, plain); len(found) < len(secrets) {
		t.Errorf("without encryption only %v are found: the test proves little", found)
	}
	if found := readable(t, encrypted); len(found) > 0 {
		t.Errorf("the files show %v", found)
	}
}

// Whoever comes with the wrong key, or without one, is told so and changes
// nothing; the key can be changed.
func TestKeysOfAFolder(t *testing.T) {
	plain, encrypted := t.TempDir(), t.TempDir()
	writeSecrets(t, plain, Options{})
	writeSecrets(t, encrypted, Options{Key: testKey})
	other := &keyring.Key{9}
	wantRefused := func(what, dir string, key *keyring.Key, want error) {
		t.Helper()
		if _, err := Open(dir, Options{Key: key}); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantRefused("no key", encrypted, nil, keyring.ErrLocked)
	wantRefused("another key", encrypted, other, keyring.ErrWrongKey)
	wantRefused("a key that is not needed", plain, testKey, keyring.ErrNotEncrypted)
	if err := RotateKey(plain, testKey, other); !errors.Is(err, keyring.ErrNotEncrypted) {
		t.Errorf("rotation of what is not encrypted: %v", err)
	}

	wantReadable := func(key *keyring.Key) {
		t.Helper()
		store := open(t, encrypted, Options{Key: key})
		defer closeStore(t, store)
		for name, want := range map[string]string{secrets["name"]: secrets["small body"], "other": strings.Repeat(secrets["large body"], 10_000)} {
			if body, err := readBody(store, member(t, name)); err != nil || body != want {
				t.Errorf("%s: %d bytes, %v", name, len(body), err)
			}
		}
	}
	wantReadable(testKey)
	if err := RotateKey(encrypted, testKey, other); err != nil {
		t.Fatal(err)
	}
	wantRefused("the old key", encrypted, testKey, keyring.ErrWrongKey)
	wantReadable(other)

	if err := os.Remove(ringPath(encrypted)); err != nil {
		t.Fatal(err)
	}
	for _, key := range []*keyring.Key{nil, other} {
		if _, err := Open(encrypted, Options{Key: key}); err == nil {
			t.Error("a folder without its keyring is opened")
		}
	}
}

// A backup of what is not encrypted, restored with a key, is.
func TestRestoreEncrypts(t *testing.T) {
	plain, restored := t.TempDir(), filepath.Join(t.TempDir(), "restored")
	writeSecrets(t, plain, Options{})
	store := open(t, plain, Options{})
	var backup bytes.Buffer
	if _, err := store.Backup(context.Background(), &backup, rdfstore.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, store)
	if _, err := Restore(context.Background(), restored, []io.Reader{&backup}, func(rdfstore.Progress) {}, Options{Key: testKey}); err != nil {
		t.Fatal(err)
	}
	if found := readable(t, restored); len(found) > 0 {
		t.Errorf("the files show %v", found)
	}
	store = open(t, restored, Options{Key: testKey})
	defer closeStore(t, store)
	if body, err := readBody(store, member(t, secrets["name"])); err != nil || body != secrets["small body"] {
		t.Errorf("%q, %v", body, err)
	}
}
