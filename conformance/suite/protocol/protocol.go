// Package protocol holds the cases about the Solid Protocol and what it builds
// on: HTTP, LDP and CORS.
//
// Spec: https://solidproject.org/TR/protocol
package protocol

import (
	"slices"

	"domicile/conformance/suite"
)

// Area is all of them.
var Area = suite.Area{
	Name:   "protocol",
	Title:  "Solid Protocol",
	Cases:  slices.Concat(httpBase, putting),
	Unseen: map[string]string{},
}
