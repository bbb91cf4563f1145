package export

import (
	"net/url"
	"strings"

	"domicile/rdfstore/resource"
)

// path returns the name of a resource in the archive: the storage's name and
// its path, with the percent-encoding that URLs need undone.
func (e *exporter) path(id resource.ID) string {
	space := e.config.Space
	path := strings.TrimPrefix(space.URL(id), space.URL(resource.Root(id.Storage())))
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = fileName(segment)
	}
	return id.Storage() + "/" + strings.Join(segments, "/")
}

// fileName decodes a segment of a path but for what some file system refuses
// in a name: that, and the percent sign, stay or become encoded.
func fileName(segment string) string {
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return segment // canonical paths never get here
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(decoded) {
		c := decoded[i]
		last := i == len(decoded)-1
		if c < ' ' || strings.IndexByte(`%<>:"|?*\`, c) >= 0 || last && (c == '.' || c == ' ') {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
