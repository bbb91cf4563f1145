package kvstore

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// The form of a backup, version 1. Numbers outside chunks are big-endian, in
// them uvarints; a text is its length and its bytes.
//
//	magic      "DOMICILE BACKUP 1\n"
//	chunk …    length (4 bytes, > 0), that many bytes, and of the SHA-256 of
//	           everything in the file before it the first 8 bytes
//	end        length 0 and the whole of that SHA-256
//
// So a chunk that was altered, lost, doubled or moved is noticed before it is
// believed, and so is a file that ends too early. The chunks together hold:
//
//	H json           header: [rdfstore.BackupHeader]
//	E key value      an entry of the engine, in the order of keys
//	K key            an entry whose value is that of the backup before
//	B id text …      a blob in pieces, an empty one behind the last, and a byte
//	                 that is 0 when it could not be read to its end
//	Z                nothing follows
const (
	archiveMagic = "DOMICILE BACKUP 1\n"
	chunkSize    = 256 << 10
	chunkSumSize = 8
	// maxText bounds a text, in bytes: values are far smaller.
	maxText = 16 << 20

	headerItem = 'H'
	entryItem  = 'E'
	keptItem   = 'K'
	blobItem   = 'B'
	endItem    = 'Z'
)

// archiveWriter writes a backup.
type archiveWriter struct {
	chunks *chunkWriter
	*bufio.Writer
}

func newArchiveWriter(to io.Writer, header rdfstore.BackupHeader) (*archiveWriter, error) {
	chunks := &chunkWriter{hash: sha256.New()}
	chunks.to = io.MultiWriter(to, chunks.hash)
	if _, err := io.WriteString(chunks.to, archiveMagic); err != nil {
		return nil, err
	}
	w := &archiveWriter{chunks, bufio.NewWriterSize(chunks, chunkSize)}
	raw, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	return w, w.item(headerItem, raw)
}

// item writes an item of texts.
func (w *archiveWriter) item(kind byte, texts ...[]byte) error {
	if err := w.WriteByte(kind); err != nil {
		return err
	}
	for _, text := range texts {
		if err := w.text(text); err != nil {
			return err
		}
	}
	return nil
}

func (w *archiveWriter) text(text []byte) error {
	if _, err := w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(len(text)))); err != nil {
		return err
	}
	_, err := w.Write(text)
	return err
}

// blob writes a blob in pieces of the size of buffer. The second error is that
// of body, after which the blob is marked as broken.
func (w *archiveWriter) blob(id blob.ID, body io.Reader, buffer []byte) (err, broken error) {
	if err := w.item(blobItem, id[:]); err != nil {
		return err, nil
	}
	for broken == nil {
		var n int
		n, broken = io.ReadFull(body, buffer)
		if n > 0 {
			if err := w.text(buffer[:n]); err != nil {
				return err, nil
			}
		}
	}
	whole := byte(1)
	if errors.Is(broken, io.EOF) || errors.Is(broken, io.ErrUnexpectedEOF) {
		broken = nil
	} else {
		whole = 0
	}
	_, err = w.Write([]byte{0, whole})
	return err, broken
}

// close ends the backup.
func (w *archiveWriter) close() error {
	if err := w.item(endItem); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return w.chunks.close()
}

// chunkWriter makes a chunk of each Write. What it writes is hashed too.
type chunkWriter struct {
	to   io.Writer
	hash hash.Hash
}

// Write implements io.Writer.
func (w *chunkWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), chunkSize)
		if _, err := w.to.Write(binary.BigEndian.AppendUint32(nil, uint32(n))); err != nil {
			return written, err
		}
		if _, err := w.to.Write(p[:n]); err != nil {
			return written, err
		}
		if _, err := w.to.Write(w.hash.Sum(nil)[:chunkSumSize]); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

func (w *chunkWriter) close() error {
	if _, err := w.to.Write(make([]byte, 4)); err != nil {
		return err
	}
	_, err := w.to.Write(w.hash.Sum(nil))
	return err
}

// archiveReader reads a backup.
type archiveReader struct {
	*bufio.Reader
	chunks *chunkReader
	header rdfstore.BackupHeader
}

