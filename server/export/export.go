// Package export writes a pod as a ZIP archive, for its resident to keep or to
// take elsewhere, and for an operator.
//
//	manifest.json   what the archive is, and each resource of it
//	alice/…         the resources under their paths, containers as folders;
//	                documents as GET sends them in their own media type, binaries
//	                as they are, ACLs and descriptions beside what they are about
//	export.nq       when asked for: all RDF, each document a graph named by its URL
//
// Invariants:
//
//   - An archive shows one moment: all of it is read from one view. Writers go
//     on meanwhile; the view lasts as long as whoever takes the archive.
//   - Memory does not grow with the pod. A document that is written as RDF again
//     is held whole, one at a time, up to the limit for documents.
//   - Unescaping the percent signs of a name in the archive gives the decoded path
//     of the resource, so no two resources share one.
//
// Who may have an archive is for the caller to say.
package export

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// Config says what [Write] writes.
type Config struct {
	Store    rdfstore.Store
	Space    *resource.Space
	Storage  string // name
	NQuads   bool   // with export.nq
	Now      time.Time
	Progress func(rdfstore.Progress) // nil: nobody wants to know
	// Unreadable is told the URL of what is lost and so is listed only.
	Unreadable func(url string) // nil: nobody wants to know
}

// Write writes the archive of a storage: [rdfstore.ErrNotFound] when there is
// none, before anything is written.
func Write(ctx context.Context, w io.Writer, c Config) error {
	return c.Store.View(ctx, func(r rdfstore.Reader) error {
		e := &exporter{ctx: ctx, config: c, reader: r, archive: zip.NewWriter(w)}
		if err := e.write(); err != nil {
			return err
		}
		return e.archive.Close()
	})
}

type exporter struct {
	ctx     context.Context
	config  Config
	reader  rdfstore.Reader
	archive *zip.Writer
	parsed  int // documents in export.nq so far
}

func (e *exporter) write() error {
	storage, err := e.reader.Storage(e.config.Storage)
	if err != nil {
		return err
	}
	if err := e.writeManifest(storage); err != nil {
		return err
	}
	if err := e.writeFiles(); err != nil || !e.config.NQuads {
		return err
	}
	file, err := e.create("export.nq", e.config.Now, zip.Deflate)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	if err := e.each(func(i item) error { return e.writeQuads(out, i) }); err != nil {
		return err
	}
	return out.Flush()
}

func (e *exporter) create(name string, modified time.Time, method uint16) (io.Writer, error) {
	return e.archive.CreateHeader(&zip.FileHeader{Name: name, Modified: modified.UTC(), Method: method})
}

func (e *exporter) writeFiles() error {
	usage, err := e.reader.Usage(rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: e.config.Storage})
	if err != nil {
		return err
	}
	progress := rdfstore.Progress{Stage: "exporting", Total: usage.Resources, Unit: rdfstore.Resources}
	return e.each(func(i item) error {
		if e.config.Progress != nil {
			e.config.Progress(progress)
		}
		progress.Done++
		if i.id.IsContainer() {
			_, err := e.create(e.path(i.id), i.record.Modified, zip.Store)
			return err
		}
		content, err := e.content(i)
		if err != nil {
			if e.config.Unreadable != nil {
				e.config.Unreadable(e.config.Space.URL(i.id))
			}
			return e.ctx.Err()
		}
		method := uint16(zip.Store)
		if ldp.Shrinks(content.mediaType) {
			method = zip.Deflate
		}
		file, err := e.create(e.path(i.id), i.record.Modified, method)
		if err != nil {
			return err
		}
		if err := content.write(file); err != nil {
			return fmt.Errorf("%s: %w", e.config.Space.URL(i.id), err)
		}
		return nil
	})
}

// item is a resource of the storage. The record of a container's description
// is the container's: the description is its body.
type item struct {
	id     resource.ID
	record rdfstore.Resource
}

func (i item) kind() string {
	switch {
	case i.id.Aux() == resource.ACL:
		return "acl"
	case i.id.Aux() == resource.Description:
		return "description"
	}
	return map[rdfstore.Kind]string{rdfstore.Container: "container", rdfstore.Document: "document", rdfstore.Binary: "binary"}[i.record.Kind]
}

// each visits all resources, each before what is in it.
func (e *exporter) each(visit func(item) error) error {
	return e.below(resource.Root(e.config.Storage), visit)
}

func (e *exporter) below(id resource.ID, visit func(item) error) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	record, err := e.reader.Resource(id)
	if err != nil {
		return err
	}
	if err := visit(item{id, record}); err != nil {
		return err
	}
	auxiliaries := []resource.ID{id.ACL(), id.Description()}
	if id.IsContainer() {
		auxiliaries = auxiliaries[:1]
		if record.Size > 0 {
			if err := visit(item{id.Description(), record}); err != nil {
				return err
			}
		}
	}
	for _, auxiliary := range auxiliaries {
		record, err := e.reader.Resource(auxiliary)
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := visit(item{auxiliary, record}); err != nil {
			return err
		}
	}
	if !id.IsContainer() {
		return nil
	}
	for member, err := range e.reader.Members(id, "") {
		if err != nil {
			return err
		}
		if err := e.below(member.ID, visit); err != nil {
			return err
		}
	}
	return nil
}

// content is what the archive has of a resource: the stored bytes or, when body
// is nil, what is made of them.
type content struct {
	mediaType string
	body      io.ReadCloser
	made      func(io.Writer) error
}

// write may be called once, and closes the body.
func (c content) write(w io.Writer) error {
	if c.body == nil {
		return c.made(w)
	}
	defer c.body.Close()
	_, err := io.Copy(w, c.body)
	return err
}

// content opens what is stored of an item; an error is that it cannot be.
func (e *exporter) content(i item) (content, error) {
	base := e.config.Space.URL(i.id)
	switch {
	case i.record.Kind == rdfstore.Container:
		// Its relative IRIs are those of the container, so it is written anew.
		document, err := e.document(i.record)
		if err == nil {
			return content{mediaType: codec.Turtle, made: func(w io.Writer) error { return codec.Write(w, codec.Turtle, document, base) }}, nil
		}
	case i.record.IsQuads:
		quads, err := e.reader.Quads(i.id)
		return content{mediaType: i.record.MediaType, made: func(w io.Writer) error { return ldp.WriteQuads(w, quads, i.record, base) }}, err
	}
	body, err := e.reader.Open(i.record.ID)
	return content{mediaType: i.record.MediaType, body: body}, err
}

// document reads RDF that is stored as bytes.
func (e *exporter) document(record rdfstore.Resource) (*rdf.Document, error) {
	body, err := e.reader.Open(record.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return codec.Parse(e.ctx, record.MediaType, body, e.config.Space.URL(record.ID))
}
