package jose

import "fmt"

const proofType = "dpop+jwt"

// VerifyProof checks form and signature of a DPoP proof (OIDC-DPOP-02,
// OIDC-DPOP-03; RFC 9449 §4.3, items 3 to 7): `typ`, the public key in the
// header, that it fits the algorithm, and the signature by it. It returns the
// key's thumbprint and the claims, which are the caller's to check.
func VerifyProof(proof string) (string, Claims, error) {
	t, err := parse(proof)
	if err != nil {
		return "", nil, err
	}
	if !t.header.HasType(proofType) {
		return "", nil, fmt.Errorf("%w: typ is not %s", ErrMalformed, proofType)
	}
	if t.key == nil {
		return "", nil, fmt.Errorf("%w: no jwk in the header", ErrMalformed)
	}
	public, err := parsePublic(t.key)
	if err != nil {
		return "", nil, err
	}
	if err := t.verify(public); err != nil {
		return "", nil, err
	}
	print, err := thumbprint(public)
	if err != nil {
		return "", nil, fmt.Errorf("%w: jwk", ErrMalformed)
	}
	return print, t.claims, nil
}
