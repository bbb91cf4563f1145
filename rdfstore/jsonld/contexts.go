package jsonld

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/piprate/json-gold/ld"
)

//go:embed contexts
var contextFiles embed.FS

// bundled maps the IRIs of the contexts that are part of the program to what
// holds their content: Activity Streams 2.0
// (https://www.w3.org/TR/activitystreams-core/#jsonld), Solid-OIDC
// (https://solid.github.io/solid-oidc/#full-jsonld-context), Solid Notifications,
// which has two IRIs in circulation (https://solidproject.org/TR/notifications-protocol),
// Verifiable Credentials 1.1 (https://www.w3.org/TR/vc-data-model/#base-context)
// the security vocabulary (https://w3c-ccg.github.io/security-vocab/) and schema.org
// (https://schema.org/docs/developers.html), without the thousands of terms that
// mean what @vocab makes of them anyway. Web Access Control publishes a
// vocabulary and no context.
var bundled = map[string]bundledContext{
	"https://www.w3.org/ns/activitystreams":                {"activitystreams.jsonld", 150, 0},
	"http://www.w3.org/ns/activitystreams":                 {"activitystreams.jsonld", 150, 0},
	"https://www.w3.org/ns/solid/oidc-context.jsonld":      {"solid-oidc.jsonld", 21, 0},
	"https://www.w3.org/ns/solid/notifications-context/v1": {"solid-notifications.jsonld", 25, 0},
	"https://www.w3.org/ns/solid/notification/v1":          {"solid-notifications.jsonld", 25, 0},
	"https://www.w3.org/2018/credentials/v1":               {"credentials-v1.jsonld", 150, 138},
	"https://w3id.org/security/v1":                         {"security-v1.jsonld", 44, 0},
	"https://w3id.org/security/v2":                         {"security-v2.jsonld", 100, 0},
	"https://schema.org":                                   schemaOrg,
	"https://schema.org/":                                  schemaOrg,
	"https://schema.org/docs/jsonldcontext.json":           schemaOrg,
	"https://schema.org/docs/jsonldcontext.jsonld":         schemaOrg,
	"http://schema.org":                                    schemaOrg,
	"http://schema.org/":                                   schemaOrg,
	"http://schema.org/docs/jsonldcontext.json":            schemaOrg,
	"http://schema.org/docs/jsonldcontext.jsonld":          schemaOrg,
}

var schemaOrg = bundledContext{"schemaorg.jsonld", 205, 0}

// schemaVocab is the @vocab that most terms of schema.org are left to.
const schemaVocab = "http://schema.org/"

// bundledContext is a file and, for [checkContexts], how many entries it has,
// and of those how many in contexts inside it.
type bundledContext struct {
	file            string
	entries, scoped int
}

// bundledContexts is the library's only way to a context. It remembers its
// error because the library does not always pass it on.
type bundledContexts struct{ err error }

// LoadDocument returns a fresh copy each time: the library writes into the
// documents that @import names.
func (b *bundledContexts) LoadDocument(name string) (*ld.RemoteDocument, error) {
	context, ok := bundled[name]
	if !ok {
		b.err = fmt.Errorf("%w: %.200q", ErrRemoteContext, name)
		return nil, b.err
	}
	data, err := contextFiles.ReadFile("contexts/" + context.file)
	if err != nil {
		b.err = err
		return nil, err
	}
	document, err := ld.DocumentFromReader(bytes.NewReader(data))
	if err != nil {
		b.err = err
		return nil, err
	}
	return &ld.RemoteDocument{DocumentURL: name, Document: document}, nil
}
