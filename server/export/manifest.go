package export

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Manifest is the head of manifest.json; "resources" follows, a list of [Entry].
type Manifest struct {
	Format   string    `json:"format"`
	Storage  string    `json:"storage"` // URL of its root
	Owner    string    `json:"owner"`   // WebID
	Epoch    string    `json:"epoch"`
	Revision uint64    `json:"revision"`
	Exported time.Time `json:"exported"`
}

// format names the layout of the archive.
const format = "domicile pod export 1"

// Entry describes a resource. A container has no content of its own: what
// clients wrote of it is its description.
type Entry struct {
	Path      string    `json:"path"` // in the archive
	URL       string    `json:"url"`
	Kind      string    `json:"kind"` // container, document, binary, acl, description
	MediaType string    `json:"mediaType,omitempty"`
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256,omitempty"`
	Created   time.Time `json:"created"`
	Modified  time.Time `json:"modified"`
	// Unreadable: the server has lost the content, so the archive has no file.
	Unreadable bool `json:"unreadable,omitempty"`
}

// writeManifest writes the entries one by one: a pod may have more than memory
// holds.
func (e *exporter) writeManifest(storage rdfstore.Storage) error {
	revision, err := e.reader.Revision()
	if err != nil {
		return err
	}
	head, err := json.Marshal(Manifest{
		format, e.config.Space.URL(resource.Root(storage.Name)), storage.Owner, e.config.Store.Epoch(), revision, e.config.Now.UTC(),
	})
	if err != nil {
		return err
	}
	file, err := e.create("manifest.json", e.config.Now, zip.Deflate)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	out.Write(head[:len(head)-1])
	separator := `,"resources":[`
	err = e.each(func(i item) error {
		entry, err := e.entry(i)
		if err != nil {
			return err
		}
		line, err := json.Marshal(entry)
		out.WriteString(separator + "\n")
		out.Write(line)
		separator = ","
		return err
	})
	if err != nil {
		return err
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}

// entry describes an item. What is not sent as it is stored is made once more
// to be measured.
func (e *exporter) entry(i item) (Entry, error) {
	entry := Entry{
		Path: e.path(i.id), URL: e.config.Space.URL(i.id), Kind: i.kind(),
		Created: i.record.Created.UTC(), Modified: i.record.Modified.UTC(),
	}
	if i.id.IsContainer() {
		return entry, nil
	}
	content, err := e.content(i)
	if err != nil {
		entry.Unreadable = true
		return entry, e.ctx.Err()
	}
	entry.MediaType, entry.Size = content.mediaType, i.record.Size
	sum := i.record.SHA256
	if content.body == nil {
		hash, size := sha256.New(), counter(0)
		if err := content.write(io.MultiWriter(hash, &size)); err != nil {
			return entry, err
		}
		entry.Size = int64(size)
		hash.Sum(sum[:0])
	} else if err := content.body.Close(); err != nil {
		return entry, err
	}
	entry.SHA256 = hex.EncodeToString(sum[:])
	return entry, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
