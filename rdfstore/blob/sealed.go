package blob

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/minio/sio"
)

// An encrypted blob is a header, which names its key, and DARE 2.0: packages
// of 64 KiB, each sealed with its place in the order, so that a range is read
// without what comes before and nothing can be left out or moved. Each blob
// has a key of its own, derived from the key that the header names and the
// blob's name.
const (
	sealedMagic = "blob"
	headerSize  = len(sealedMagic) + 4 // the number of the key
	packageSize = 64 << 10
	// sealedPackageSize is that of a package with its header and tag.
	sealedPackageSize = packageSize + 32
)

var errAltered = errors.New("an encrypted blob was altered")

func (f *Files) configFor(id ID, key uint32) (sio.Config, error) {
	if int(key) >= len(f.keys) {
		return sio.Config{}, fmt.Errorf("%w: it names a key that there is not", errAltered)
	}
	derived, err := hkdf.Key(sha256.New, f.keys[key], nil, "domicile blob "+id.String(), 32)
	return sio.Config{MinVersion: sio.Version20, Key: derived}, err
}

// seal returns what is written of a body: the same unless blobs are encrypted.
func (f *Files) seal(id ID, body io.Reader) (io.Reader, error) {
	if len(f.keys) == 0 {
		return body, nil
	}
	key := uint32(len(f.keys) - 1)
	config, err := f.configFor(id, key)
	if err != nil {
		return nil, err
	}
	sealed, err := sio.EncryptReader(body, config)
	if err != nil {
		return nil, err
	}
	header := binary.BigEndian.AppendUint32([]byte(sealedMagic), key)
	return io.MultiReader(bytes.NewReader(header), sealed), nil
}

// unseal returns a reader of the body that a file holds and closes it with it.
func (f *Files) unseal(id ID, file *os.File) (io.ReadSeekCloser, error) {
	if len(f.keys) == 0 {
		return file, nil
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(file, header); err != nil || string(header[:len(sealedMagic)]) != sealedMagic {
		return nil, errors.Join(errAltered, err)
	}
	config, err := f.configFor(id, binary.BigEndian.Uint32(header[len(sealedMagic):]))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	sealedSize := info.Size() - int64(headerSize)
	size, err := sio.DecryptedSize(uint64(sealedSize))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAltered, err)
	}
	return &unsealed{file: file, config: config, size: int64(size)}, nil
}

// unsealed reads an encrypted blob.
type unsealed struct {
	file   *os.File
	config sio.Config
	size   int64
	offset int64
	from   io.Reader // what comes at offset; nil behind a Seek
}

// Read implements [io.Reader].
func (u *unsealed) Read(p []byte) (int, error) {
	if u.from == nil {
		if u.offset >= u.size {
			return 0, io.EOF
		}
		if err := u.begin(); err != nil {
			return 0, err
		}
	}
	n, err := u.from.Read(p)
	u.offset += int64(n)
	return n, altered(err)
}

// begin opens the package at the offset and those behind it.
func (u *unsealed) begin() error {
	number := u.offset / packageSize
	if _, err := u.file.Seek(int64(headerSize)+number*sealedPackageSize, io.SeekStart); err != nil {
		return err
	}
	config := u.config
	config.SequenceNumber = uint32(number)
	from, err := sio.DecryptReader(u.file, config)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, from, u.offset%packageSize); err != nil {
		return altered(err)
	}
	u.from = from
	return nil
}

// altered says of an error of the decryption what it means.
func altered(err error) error {
	var refused sio.Error
	if errors.As(err, &refused) {
		return fmt.Errorf("%w: %w", errAltered, err)
	}
	return err
}

// Seek implements [io.Seeker].
func (u *unsealed) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += u.offset
	case io.SeekEnd:
		offset += u.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of a blob")
	}
	if offset != u.offset {
		u.offset, u.from = offset, nil
	}
	return offset, nil
}

// Close implements [io.Closer].
func (u *unsealed) Close() error { return u.file.Close() }
