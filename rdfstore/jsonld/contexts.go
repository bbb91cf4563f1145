package jsonld

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/piprate/json-gold/ld"
)

//go:embed contexts
var contextFiles embed.FS

// bundled maps the IRIs of the contexts that are part of the program to their
// files, which define what the published ones define: Activity Streams 2.0
// (https://www.w3.org/TR/activitystreams-core/#jsonld), Solid-OIDC
// (https://solid.github.io/solid-oidc/#full-jsonld-context) and Solid
// Notifications, which has two IRIs in circulation
// (https://solidproject.org/TR/notifications-protocol).
var bundled = map[string]string{
	"https://www.w3.org/ns/activitystreams":                "activitystreams.jsonld",
	"http://www.w3.org/ns/activitystreams":                 "activitystreams.jsonld",
	"https://www.w3.org/ns/solid/oidc-context.jsonld":      "solid-oidc.jsonld",
	"https://www.w3.org/ns/solid/notifications-context/v1": "solid-notifications.jsonld",
	"https://www.w3.org/ns/solid/notification/v1":          "solid-notifications.jsonld",
}

// bundledContexts is the library's only way to a context. It remembers its
// error because the library does not always pass it on.
type bundledContexts struct{ err error }

// LoadDocument returns a fresh copy each time: the library writes into the
// documents that @import names.
func (b *bundledContexts) LoadDocument(name string) (*ld.RemoteDocument, error) {
	file, ok := bundled[name]
	if !ok {
		b.err = fmt.Errorf("%w: %.200q", ErrRemoteContext, name)
		return nil, b.err
	}
	data, err := contextFiles.ReadFile("contexts/" + file)
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
