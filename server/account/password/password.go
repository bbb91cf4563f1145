// Package password hashes and verifies passwords with argon2id (RFC 9106).
//
// A hash is a string in the PHC format that carries its own parameters, so
// that they can be raised later: [Hasher.Verify] checks old hashes and
// [Hasher.Outdated] tells which to renew. Memory is bounded: a [Hasher] runs a
// few computations at a time, lets a few more wait and refuses the rest with
// [ErrBusy].
//
// The package knows nothing of accounts and does not judge how good a
// password is.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

var (
	// ErrBusy: too many computations are waiting already.
	ErrBusy = errors.New("too many passwords are being checked")
	// ErrMalformed: a stored hash is not one that this package writes.
	ErrMalformed = errors.New("malformed password hash")
)

const (
	saltLength = 16
	keyLength  = 32
	// waiting is how many computations may wait for their turn.
	waiting = 64
	// Bounds on the parameters of a hash that is read, so that a damaged
	// record cannot ask for all memory or all day.
	maxMemory, maxTime, maxThreads = 1 << 20, 64, 64
)

// Params are the costs of argon2id.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Recommended is above the minimum of OWASP's password storage cheat sheet
// (19 MiB, two passes) and takes some 50 ms on a small server.
var Recommended = Params{Memory: 32 << 10, Time: 2, Threads: 1}

// Hasher hashes passwords with one set of parameters. It is safe for
// concurrent use.
type Hasher struct {
	params  Params
	running *semaphore.Weighted
	queue   *semaphore.Weighted
	decoy   string
}

// New returns a Hasher that computes as many hashes at a time as there are
// processors.
func New(params Params) *Hasher {
	processors := int64(runtime.GOMAXPROCS(0))
	return &Hasher{
		params:  params,
		running: semaphore.NewWeighted(processors),
		queue:   semaphore.NewWeighted(processors + waiting),
		decoy:   encode(params, salt(), make([]byte, keyLength)),
	}
}

// Hash returns a salted hash of password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	s := salt()
	key, err := h.derive(ctx, h.params, password, s, keyLength)
	if err != nil {
		return "", err
	}
	return encode(h.params, s, key), nil
}

// Verify reports whether hash was made of password.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	params, s, want, err := decode(hash)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, params, password, s, uint32(len(want)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// VerifyNone takes the time of a Verify that fails: the answer for an unknown
// name must not come sooner than the one for a wrong password.
func (h *Hasher) VerifyNone(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, h.decoy, password)
	return err
}

// Outdated reports whether hash was made with other parameters than h's.
func (h *Hasher) Outdated(hash string) bool {
	params, _, _, err := decode(hash)
	return err != nil || params != h.params
}

func (h *Hasher) derive(ctx context.Context, p Params, password string, salt []byte, length uint32) ([]byte, error) {
	if !h.queue.TryAcquire(1) {
		return nil, ErrBusy
	}
	defer h.queue.Release(1)
	if err := h.running.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer h.running.Release(1)
	return argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Threads, length), nil
}

func salt() []byte {
	s := make([]byte, saltLength)
	rand.Read(s) // never fails (crypto/rand since Go 1.24)
	return s
}

var b64 = base64.RawStdEncoding

func encode(p Params, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func decode(hash string) (p Params, salt, key []byte, err error) {
	var version int
	var text string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &p.Memory, &p.Time, &p.Threads, &text); err != nil {
		return Params{}, nil, nil, ErrMalformed
	}
	if version != argon2.Version || p.Memory == 0 || p.Memory > maxMemory || p.Time == 0 || p.Time > maxTime ||
		p.Threads == 0 || p.Threads > maxThreads {
		return Params{}, nil, nil, ErrMalformed
	}
	saltText, keyText, _ := strings.Cut(text, "$")
	if salt, err = b64.DecodeString(saltText); err != nil {
		return Params{}, nil, nil, ErrMalformed
	}
	if key, err = b64.DecodeString(keyText); err != nil || len(key) < 16 || len(salt) < 8 {
		return Params{}, nil, nil, ErrMalformed
	}
	// One spelling only: what Sscanf forgave does not print back.
	if encode(p, salt, key) != hash {
		return Params{}, nil, nil, ErrMalformed
	}
	return p, salt, key, nil
}
