package ldp

import (
	"net/http"
	"net/url"
	"strings"

	"domicile/rdfstore/resource"
)

// What scripts of other origins may see and send (SP-CORS-04, SP-CORS-07).
const (
	exposedHeaders = "Accept-Patch, Accept-Post, Accept-Put, Accept-Ranges, Allow, Content-Length, Content-Location, " +
		"Content-Range, DPoP-Nonce, ETag, Last-Modified, Link, Location, MS-Author-Via, Preference-Applied, Retry-After, " +
		"Updates-Via, Vary, WAC-Allow, WWW-Authenticate, X-Request-Id"
	acceptedHeaders = "Accept, Authorization, Content-Type, DPoP, If-Match, If-None-Match, If-Modified-Since, " +
		"If-Unmodified-Since, Link, Prefer, Range, Slug"
	allMethods      = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
	preflightMaxAge = "7200"
)

// shareWithOrigin sets the CORS headers that every answer has, whatever its
// status (SP-CORS-01, SP-CORS-02). Access is refused by status, never by
// leaving these out. Credentials are allowed because clients ask with
// credentials: include; cookies count for nothing here (SP-HTTP-16).
func shareWithOrigin(header http.Header, r *http.Request) {
	header.Set("Vary", "Accept, Accept-Encoding, Authorization, Origin")
	origin, ok := originOf(r)
	if !ok {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Access-Control-Expose-Headers", exposedHeaders)
	if !isPreflight(r) {
		header.Set("Access-Control-Allow-Headers", acceptedHeaders)
	}
}

// originOf returns the request's Origin when it has one well-formed one
// (SP-CORS-08): "null" or a scheme and a host.
func originOf(r *http.Request) (string, bool) {
	values := r.Header.Values("Origin")
	if len(values) != 1 {
		return "", false
	}
	origin := values[0]
	if origin == "null" {
		return origin, true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return "", false
	}
	return origin, true
}

// foreignOrigin returns the origin that a request comes from when it is one that
// acl:origin is about: not the storage's own and not that of the pages of this
// server (WAC-ORIG-02).
func (h *Handler) foreignOrigin(r *http.Request, id resource.ID) string {
	if r.Header.Get("Origin") == "" {
		return ""
	}
	origin, ok := originOf(r)
	if !ok {
		return "null" // which nobody trusts either
	}
	for _, own := range []string{h.space.URL(id), h.issuer} {
		if strings.HasPrefix(own, origin+"/") {
			return ""
		}
	}
	return origin
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers for every URL alike, existing or not (SP-CORS-05).
func preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Access-Control-Request-Headers")
	header.Set("Access-Control-Allow-Methods", allMethods)
	header.Set("Access-Control-Max-Age", preflightMaxAge)
	if asked := fieldNames(r.Header.Values("Access-Control-Request-Headers")); len(asked) > 0 {
		header.Set("Access-Control-Allow-Headers", strings.Join(asked, ", ")) // an echo and no more (SP-CORS-06)
	}
	w.WriteHeader(http.StatusNoContent)
}

// fieldNames returns the well-formed names of a list of header fields.
func fieldNames(values []string) []string {
	var names []string
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.Trim(name, " \t"); isToken(name) {
				names = append(names, name)
			}
		}
	}
	return names
}
