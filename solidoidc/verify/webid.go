package verify

import (
	"bytes"
	"context"
	"errors"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/solidoidc/fetch"
)

const (
	// What a profile elsewhere says is remembered as long as its server says,
	// between these (OIDC-RS-12). A profile that does not name the issuer is a
	// failure, remembered for fetch.NegativeTTL.
	minProfileTTL = 2 * time.Minute
	maxProfileTTL = 5 * time.Minute
	// localProfileTTL spares reading the own profile on every request. That it
	// does not name the issuer is not remembered: it may just have been made.
	localProfileTTL = 30 * time.Second

	maxProfileBytes = 1 << 20
)

var (
	oidcIssuer        = rdf.IRI(rdf.Solid + "oidcIssuer")
	profileMediaTypes = []string{"text/turtle", "application/ld+json"}
)

// checkIssuerOf requires that the WebID's document names the issuer
// (OIDC-RS-07): an issuer may speak only for those who chose it.
func (v *Verifier) checkIssuerOf(ctx context.Context, webID, issuer, address string) error {
	listed, err := v.listed.Load(ctx, webID+" "+withPath(issuer), time.Time{}, func(ctx context.Context) (bool, time.Duration, error) {
		return v.loadIssuerOf(ctx, webID, issuer, address)
	})
	if err != nil {
		return err
	}
	if !listed {
		return invalidToken("the document of the WebID does not name the issuer of the token (solid:oidcIssuer)")
	}
	return nil
}

func (v *Verifier) loadIssuerOf(ctx context.Context, webID, issuer, address string) (bool, time.Duration, error) {
	if v.config.LocalProfile != nil {
		graph, local, err := v.config.LocalProfile(ctx, webID)
		if err != nil {
			return false, 0, err
		}
		if local {
			if !namesIssuer(graph, webID, issuer) {
				return false, 0, nil
			}
			return true, localProfileTTL, nil
		}
	}
	document, err := v.fetch(ctx, address, webID, fetch.Options{
		Accept:     "text/turtle;q=1, application/ld+json;q=0.9",
		MediaTypes: profileMediaTypes,
		MaxBytes:   maxProfileBytes,
		Redirects:  fetch.MaxRedirects,
	})
	if errors.Is(err, ErrBusy) {
		return false, 0, err
	}
	if err != nil {
		return false, fetch.NegativeTTL, &Error{Code: CodeInvalidToken, Description: "the document of the WebID could not be fetched", Cause: err}
	}
	parsed, err := codec.Parse(ctx, document.MediaType, bytes.NewReader(document.Body), document.URL)
	if err != nil {
		return false, fetch.NegativeTTL, &Error{Code: CodeInvalidToken, Description: "the document of the WebID could not be read as RDF", Cause: err}
	}
	if !namesIssuer(parsed.Default, webID, issuer) {
		return false, fetch.NegativeTTL, nil
	}
	return true, min(max(document.MaxAge, minProfileTTL), maxProfileTTL), nil
}

// namesIssuer looks for the triple: the subject is exactly the WebID, the
// object an IRI.
func namesIssuer(graph *rdf.Graph, webID, issuer string) bool {
	for object := range graph.Objects(rdf.IRI(webID), oidcIssuer) {
		if object.IsIRI() && sameIssuer(object.Value(), issuer) {
			return true
		}
	}
	return false
}
