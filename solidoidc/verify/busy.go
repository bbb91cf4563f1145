package verify

import (
	"context"
	"errors"
	"time"

	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/limit"
)

// fetchAllowance is per address. One new user of another issuer costs two or
// three fetches, and then none for minutes.
var fetchAllowance = limit.Allowance{Burst: 300, Interval: time.Second}

// ErrBusy: a document that is needed cannot be fetched for the moment, because
// too many are being fetched or too many for this address (HTTP status 429).
var ErrBusy = errors.New("too many documents of other servers are being fetched, try again later")

// fetch gets a document that a token from address names.
func (v *Verifier) fetch(ctx context.Context, address, target string, options fetch.Options) (*fetch.Response, error) {
	if v.fetches.Wait(address) > 0 {
		return nil, ErrBusy
	}
	response, err := v.config.Fetch.Get(ctx, target, options)
	if errors.Is(err, fetch.ErrBusy) {
		return nil, ErrBusy
	}
	return response, err
}

// failureTTL is how long a failed load is remembered: not at all when nothing
// was fetched.
func failureTTL(err error) time.Duration {
	if errors.Is(err, ErrBusy) {
		return 0
	}
	return fetch.NegativeTTL
}
