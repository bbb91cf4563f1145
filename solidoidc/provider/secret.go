package provider

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// newSecret returns 256 random bits in characters that survive every way in
// which clients write them into a Basic header (OIDC-DCR-04).
func newSecret() string { return randomText(32) }

// newID returns 128 random bits in the same characters.
func newID() string { return randomText(16) }

func randomText(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// isIdentifier reports whether id can be one that was made here.
func isIdentifier(id string) bool {
	return id != "" && len(id) <= maxIdentifierLength && !strings.ContainsFunc(id, func(r rune) bool { return !isURLSafe(r) })
}

const maxIdentifierLength = 100

// isURLSafe reports whether r is a character of base64url.
func isURLSafe(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// hashSecret is how secrets are stored. They hold at least 128 random bits, so
// that a fast hash without salt cannot be guessed backwards.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// matches compares a secret with a stored hash in constant time.
func matches(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(hash)) == 1
}
