package ldp

import (
	"crypto/rand"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"domicile/rdfstore/resource"
)

// maxSlug is the longest name, in bytes, that is taken from a Slug.
const maxSlug = 200

// extensions of names that the server makes up; without one for a media type
// the name has none.
var extensions = map[string]string{
	"text/turtle":           ".ttl",
	"application/ld+json":   ".jsonld",
	"application/n-triples": ".nt",
	"application/trig":      ".trig",
	"application/n-quads":   ".nq",
	"application/json":      ".json",
	"application/pdf":       ".pdf",
	"text/plain":            ".txt",
	"text/html":             ".html",
	"text/csv":              ".csv",
	"image/jpeg":            ".jpg",
	"image/png":             ".png",
	"image/gif":             ".gif",
	"image/webp":            ".webp",
	"image/svg+xml":         ".svg",
}

// parseSlug returns the name that a Slug field asks for, one decoded path
// segment, or "" when it asks for none that can be given (RFC 5023 §9.7,
// SP-POST-03). It never has a slash, backslash or control character.
func parseSlug(value string) string {
	if !utf8.ValidString(value) {
		value = fromLatin1(value)
	}
	name, err := url.PathUnescape(value)
	if err != nil {
		name = value
	}
	if !utf8.ValidString(name) {
		return ""
	}
	name = strings.Trim(name, "/ \t")
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '/' || r == '\\' {
			return '-'
		}
		return r
	}, name)
	if len(name) > maxSlug {
		name = strings.TrimRight(strings.ToValidUTF8(name[:maxSlug], ""), " ")
	}
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// fromLatin1 decodes what fetch sends of "é" in a field, in browsers and Node.js
// (ECO-CLI-05).
func fromLatin1(value string) string {
	runes := make([]rune, len(value))
	for i := range runes {
		runes[i] = rune(value[i])
	}
	return string(runes)
}

// nameMember returns an identifier for a new member of a container: the slug's
// name when it can be one and it is the first try, else one that nobody has.
// A slug that would name an auxiliary or reserved resource counts as none.
func nameMember(container resource.ID, slug, mediaType string, isContainer bool, try int) resource.ID {
	if slug != "" && try > 0 {
		extension := path.Ext(slug)
		slug = strings.TrimSuffix(slug, extension) + "-" + unique() + extension
	}
	if slug != "" {
		if id, err := container.Member(slug, isContainer); err == nil {
			return id
		}
	}
	name := unique()
	if !isContainer {
		name += extensions[essenceOf(mediaType)]
	}
	id, err := container.Member(name, isContainer)
	if err != nil {
		panic("ldp: a made-up name is no name: " + err.Error()) // letters and digits always are
	}
	return id
}

func unique() string { return strings.ToLower(rand.Text())[:20] }
