package dpop

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"domicile/solidoidc/internal/jose"
)

const (
	// maxAge and maxAhead are the window around now in which a proof must have
	// been made (OIDC-DPOP-07).
	maxAge   = 120 * time.Second
	maxAhead = 60 * time.Second
	// maxIDLength bounds `jti`, in bytes. Clients send UUIDs of 36.
	maxIDLength = 256
)

// Error says what is wrong with a proof, in words for the developer of the
// client. It holds nothing of the proof.
type Error struct{ Description string }

func (e *Error) Error() string { return e.Description }

// ErrReplayFull: no more used proofs can be remembered for the moment, so that
// none can be accepted (HTTP status 429).
var ErrReplayFull = errors.New("too many requests with DPoP proofs, try again later")

// ReplayStore remembers used proofs.
type ReplayStore interface {
	// Add remembers a proof until expires and reports whether it was new.
	// It returns [ErrReplayFull] rather than forget one that has not expired,
	// and may do so before all is full when one key has more than its share.
	// Of concurrent callers with the same proof one gets true.
	Add(ctx context.Context, proof ProofID, now, expires time.Time) (bool, error)
}

// ProofID identifies a proof: a hash of the key's thumbprint, then a hash of
// that and `jti`.
type ProofID [16]byte

// keyID tells the keys of proofs apart.
type keyID [8]byte

func (p ProofID) key() keyID { return keyID(p[:8]) }

// Config is what a verifier needs.
type Config struct {
	Replay ReplayStore
	Clock  func() time.Time // nil: time.Now
	// RequireTokenHash refuses proofs without `ath` when there is an access
	// token. RFC 9449 asks for it, widespread clients leave it out
	// (OIDC-DPOP-10).
	RequireTokenHash bool
}

// Verifier checks proofs. It is safe for concurrent use.
type Verifier struct {
	config     Config
	signatures *jose.ProofVerifier
}

// New returns a verifier.
func New(config Config) *Verifier {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Verifier{config, jose.NewProofVerifier()}
}

// Request is what a proof must have been made for.
type Request struct {
	Proofs []string // the DPoP header lines, as many as were sent
	Method string
	// URL is the absolute URL by which the client reaches the resource, never
	// taken from the Host header alone (OIDC-DPOP-06).
	URL string
	// AccessToken that came with the proof; "" at the token endpoint.
	AccessToken string
}

// Proof is a proof that holds and has not been redeemed.
type Proof struct {
	Thumbprint string // of the key, RFC 7638 SHA-256, as in `cnf.jkt`

	id     ProofID
	issued time.Time
}

// Check makes all checks but that the proof is used once (RFC 9449 §4.3 less
// item 12). The error is an [*Error].
func (v *Verifier) Check(r Request) (Proof, error) {
	if len(r.Proofs) == 0 {
		return Proof{}, &Error{"the DPoP header is missing"}
	}
	if len(r.Proofs) > 1 || strings.Contains(r.Proofs[0], ",") {
		return Proof{}, &Error{"there is more than one DPoP proof"}
	}
	thumbprint, claims, err := v.signatures.Verify(strings.Trim(r.Proofs[0], " \t"))
	if err != nil {
		return Proof{}, &Error{"DPoP proof: " + err.Error()}
	}
	id := claims.String("jti")
	if id == "" || len(id) > maxIDLength {
		return Proof{}, &Error{"jti is missing, empty or too long"}
	}
	if err := matchRequest(claims, r); err != nil {
		return Proof{}, err
	}
	issued, ok := claims.Time("iat")
	if !ok {
		return Proof{}, &Error{"iat is missing or not a time"}
	}
	switch age := v.config.Clock().Sub(issued); {
	case age > maxAge:
		return Proof{}, &Error{"iat is too long ago: make a proof per request, and check the clock"}
	case age < -maxAhead:
		return Proof{}, &Error{"iat is in the future: check the clock"}
	}
	if err := v.matchToken(claims, r.AccessToken); err != nil {
		return Proof{}, err
	}
	return Proof{Thumbprint: thumbprint, id: proofID(thumbprint, id), issued: issued}, nil
}

// Redeem makes the proof unusable. The error is an [*Error] when it has been
// redeemed before, [ErrReplayFull] or the replay store's.
func (v *Verifier) Redeem(ctx context.Context, proof Proof) error {
	now, expires := v.config.Clock(), proof.issued.Add(maxAge)
	if now.After(expires) {
		// It grew too old since Check, and may have been forgotten already.
		return &Error{"iat is too long ago"}
	}
	fresh, err := v.config.Replay.Add(ctx, proof.id, now, expires)
	if err != nil {
		return err
	}
	if !fresh {
		return &Error{"the DPoP proof has been used before"}
	}
	return nil
}

func matchRequest(claims jose.Claims, r Request) error {
	method, target := claims.String("htm"), claims.String("htu")
	if method == "" || target == "" {
		return &Error{"htm or htu is missing"}
	}
	if method != r.Method {
		return &Error{"htm is not the method of the request"}
	}
	if target == r.URL {
		return nil
	}
	want, err := normalizeURL(r.URL)
	if err != nil {
		return &Error{"the URL of the request is malformed"}
	}
	got, err := normalizeURL(target)
	if err != nil {
		return &Error{"htu is not an absolute http or https URL"}
	}
	if got != want {
		return &Error{"htu is not the URL of the request"}
	}
	return nil
}

func (v *Verifier) matchToken(claims jose.Claims, accessToken string) error {
	if accessToken == "" {
		return nil
	}
	if _, present := claims["ath"]; !present && !v.config.RequireTokenHash {
		return nil
	}
	sum := sha256.Sum256([]byte(accessToken))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(claims.String("ath")), []byte(want)) != 1 {
		return &Error{"ath is not the hash of the access token"}
	}
	return nil
}

// proofID hashes the key with the `jti`, so that nobody can use up the ids of
// another's proofs. A thumbprint holds no zero byte. 64 bits each are enough:
// they are too many to find a key whose hash is another's, and ids that
// collide cost nobody but their own key.
func proofID(thumbprint, id string) (p ProofID) {
	key, proof := sha256.Sum256([]byte(thumbprint)), sha256.Sum256([]byte(thumbprint+"\x00"+id))
	copy(p[:8], key[:])
	copy(p[8:], proof[:])
	return p
}
