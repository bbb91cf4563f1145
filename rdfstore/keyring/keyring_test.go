package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func key(first byte) *Key { return &Key{first} }

func TestRing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "keyring")
	if ring, err := Open(path, nil, true); ring != nil || err != nil {
		t.Errorf("no key, no ring: %v, %v", ring, err)
	}
	if _, err := Open(path, key(1), false); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("a key for data without: %v", err)
	}
	made, err := Open(path, key(1), true)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key  *Key
		want error
	}{"no key": {nil, ErrLocked}, "a wrong key": {key(2), ErrWrongKey}, "the key": {key(1), nil}} {
		if _, err := Open(path, test.key, false); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Rotate(path, key(2), key(3)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("rotation with a wrong key: %v", err)
	}
	if err := Rotate(path, key(1), key(3)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, key(1), false); !errors.Is(err, ErrWrongKey) {
		t.Errorf("the old key after rotation: %v", err)
	}
	rotated, err := Open(path, key(3), false)
	if err != nil || !bytes.Equal(rotated.Engine, made.Engine) || len(rotated.Blobs) != 2 || !bytes.Equal(rotated.Blobs[0], made.Blobs[0]) {
		t.Errorf("after rotation: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("rotation left %v, %v", entries, err)
	}
	if err := Rotate(filepath.Join(folder, "missing"), key(1), key(3)); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("rotation without a ring: %v", err)
	}
}

// Whatever bit of the file changes, it is refused.
func TestAlteredRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	if _, err := Open(path, key(1), true); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if _, err := unseal(altered, key(1)); !errors.Is(err, ErrWrongKey) {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, err := unseal(raw[:i], key(1)); !errors.Is(err, ErrWrongKey) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func TestReadKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	digits := strings.Repeat("0a", keySize)
	for text, good := range map[string]bool{
		digits: true, digits + "\n": true, strings.ToUpper(digits): true,
		"": false, digits[1:]: false, digits + "00": false, strings.Repeat("zz", keySize): false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := ReadKey(file)
		if good != (err == nil) || good && hex.EncodeToString(key[:]) != digits {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "zz") {
			t.Errorf("the error shows a part of the key: %v", err)
		}
	}
	if _, err := ReadKey(file + ".missing"); err == nil {
		t.Error("a missing file is a key")
	}
}
