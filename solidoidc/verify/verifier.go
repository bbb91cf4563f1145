package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
	"domicile/solidoidc/internal/limit"
)

// How much is remembered, in entries of at most a few kilobytes.
const (
	maxTokens  = 16384
	maxIssuers = 512
	maxWebIDs  = 8192
)

// Config is what a verifier needs.
type Config struct {
	// Issuer is the identifier of this server's own issuer, whose keys OwnKeys
	// returns; they are never fetched. A new value says that they have changed.
	Issuer  string
	OwnKeys func() *jose.KeySet
	// InForce reports whether what a token of the own issuer was issued for
	// still stands: a session that ended takes its tokens along.
	InForce func(ctx context.Context, clientID, family string) (bool, error)
	// Fetch gets the documents of other issuers and of WebIDs elsewhere.
	Fetch  *fetch.Client
	Proofs *dpop.Verifier
	// Bearer accepts tokens of the own issuer that are bound to no key.
	Bearer bool
	// AllowHTTP accepts http URLs of loopback hosts as issuers and WebIDs: for
	// a server that is itself on loopback (OIDC-RS-05).
	AllowHTTP bool
	// LocalProfile reads the document of a WebID that is hosted here, whatever
	// its ACL says; false when it is hosted elsewhere (OIDC-RS-09). Nil: none is.
	LocalProfile func(ctx context.Context, webID string) (*rdf.Graph, bool, error)
	Clock        func() time.Time // nil: time.Now
}

// Verifier identifies agents. It is safe for concurrent use.
type Verifier struct {
	config Config
	tokens *fetch.Cache[*token]     // verified ones, by SHA-256
	keys   *fetch.Cache[issuerKeys] // of other issuers
	listed *fetch.Cache[bool]       // by WebID and issuer: does the profile name it?
	// fetches bounds what one address can make us fetch.
	fetches *limit.Limiter
}

// New returns a verifier.
func New(config Config) *Verifier {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Verifier{
		config:  config,
		tokens:  fetch.NewCache[*token](maxTokens, config.Clock),
		keys:    fetch.NewCache[issuerKeys](maxIssuers, config.Clock),
		listed:  fetch.NewCache[bool](maxWebIDs, config.Clock),
		fetches: limit.New(fetchAllowance, config.Clock),
	}
}

// Request is what a verifier looks at.
type Request struct {
	Method string
	// URL is the absolute URL of the request as the client sees it: the
	// configured base with the path as sent.
	URL                 string
	Authorization, DPoP []string // header lines, as many as were sent
	// Address that the request came from, without a port.
	Address string
}

// Identity is who makes a request. The zero Identity is the public.
type Identity struct {
	WebID  string
	Client string // client identifier, "" when the token names none
	Issuer string
	// Grant is the `grant_id` of a token of this server's own issuer: the record
	// of what Client may do.
	Grant string
	// Details is the `authorization_details` of such a token as JSON: it is for
	// no more than they are. "" when it was not narrowed.
	Details string
	// Expires is when the token ends.
	Expires time.Time
}

// Identify tells who makes a request; without an Authorization header that is
// the zero Identity (a lone DPoP header says nothing). The error is an [*Error]
// when the credentials don't hold, [dpop.ErrReplayFull] or [ErrBusy] when they
// cannot be judged for the moment, or one of the server's own.
func (v *Verifier) Identify(ctx context.Context, r Request) (Identity, error) {
	if len(r.Authorization) == 0 {
		return Identity{}, nil
	}
	credentials, err := parseAuthorization(r.Authorization)
	if err != nil {
		return Identity{}, err
	}
	sum := sha256.Sum256([]byte(credentials.token))
	id := string(sum[:])
	t, verified := v.tokens.Get(id)
	if verified && t.own && t.keys != v.config.OwnKeys() {
		verified = false // one of them may be withdrawn
	}
	if !verified {
		if t, err = v.inspect(credentials.token); err != nil {
			return Identity{}, err
		}
	}
	proof, err := v.checkPossession(t, credentials, r)
	if err != nil {
		return Identity{}, err
	}
	if !verified {
		if err := v.checkSignature(ctx, t, credentials.token, r.Address); err != nil {
			return Identity{}, err
		}
		v.tokens.Put(id, t, v.rememberUntil(t))
	}
	if err := v.checkInForce(ctx, t); err != nil {
		return Identity{}, err
	}
	if err := v.checkIssuerOf(ctx, t.identity.WebID, t.identity.Issuer, r.Address); err != nil {
		return Identity{}, err
	}
	if proof != nil {
		if err := proofError(v.config.Proofs.Redeem(ctx, *proof)); err != nil {
			return Identity{}, err
		}
	}
	return t.identity, nil
}

// checkInForce asks the own issuer about its tokens, each time: what it ended
// must not work until the token expires. Other issuers cannot be asked.
func (v *Verifier) checkInForce(ctx context.Context, t *token) error {
	if !t.own {
		return nil
	}
	inForce, err := v.config.InForce(ctx, t.identity.Client, t.family)
	if err == nil && !inForce {
		return invalidToken("the access token has been revoked, or the session that it is from is over")
	}
	return err
}

// checkPossession checks that the scheme fits the token and, for a bound
// token, that the sender holds its key (OIDC-RS-15, OIDC-DPOP-01 to -10). The
// proof is not used up yet; it is nil for a bearer token.
func (v *Verifier) checkPossession(t *token, c credentials, r Request) (*dpop.Proof, error) {
	if c.scheme == schemeBearer {
		return nil, v.checkBearer(t)
	}
	if t.thumbprint == "" {
		return nil, invalidToken("the access token is not bound to a DPoP key (no cnf.jkt)")
	}
	proof, err := v.config.Proofs.Check(dpop.Request{Proofs: r.DPoP, Method: r.Method, URL: r.URL, AccessToken: c.token})
	if err != nil {
		return nil, proofError(err)
	}
	if proof.Thumbprint != t.thumbprint {
		return nil, &Error{Code: CodeInvalidProof, Description: "the DPoP proof is signed with another key than the access token is bound to"}
	}
	return &proof, nil
}

func (v *Verifier) checkBearer(t *token) error {
	switch {
	case t.bound:
		return invalidToken("the access token is bound to a key: send it with the DPoP scheme and a proof")
	case !v.config.Bearer:
		return invalidToken("bearer tokens are not accepted: use DPoP")
	case !t.own:
		return invalidToken("bearer tokens of other issuers are not accepted: use DPoP")
	}
	return nil
}

// proofError gives an error of package dpop the form of this one's.
func proofError(err error) error {
	var refused *dpop.Error
	if errors.As(err, &refused) {
		return &Error{Code: CodeInvalidProof, Description: refused.Description}
	}
	return err
}
