package jose

import (
	"crypto"
	"fmt"
	"strings"
	"sync"
)

const (
	proofType = "dpop+jwt"

	// The keys of clients that are remembered: twice as many, of headers of at
	// most so many bytes (a key of RSA 4096 has 1,000).
	maxKnownKeys    = 4096
	maxKnownKeySize = 1 << 10
)

// ProofVerifier checks DPoP proofs. A client signs each of its requests with
// the same key and so the same header: what a header says, once a proof with
// it has held, is not worked out again. It is safe for concurrent use.
type ProofVerifier struct {
	mu sync.Mutex
	// known and before are by the header as it was sent; when known is full it
	// takes the place of before.
	known, before map[string]proofKey
}

// proofKey is what the header of a proof says.
type proofKey struct {
	algorithm  string
	public     crypto.PublicKey
	thumbprint string
}

// NewProofVerifier returns a verifier.
func NewProofVerifier() *ProofVerifier { return &ProofVerifier{known: map[string]proofKey{}} }

// Verify checks form and signature of a proof (OIDC-DPOP-02, OIDC-DPOP-03; RFC
// 9449 §4.3, items 3 to 7): `typ`, the public key in the header, that it fits
// the algorithm, and the signature by it. It returns the key's thumbprint and
// the claims, which are the caller's to check.
func (v *ProofVerifier) Verify(proof string) (string, Claims, error) {
	t, err := split(proof)
	if err != nil {
		return "", nil, err
	}
	header, _, _ := strings.Cut(proof, ".")
	key, known := v.find(header)
	if !known {
		if key, err = t.proofKey(); err != nil {
			return "", nil, err
		}
	}
	claims, err := t.readClaims()
	if err != nil {
		return "", nil, err
	}
	if err := verifySignature(key.algorithm, key.public, t.signed, t.signature); err != nil {
		return "", nil, err
	}
	if !known {
		v.remember(header, key)
	}
	return key.thumbprint, claims, nil
}

// proofKey reads the header of a proof.
func (t parts) proofKey() (proofKey, error) {
	header, key, err := t.readHeader()
	if err != nil {
		return proofKey{}, err
	}
	if !header.HasType(proofType) {
		return proofKey{}, fmt.Errorf("%w: typ is not %s", ErrMalformed, proofType)
	}
	if key == nil {
		return proofKey{}, fmt.Errorf("%w: no jwk in the header", ErrMalformed)
	}
	public, err := parsePublic(key)
	if err != nil {
		return proofKey{}, err
	}
	if !fits(header.Algorithm, public) {
		return proofKey{}, misfit(header.Algorithm)
	}
	print, err := thumbprint(public)
	if err != nil {
		return proofKey{}, fmt.Errorf("%w: jwk", ErrMalformed)
	}
	return proofKey{header.Algorithm, public, print}, nil
}

func (v *ProofVerifier) find(header string) (proofKey, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key, ok := v.known[header]
	if !ok {
		if key, ok = v.before[header]; ok {
			v.add(header, key)
		}
	}
	return key, ok
}

func (v *ProofVerifier) remember(header string, key proofKey) {
	if len(header) > maxKnownKeySize {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.add(strings.Clone(header), key)
}

func (v *ProofVerifier) add(header string, key proofKey) {
	if len(v.known) >= maxKnownKeys {
		v.known, v.before = map[string]proofKey{}, v.known
	}
	v.known[header] = key
}
