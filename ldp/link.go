package ldp

import (
	"fmt"
	"net/http"
	"strings"

	"domicile/rdfstore/rdf"
)

// Link relations that are no registered names.
const (
	relConstrainedBy       = rdf.LDP + "constrainedBy"
	relStorageDescription  = rdf.Solid + "storageDescription"
	relInbox               = rdf.LDP + "inbox"
	relCondition           = rdf.ACL + "condition"
	relOwner               = rdf.Solid + "owner"
	relPodOwner            = rdf.Solid + "podOwner"
	relNotificationGateway = rdf.Solid + "notificationGateway"
	relOIDCIssuer          = rdf.Solid + "oidcIssuer"
	relIssuer              = "http://openid.net/specs/connect/1.0/issuer" // OpenID Connect Discovery §2
)

// Types of resources that clients name and are told in Link headers.
const (
	typeResource          = rdf.LDP + "Resource"
	typeRDFSource         = rdf.LDP + "RDFSource"
	typeNonRDFSource      = rdf.LDP + "NonRDFSource"
	typeContainer         = rdf.LDP + "Container"
	typeBasicContainer    = rdf.LDP + "BasicContainer"
	typeDirectContainer   = rdf.LDP + "DirectContainer"
	typeIndirectContainer = rdf.LDP + "IndirectContainer"
	typeStorage           = rdf.PIM + "Storage"
)

func link(target, rel string) string { return "<" + target + `>; rel="` + rel + `"` }

// parseTypeLinks returns the targets of the Link fields with rel=type
// (RFC 8288 §3, SP-GET-09): one field or many, rel quoted or not, a list of
// relations or one, in any case.
func parseTypeLinks(header http.Header) (map[string]bool, error) {
	types := map[string]bool{}
	for _, value := range header.Values("Link") {
		for _, element := range splitQuoted(value, ',') {
			reference, parameters, _ := strings.Cut(element, ">")
			target, ok := strings.CutPrefix(reference, "<")
			if !ok || len(target)+1 == len(element) {
				return nil, fmt.Errorf("%w: Link", errField)
			}
			if hasRelation(splitQuoted(parameters, ';'), "type") {
				types[target] = true
			}
		}
	}
	return types, nil
}

// hasRelation looks at the first rel parameter only (RFC 8288 §3.3).
func hasRelation(parameters []string, relation string) bool {
	for _, text := range parameters {
		name, value := parameter(text)
		if name != "rel" {
			continue
		}
		for _, rel := range strings.Fields(value) {
			if strings.EqualFold(rel, relation) {
				return true
			}
		}
		return false
	}
	return false
}
