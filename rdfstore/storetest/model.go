package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"domicile/rdfstore"
)

// model is what a store should hold: bodies by path, a container's ending in
// a slash. It is written for being obviously right.
type model map[string]string

func (m model) parent(path string) string {
	trimmed := strings.TrimSuffix(path, "/")
	return path[:strings.LastIndexByte(trimmed, '/')+1]
}

func (m model) twin(path string) string {
	if base, ok := strings.CutSuffix(path, "/"); ok {
		return base
	}
	return path + "/"
}

func (m model) members(container string) (names []string) {
	for path := range m {
		if path != "" && m.parent(path) == container {
			names = append(names, path[len(container):])
		}
	}
	slices.Sort(names)
	return names
}

func (m model) put(path, body string) error {
	_, exists := m[path]
	if _, ok := m[m.parent(path)]; !ok {
		return rdfstore.ErrNoParent
	}
	if _, ok := m[m.twin(path)]; ok && !exists {
		return rdfstore.ErrTwin
	}
	m[path] = body
	return nil
}

func (m model) delete(path string) error {
	if _, ok := m[path]; !ok {
		return rdfstore.ErrNotFound
	}
	if len(m.members(path)) > 0 && strings.HasSuffix(path, "/") {
		return rdfstore.ErrNotEmpty
	}
	delete(m, path)
	return nil
}

// testModel applies random operations, some in one Update and some of those
// failing at its end, to the store and to the model.
func testModel(f *fixture) {
	errRollback := errors.New("roll back")
	rapid.Check(f.T, func(t *rapid.T) {
		f.clear()
		m := model{"": ""}
		path := rapid.SampledFrom([]string{"a", "a/", "a/b", "a/b/", "a/b/c", "d", "d/", "d/e"})
		body := rapid.SampledFrom([]string{"", "x", "<a> <b> <c>.", large})
		for range rapid.IntRange(1, 12).Draw(t, "updates") {
			after, rollback := maps.Clone(m), rapid.IntRange(0, 3).Draw(t, "rollback") == 0
			err := f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
				for range rapid.IntRange(1, 4).Draw(t, "operations") {
					p := path.Draw(t, "path")
					var got, want error
					if rapid.Bool().Draw(t, "put") {
						content, text := document, body.Draw(t, "body")
						if strings.HasSuffix(p, "/") {
							content.Kind = rdfstore.Container
						}
						content.Body = f.stage(text)
						_, got = tx.Put(f.id(p), content)
						want = after.put(p, text)
					} else {
						got, want = tx.Delete(f.id(p)), after.delete(p)
					}
					if !errors.Is(got, want) {
						t.Fatalf("%s: %v, the model says %v", p, got, want)
					}
				}
				if rollback {
					return errRollback
				}
				return nil
			})
			if rollback != errors.Is(err, errRollback) || !rollback && err != nil {
				t.Fatal(err)
			}
			if !rollback {
				m = after
			}
			for p, want := range m {
				if got := f.body(p); got != want {
					t.Fatalf("%q has another body than the model", p)
				}
				if p == "" || strings.HasSuffix(p, "/") {
					if got, want := f.members(p, ""), m.members(p); !slices.Equal(got, want) {
						t.Fatalf("%q lists %v, the model %v", p, got, want)
					}
				}
			}
		}
	})
}

// clear deletes everything in alice's storage.
func (f *fixture) clear() {
	var empty func(tx rdfstore.Tx, path string) error
	empty = func(tx rdfstore.Tx, path string) error {
		var members []string
		for m, err := range tx.Members(f.id(path), "") {
			if err != nil {
				return err
			}
			members = append(members, m.ID.Path())
		}
		for _, p := range members {
			if strings.HasSuffix(p, "/") {
				if err := empty(tx, p); err != nil {
					return err
				}
			}
			if err := tx.Delete(f.id(p)); err != nil {
				return err
			}
		}
		return nil
	}
	f.must(f.store.Update(context.Background(), func(tx rdfstore.Tx) error { return empty(tx, "") }))
}
