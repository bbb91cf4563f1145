package provision

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
)

//go:embed all:template
var builtIn embed.FS

// entry is one resource of a fresh storage: a container, a document that is
// filled in for each storage, or a file that is the same in all.
type entry struct {
	path      string // below the root; of a container with the slash
	mediaType string
	document  *template.Template // of RDF, ACLs too
	content   []byte             // of anything else
}

// cardPath is the profile. It and what is about it is left out of a storage
// whose owner has her WebID elsewhere.
const cardPath = "profile/card"

func (e entry) isCard() bool { return e.path == cardPath || strings.HasPrefix(e.path, cardPath+".") }

func (e entry) kind() rdfstore.Kind {
	switch {
	case strings.HasSuffix(e.path, "/"):
		return rdfstore.Container
	case e.document != nil:
		return rdfstore.Document
	}
	return rdfstore.Binary
}

// loadLayout reads the built-in template and, over it, that of a city: files of
// the same path replace it, others are added. Containers come before members.
func loadLayout(city fs.FS) ([]entry, error) {
	own, err := fs.Sub(builtIn, "template")
	if err != nil {
		return nil, err
	}
	layers := []fs.FS{own}
	if city != nil {
		layers = append(layers, city)
	}
	entries := map[string]entry{}
	for _, layer := range layers {
		err := fs.WalkDir(layer, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || name == "." {
				return err
			}
			e, err := readEntry(layer, name, d)
			if errors.Is(err, errNotForPods) {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			entries[e.path] = e
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	layout := slices.Collect(maps.Values(entries))
	slices.SortFunc(layout, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return layout, nil
}

// errNotForPods: a file that editors and file managers leave behind.
var errNotForPods = errors.New("hidden file")

func readEntry(layer fs.FS, name string, d fs.DirEntry) (entry, error) {
	base := path.Base(name)
	isAuxiliary := path.Ext(base) == ".acl" || path.Ext(base) == ".meta"
	if strings.HasPrefix(base, ".") && !isAuxiliary || strings.HasSuffix(base, "~") {
		return entry{}, errNotForPods
	}
	if d.IsDir() {
		return entry{path: name + "/", mediaType: codec.Turtle}, nil
	}
	content, err := fs.ReadFile(layer, name)
	if err != nil {
		return entry{}, err
	}
	e := entry{path: name, mediaType: mediaTypes[path.Ext(base)], content: content}
	if isAuxiliary || !strings.Contains(base, ".") {
		e.mediaType = codec.Turtle
	}
	if e.mediaType == "" {
		return entry{}, fmt.Errorf("%s: no media type is known for this ending; known are %s", name, strings.Join(slices.Sorted(maps.Keys(mediaTypes)), " "))
	}
	if codec.IsRDF(e.mediaType) {
		e.content = nil
		e.document, err = template.New(name).Option("missingkey=error").Parse(string(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	}
	return e, err
}

// mediaTypes by ending. A file without an ending is Turtle.
var mediaTypes = map[string]string{
	".ttl":    codec.Turtle,
	".jsonld": "application/ld+json",
	".json":   "application/json",
	".txt":    "text/plain; charset=utf-8",
	".md":     "text/markdown; charset=utf-8",
	".html":   "text/html; charset=utf-8",
	".css":    "text/css; charset=utf-8",
	".csv":    "text/csv; charset=utf-8",
	".pdf":    "application/pdf",
	".svg":    "image/svg+xml",
	".png":    "image/png",
	".jpg":    "image/jpeg",
	".webp":   "image/webp",
	".ics":    "text/calendar; charset=utf-8",
}
