package blob

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func randomContent(n int) []byte {
	content := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	return content
}

// writeSealed writes content as an encrypted blob.
func writeSealed(t *testing.T, content []byte) (*Files, ID) {
	t.Helper()
	files, id := openFiles(t, t.TempDir(), randomContent(32)), NewID()
	if err := files.Write(id, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return files, id
}

// Any range of an encrypted blob reads as the same range of what was written.
func TestSealedRanges(t *testing.T) {
	content := randomContent(3*packageSize + 17)
	files, id := writeSealed(t, content)
	opened, err := files.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	want := bytes.NewReader(content)
	rapid.Check(t, func(t *rapid.T) {
		whence := rapid.IntRange(io.SeekStart, io.SeekEnd).Draw(t, "whence")
		offset := rapid.Int64Range(-4*packageSize, 4*packageSize).Draw(t, "offset")
		at, err := opened.Seek(offset, whence)
		wantAt, wantErr := want.Seek(offset, whence)
		if (err != nil) != (wantErr != nil) || err == nil && at != wantAt {
			t.Fatalf("Seek = %d, %v; want %d, %v", at, err, wantAt, wantErr)
		}
		length := rapid.Int64Range(0, 2*packageSize).Draw(t, "length")
		got, err := io.ReadAll(io.LimitReader(opened, length))
		expected, _ := io.ReadAll(io.LimitReader(want, length))
		if err != nil || !bytes.Equal(got, expected) {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, len(expected))
		}
	})
}

// Whatever is done to the file of an encrypted blob, nothing else than what
// was written is read from it.
func TestSealedBlobsThatWereAltered(t *testing.T) {
	content := randomContent(2*packageSize + 100)
	for name, alter := range map[string]func(raw []byte) []byte{
		"a bit of the content":  func(raw []byte) []byte { raw[headerSize+packageSize+50] ^= 1; return raw },
		"the number of the key": func(raw []byte) []byte { raw[headerSize-1] = 9; return raw },
		"not encrypted":         func([]byte) []byte { return content },
		"cut in a package":      func(raw []byte) []byte { return raw[:len(raw)-1] },
		"cut between packages":  func(raw []byte) []byte { return raw[:headerSize+sealedPackageSize] },
		"empty":                 func([]byte) []byte { return nil },
		"packages that changed places": func(raw []byte) []byte {
			first, second := raw[headerSize:headerSize+sealedPackageSize], raw[headerSize+sealedPackageSize:headerSize+2*sealedPackageSize]
			swapped := bytes.Clone(first)
			copy(first, second)
			copy(second, swapped)
			return raw
		},
	} {
		t.Run(name, func(t *testing.T) {
			files, id := writeSealed(t, content)
			raw, err := os.ReadFile(files.path(id))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, content[:16]) {
				t.Error("the content is readable in the file")
			}
			if err := os.WriteFile(files.path(id), alter(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			wantAltered(t, files, id)
		})
	}
	t.Run("under the name of another", func(t *testing.T) {
		files, id := writeSealed(t, content)
		other := NewID()
		if err := errors.Join(files.makeShard(other[0]), os.Rename(files.path(id), files.path(other))); err != nil {
			t.Fatal(err)
		}
		wantAltered(t, files, other)
	})
}

func wantAltered(t *testing.T, files *Files, id ID) {
	t.Helper()
	opened, err := files.Open(id)
	if err == nil {
		defer opened.Close()
		_, err = io.ReadAll(opened)
	}
	if !errors.Is(err, errAltered) {
		t.Errorf("reading it: %v", err)
	}
}

// A key that is added is for new blobs; the old ones stay readable.
func TestSealedWithSeveralKeys(t *testing.T) {
	root, first, second := t.TempDir(), randomContent(32), bytes.Repeat([]byte{7}, 32)
	older, newer := NewID(), NewID()
	if err := openFiles(t, root, first).Write(older, bytes.NewReader([]byte("older"))); err != nil {
		t.Fatal(err)
	}
	files := openFiles(t, root, first, second)
	if err := files.Write(newer, bytes.NewReader([]byte("newer"))); err != nil {
		t.Fatal(err)
	}
	if read(t, files, older) != "older" || read(t, files, newer) != "newer" {
		t.Error("not all blobs are readable")
	}
	wantAltered(t, openFiles(t, root, first), newer)
}

func BenchmarkOpenRange(b *testing.B) {
	content := randomContent(8 << 20)
	for name, keys := range map[string][][]byte{"plain": nil, "sealed": {randomContent(32)}} {
		b.Run(name, func(b *testing.B) {
			files, err := OpenFiles(b.TempDir(), keys...)
			if err != nil {
				b.Fatal(err)
			}
			id := NewID()
			if err := files.Write(id, bytes.NewReader(content)); err != nil {
				b.Fatal(err)
			}
			for _, part := range []struct {
				name         string
				from, length int64
			}{{"1 KiB in the middle", 4<<20 + 5, 1 << 10}, {"all 8 MiB", 0, 8 << 20}} {
				b.Run(part.name, func(b *testing.B) {
					b.SetBytes(part.length)
					for b.Loop() {
						opened, err := files.Open(id)
						if err != nil {
							b.Fatal(err)
						}
						if _, err := opened.Seek(part.from, io.SeekStart); err != nil {
							b.Fatal(err)
						}
						if _, err := io.CopyN(io.Discard, opened, part.length); err != nil {
							b.Fatal(err)
						}
						opened.Close()
					}
				})
			}
		})
	}
}
