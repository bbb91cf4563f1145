package blob

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

type blobs interface {
	Write(id ID, body io.Reader) error
	Open(id ID) (io.ReadSeekCloser, error)
	Remove(id ID) error
	All() iter.Seq2[ID, error]
}

func openFiles(t *testing.T, root string, keys ...[]byte) *Files {
	t.Helper()
	files, err := OpenFiles(root, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, from blobs, id ID) string {
	t.Helper()
	opened, err := from.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	content, err := io.ReadAll(opened)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func all(t *testing.T, in blobs) map[ID]bool {
	t.Helper()
	found := make(map[ID]bool)
	for id, err := range in.All() {
		if err != nil {
			t.Fatal(err)
		}
		found[id] = true
	}
	return found
}

func TestBlobs(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) blobs{
		"files":  func(t *testing.T) blobs { return openFiles(t, t.TempDir()) },
		"sealed": func(t *testing.T) blobs { return openFiles(t, t.TempDir(), make([]byte, 32)) },
		"memory": func(*testing.T) blobs { return &Memory{} },
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			contents := map[ID]string{}
			for _, size := range []int{0, 1, copyBuffer - 1, copyBuffer, 3*copyBuffer + 1} {
				id, content := NewID(), strings.Repeat("x", size)
				contents[id] = content
				if err := b.Write(id, strings.NewReader(content)); err != nil {
					t.Fatal(err)
				}
			}
			for id, content := range contents {
				if got := read(t, b, id); got != content {
					t.Errorf("%d bytes came back as %d", len(content), len(got))
				}
			}
			if found := all(t, b); len(found) != len(contents) {
				t.Errorf("All yields %d blobs of %d", len(found), len(contents))
			}
			for range b.All() {
				break // may be left early
			}
			for id := range contents {
				opened, err := b.Open(id)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(b.Remove(id), b.Remove(id)); err != nil {
					t.Errorf("Remove = %v", err)
				}
				if got, err := io.ReadAll(opened); err != nil || len(got) != len(contents[id]) {
					t.Errorf("removed while open: %d bytes, %v", len(got), err)
				}
				opened.Close()
				if _, err := b.Open(id); !errors.Is(err, ErrNotFound) {
					t.Errorf("Open after Remove = %v", err)
				}
			}
			if found := all(t, b); len(found) != 0 {
				t.Errorf("All yields %d removed blobs", len(found))
			}
			broken := errors.New("connection reset")
			id := NewID()
			if err := b.Write(id, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
				t.Errorf("Write = %v", err)
			}
			if _, err := b.Open(id); !errors.Is(err, ErrNotFound) {
				t.Errorf("Open after a failed Write = %v", err)
			}
		})
	}
}

func filesBelow(t *testing.T, root string) (paths []string) {
	t.Helper()
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestFilesLeaveNothingUnfinished(t *testing.T) {
	root := t.TempDir()
	files := openFiles(t, root)
	if err := files.Write(NewID(), iotest.ErrReader(errors.New("reset"))); err == nil {
		t.Error("Write of a broken body succeeded")
	}
	if left := filesBelow(t, root); len(left) != 0 {
		t.Errorf("a failed Write left %v", left)
	}
	kept := NewID()
	if err := files.Write(kept, strings.NewReader("kept")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(temporary, NewID().String()), filepath.Join(kept.String()[:2], "README")} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := openFiles(t, root)
	if found := all(t, again); len(found) != 1 || !found[kept] || read(t, again, kept) != "kept" {
		t.Errorf("after reopening: %v", found)
	}
	if left := filesBelow(t, root); len(left) != 2 { // the blob and the file that is none
		t.Errorf("after reopening: %v", left)
	}
}

func TestFilesAreForTheirOwner(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a", "b")
	files := openFiles(t, root)
	id := NewID()
	if err := files.Write(id, strings.NewReader("private")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{root: 0o700, filepath.Dir(files.path(id)): 0o700, files.path(id): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

func TestMakeFolderRefusesAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if err := MakeFolder(path); err == nil {
			t.Errorf("MakeFolder(%s) succeeded", path)
		}
	}
}

// A body of any size goes through in the memory of one buffer.
func TestFilesWriteInConstantMemory(t *testing.T) {
	files := openFiles(t, t.TempDir())
	const size = 32 << 20
	id := NewID()
	if err := files.Write(id, bytes.NewReader(make([]byte, 1))); err != nil { // makes the buffer
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := files.Write(id, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/16 {
		t.Errorf("a write of %d bytes allocates %d", size, allocated)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"", "00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF", "README", strings.Repeat("g", 32)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if id, ok := parseID(name); ok && id.String() != name {
			t.Errorf("%q is read as %s", name, id)
		}
	})
}
