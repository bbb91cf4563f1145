// Package keyring keeps the keys that a data folder is encrypted with, in one
// file that only the operator's key opens.
//
// Invariants: the operator's key encrypts nothing but the ring, so that
// changing it rewrites one small file, at once or not at all. A key that was
// ever in the ring stays in it: something may be encrypted with it. The ring is
// sealed with XChaCha20-Poly1305 under a random nonce; a file that was altered
// is refused like a wrong key.
package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"
)

var (
	// ErrLocked: the data are encrypted and no key was given.
	ErrLocked = errors.New("the data are encrypted: give their key with --encryption-key-file")
	// ErrWrongKey: the key does not open the ring, or the ring was altered.
	ErrWrongKey = errors.New("the encryption key is not the one of these data, or their file keyring was altered")
	// ErrNotEncrypted: a key was given for data that are not encrypted.
	ErrNotEncrypted = errors.New("the data are not encrypted: leave --encryption-key-file out, or make a backup and restore it into a new folder with the key")
)

// keySize is that of every key, in bytes.
const keySize = chacha20poly1305.KeySize

// Key is the operator's key.
type Key [keySize]byte

// ReadKey reads a key file: 64 hexadecimal digits.
func ReadKey(path string) (*Key, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("encryption key: %w", err)
	}
	var key Key
	text := bytes.TrimSpace(raw)
	if len(text) != hex.EncodedLen(keySize) {
		return nil, fmt.Errorf("encryption key %s: want %d hexadecimal digits, as `openssl rand -hex %d` makes them", path, 2*keySize, keySize)
	}
	if _, err := hex.Decode(key[:], text); err != nil {
		return nil, fmt.Errorf("encryption key %s: not hexadecimal", path) // the error would show a part of it
	}
	return &key, nil
}

// Ring is the keys that data are encrypted with.
type Ring struct {
	Engine []byte   `json:"engine"` // opens the engine's own registry of keys
	Blobs  [][]byte `json:"blobs"`  // by number; new blobs take the last
}

// magic begins the file and says how the rest is read.
var magic = []byte("domicile keyring 1\n")

// Open returns the ring of the file at path, or nil for data that are not
// encrypted. fresh says that there are no data yet: then a key makes a ring.
func Open(path string, key *Key, fresh bool) (*Ring, error) {
	raw, err := os.ReadFile(path)
	switch {
	case err == nil && key == nil:
		return nil, ErrLocked
	case err == nil:
		return unseal(raw, key)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("keyring: %w", err)
	case key == nil:
		return nil, nil
	case !fresh:
		return nil, ErrNotEncrypted
	}
	ring := &Ring{Engine: newKey(), Blobs: [][]byte{newKey()}}
	return ring, ring.write(path, key)
}

// Rotate seals the ring with another key and adds a key for new blobs. It
// returns when that is on disk; a server that runs takes it at its next start.
func Rotate(path string, old, next *Key) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotEncrypted
	}
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	ring, err := unseal(raw, old)
	if err != nil {
		return err
	}
	ring.Blobs = append(ring.Blobs, newKey())
	return ring.write(path, next)
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails, see crypto/rand
	return key
}

func unseal(raw []byte, key *Key) (*Ring, error) {
	sealed, ok := bytes.CutPrefix(raw, magic)
	if !ok || len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, ErrWrongKey
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := aead.Open(nil, nonce, sealed, magic)
	if err != nil {
		return nil, ErrWrongKey
	}
	ring := new(Ring)
	if err := json.Unmarshal(plain, ring); err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return ring, nil
}

// write replaces the file at path: synced under another name, then renamed.
func (r *Ring) write(path string, key *Key) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the keyring: %w", err)
		}
	}()
	plain, err := json.Marshal(r)
	if err != nil {
		return err
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return err
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	rand.Read(nonce)
	content := aead.Seal(append(bytes.Clone(magic), nonce...), nonce, plain, magic)
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new") // for its owner only
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // nothing is there after the rename
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
