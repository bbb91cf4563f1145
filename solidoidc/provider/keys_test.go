package provider

import (
	"errors"
	"slices"
	"testing"
	"time"

	"domicile/solidoidc/internal/jose"
)

func TestKeysSurviveRestart(t *testing.T) {
	h := newHarness(t)
	again, err := New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.keys.Load().document) != string(h.keys.Load().document) {
		t.Error("OIDC-OP-04: other keys after a restart")
	}
}

// TestKeyRotation follows the keys of both algorithms through the making of
// their successors: at any time every token in force verifies with the keys
// that are published, and with those that were published a day ago.
func TestKeyRotation(t *testing.T) {
	h := newHarness(t)
	a := h.register(publicRegistration)
	published := func() *jose.KeySet {
		set, err := jose.ParseKeySet(h.do("GET", issuer+".oidc/jwks", "").Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	first, yesterday := h.tokensOf(a), published()
	header, _, err := jose.Verify(first.text("access_token"), yesterday)
	if err != nil || header.Algorithm != jose.ES256 {
		t.Fatal(header, err)
	}
	if header, _, err = jose.Verify(first.text("id_token"), yesterday); err != nil || header.Algorithm != jose.RS256 {
		t.Fatal(header, err)
	}
	var signers []string
	for day := range 200 {
		if err := h.MaintainKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, issued := published(), h.tokensOf(a)
		h.advance(24*time.Hour - time.Second)
		if err := h.MaintainKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"access_token", "id_token"} {
			header, _, err := jose.Verify(issued.text(name), yesterday)
			if err != nil {
				t.Fatalf("OIDC-OP-04: day %d: who fetched the keys a day ago cannot verify the %s: %v", day, name, err)
			}
			if _, _, err := jose.Verify(issued.text(name), published()); err != nil {
				t.Fatalf("OIDC-OP-04: day %d: the %s of a day ago does not verify: %v", day, name, err)
			}
			if !slices.Contains(signers, header.KeyID) {
				signers = append(signers, header.KeyID)
			}
		}
		yesterday = before
		h.advance(time.Second)
	}
	if len(signers) != 6 { // three of each algorithm: days 0, 91 and 181
		t.Errorf("OIDC-OP-04: %d keys signed in 200 days", len(signers))
	}
	if _, _, err := jose.Verify(first.text("access_token"), published()); !errors.Is(err, jose.ErrUnknownKey) {
		t.Errorf("OIDC-OP-04: a key is published for ever: %v", err)
	}
	if n := len(h.keys.Load().signingKeys); n != 2 {
		t.Errorf("OIDC-OP-04: %d keys are kept", n)
	}
}

// TestKeysOfOtherNodes: what another node made is taken over, not made twice.
func TestKeysOfOtherNodes(t *testing.T) {
	h := newHarness(t)
	other, err := New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.advance(keyLifetime + time.Second) // the keys of tests are shared
	for _, node := range []*Provider{h.Provider, other, h.Provider} {
		if err := node.MaintainKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if mine, theirs := h.keys.Load(), other.keys.Load(); len(mine.signingKeys) != 4 || string(mine.document) != string(theirs.document) {
		t.Errorf("OIDC-OP-04: nodes have different keys:\n%s\n%s", mine.document, theirs.document)
	}
}

// TestReplacedKeys: after a key has leaked nothing that it signs is worth
// anything, and tokens go on being made.
func TestReplacedKeys(t *testing.T) {
	h := newHarness(t)
	a := h.register(publicRegistration)
	before, old := h.tokensOf(a), h.Keys()
	if err := h.MaintainKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.Keys() != old {
		t.Error("the key set is another value, though nothing has changed")
	}
	if err := h.ReplaceKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	published, err := jose.ParseKeySet(h.do("GET", issuer+".oidc/jwks", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	after := h.tokensOf(a)
	for _, name := range []string{"access_token", "id_token"} {
		if _, _, err := jose.Verify(before.text(name), published); !errors.Is(err, jose.ErrUnknownKey) {
			t.Errorf("the old %s verifies: %v", name, err)
		}
		if _, _, err := jose.Verify(after.text(name), published); err != nil {
			t.Errorf("the new %s does not verify: %v", name, err)
		}
	}
	again, err := New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.keys.Load().document) != string(h.keys.Load().document) {
		t.Error("other keys after a restart")
	}
}