func newArchiveReader(from io.Reader) (*archiveReader, error) {
	chunks := &chunkReader{hash: sha256.New()}
	chunks.from = io.TeeReader(from, chunks.hash)
	magic := make([]byte, len(archiveMagic))
	if _, err := io.ReadFull(chunks.from, magic); err != nil || string(magic) != archiveMagic {
		return nil, errors.Join(fmt.Errorf("%w: not a backup of this version", rdfstore.ErrBackup), ioError(err))
	}
	r := &archiveReader{bufio.NewReaderSize(chunks, chunkSize), chunks, rdfstore.BackupHeader{}}
	kind, err := r.ReadByte()
	if err != nil {
		return nil, ended(err)
	}
	raw, err := r.text()
	if err != nil {
		return nil, err
	}
	if kind != headerItem || json.Unmarshal(raw, &r.header) != nil {
		return nil, fmt.Errorf("%w: no header", rdfstore.ErrBackup)
	}
	return r, nil
}

// ioError is err unless it tells of the end of a file.
func ioError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// ended says of a file that ends too early what it is.
func ended(err error) error {
	if err != nil && ioError(err) == nil {
		return fmt.Errorf("%w: it ends too early", rdfstore.ErrBackup)
	}
	return err
}

func (r *archiveReader) text() ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, ended(err)
	}
	if n > maxText {
		return nil, fmt.Errorf("%w: a part of %d bytes", rdfstore.ErrBackup, n)
	}
	text := make([]byte, n)
	_, err = io.ReadFull(r, text)
	return text, ended(err)
}

// finish checks, behind the last item, that the file ends as it has to.
func (r *archiveReader) finish() error {
	switch _, err := r.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: something follows its end", rdfstore.ErrBackup)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

var errBroken = errors.New("the blob could not be read when the backup was made")

// blobReader reads the pieces of a blob item.
type blobReader struct {
	archive *archiveReader
	piece   []byte
	err     error
}

// Read implements io.Reader. Behind the last piece comes io.EOF, or errBroken.
func (b *blobReader) Read(p []byte) (int, error) {
	for b.err == nil && len(b.piece) == 0 {
		if b.piece, b.err = b.archive.text(); b.err == nil && len(b.piece) == 0 {
			b.err = b.end()
		}
	}
	if b.err != nil {
		return 0, b.err
	}
	n := copy(p, b.piece)
	b.piece = b.piece[n:]
	return n, nil
}

func (b *blobReader) end() error {
	whole, err := b.archive.ReadByte()
	switch {
	case err != nil:
		return ended(err)
	case whole == 0:
		return errBroken
	}
	return io.EOF
}

// chunkReader yields what is in the chunks, each checked before.
type chunkReader struct {
	from  io.Reader // also writes to hash
	hash  hash.Hash
	chunk []byte
	err   error
}

// Read implements io.Reader.
func (r *chunkReader) Read(p []byte) (int, error) {
	if len(r.chunk) == 0 && r.err == nil {
		r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// next reads a chunk, or the end: io.EOF when all is well.
func (r *chunkReader) next() error {
	var length [4]byte
	if _, err := io.ReadFull(r.from, length[:]); err != nil {
		return tooEarly(err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > chunkSize {
		return fmt.Errorf("%w: a chunk of %d bytes", rdfstore.ErrBackup, n)
	}
	chunk := make([]byte, n)
	if _, err := io.ReadFull(r.from, chunk); err != nil {
		return tooEarly(err)
	}
	want := r.hash.Sum(nil)
	if n > 0 {
		want = want[:chunkSumSize]
	}
	sum := make([]byte, len(want))
	if _, err := io.ReadFull(r.from, sum); err != nil {
		return tooEarly(err)
	}
	if string(sum) != string(want) {
		return fmt.Errorf("%w: a checksum does not fit, it was altered", rdfstore.ErrBackup)
	}
	if n > 0 {
		r.chunk = chunk
		return nil
	}
	if extra, err := io.ReadFull(r.from, length[:1]); extra > 0 || ioError(err) != nil {
		return errors.Join(fmt.Errorf("%w: something follows its end", rdfstore.ErrBackup), ioError(err))
	}
	return io.EOF
}

// tooEarly keeps the end of the file from passing for the end of the chunks.
func tooEarly(err error) error {
	if ioError(err) != nil {
		return err
	}
	return fmt.Errorf("%w: it ends too early", rdfstore.ErrBackup)
}

// ReadBackupHeader reads the header of a backup and nothing behind it.
func ReadBackupHeader(from io.Reader) (rdfstore.BackupHeader, error) {
	r, err := newArchiveReader(from)
	if err != nil {
		return rdfstore.BackupHeader{}, err
	}
	return r.header, nil
}

// backupTime is the time as a header tells it.
func backupTime(now time.Time) time.Time { return now.UTC().Truncate(time.Second) }
