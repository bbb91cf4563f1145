package kvstore

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

func drawRecord(t *rapid.T) *record {
	r := &record{
		kind:      rdfstore.Kind(rapid.IntRange(1, 3).Draw(t, "kind")),
		mediaType: rapid.String().Draw(t, "media type"),
		sha256:    emptyHash,
		created:   rapid.Int64Range(-1<<40, 1<<50).Draw(t, "created"),
		revision:  rapid.Uint64Range(0, 1<<60).Draw(t, "revision"),
		location:  location(rapid.IntRange(0, 3).Draw(t, "location")),
	}
	r.modified = r.created + rapid.Int64Range(0, 1<<50).Draw(t, "age")
	if r.kind == rdfstore.Container {
		r.membership = r.revision + rapid.Uint64Range(0, 1<<60).Draw(t, "membership")
		r.listing = r.membership + rapid.Uint64Range(0, 1<<60).Draw(t, "listing")
	}
	if r.location != nowhere {
		r.size = rapid.Int64Range(0, 1<<62).Draw(t, "size")
		copy(r.sha256[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
	}
	if r.location == inBlob {
		r.blob = blob.NewID()
	}
	if r.location == inQuads {
		n := rapid.IntRange(0, 1<<60)
		r.quads = quadsRef{uint64(n.Draw(t, "generation")), n.Draw(t, "quads"), n.Draw(t, "blocks"), uint64(n.Draw(t, "base"))}
	}
	return r
}

func TestValuesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		back, err := decodeRecord(r.encode())
		if diff := cmp.Diff(r, back, cmp.AllowUnexported(record{}, quadsRef{})); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		want := rdfstore.Member{Kind: r.kind, MediaType: r.mediaType, Size: r.size, Modified: fromMilliseconds(r.modified)}
		if member, err := decodeMember(encodeMember(r)); err != nil || member != want {
			t.Fatalf("member %+v, %v; want %+v", member, err, want)
		}
		storage := rdfstore.Storage{
			Name: "s", Owner: rapid.String().Draw(t, "owner"), Account: rapid.String().Draw(t, "account"),
			Created: fromMilliseconds(r.created), ACLs: r.revision,
			Owners: rapid.SliceOfN(rapid.Make[rdfstore.Owner](), 0, 3).Draw(t, "owners"),
		}
		got, err := decodeStorage("s", encodeStorage(storage))
		if diff := cmp.Diff(storage, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		value := []byte(r.mediaType)
		if got, expires, err := decodeState(encodeState(value, r.created)); err != nil || !bytes.Equal(got, value) || expires != r.created {
			t.Fatalf("record %q, %d, %v", got, expires, err)
		}
	})
}

func TestOldStorages(t *testing.T) {
	for version, raw := range map[int][]byte{1: {1, 2, 5}, 2: {2, 2, 9, 5}, 3: {3, 2, 9, 1, 5}} {
		want := rdfstore.Storage{Name: "s", Owner: "owner", Account: "account", Created: time.UnixMilli(1).UTC()}
		if version >= 2 {
			want.ACLs = 9
		}
		want.Closed = version >= 3
		got, err := decodeStorage("s", append(raw, "owneraccount"...))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("version %d: %v %s", version, err, diff)
		}
	}
}

// Damaged values are errors, never panics or wrong numbers of bytes.
func FuzzDecode(f *testing.F) {
	r := &record{kind: rdfstore.Container, mediaType: "text/turtle", size: 7, location: inBlob, created: 1, modified: 2, revision: 3, membership: 4, listing: 5}
	for _, seed := range [][]byte{
		nil, {encodingVersion}, {encodingVersion + 1}, r.encode(), r.encode()[:20], encodeMember(r),
		encodeStorage(rdfstore.Storage{Owner: "o", Owners: []rdfstore.Owner{{WebID: "p", Visible: true}}, Account: "a", Created: time.UnixMilli(1)}), encodeState([]byte("v"), 9),
		{encodingVersion, 1, 0, 0x80, 0x80}, {encodingVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decodeRecord(raw)
		check(t, err)
		if err == nil && (r.size < 0 || len(r.mediaType) > len(raw)) {
			t.Errorf("record %+v", r)
		}
		m, err := decodeMember(raw)
		check(t, err)
		if err == nil && m.Size < 0 {
			t.Errorf("member %+v", m)
		}
		s, err := decodeStorage("s", raw)
		check(t, err)
		if err == nil && len(s.Owner)+len(s.Account) >= len(raw) {
			t.Errorf("storage %+v", s)
		}
		value, _, err := decodeState(raw)
		check(t, err)
		if len(value) > len(raw) {
			t.Errorf("value of %d bytes", len(value))
		}
		if _, bucket, key, err := splitExpiryKey(raw); err == nil && len(bucket)+len(key) != len(raw)-10 {
			t.Errorf("expiry key %q %q", bucket, key)
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, errCorrupt) {
		t.Errorf("%v does not say that the data are corrupt", err)
	}
}

func TestKeysAreKeptApart(t *testing.T) {
	root := resource.Root("alice")
	inner, _ := root.Member("a", true)
	names := map[string]string{}
	add := func(what string, key []byte) {
		t.Helper()
		if other, taken := names[string(key)]; taken {
			t.Errorf("%s and %s have the key %q", what, other, key)
		}
		names[string(key)] = what
	}
	for _, id := range []resource.ID{root, inner, resource.Root("alicea"), resource.Root("a")} {
		for _, face := range []resource.ID{id, id.ACL(), id.Description(), id.StorageDescription()} {
			if face != id && face.Aux() == resource.StorageDescription && !id.IsRoot() {
				continue // the root's
			}
			add(face.String(), resourceKey(face))
			add("body of "+face.String(), inlineKey(face))
		}
		add("members of "+id.String(), memberKey(id, ""))
	}
	for _, name := range []string{"a", "alice", "alicea"} {
		add("storage "+name, storageKey(name))
	}
	add("record", stateKey("bucket", "key"))
	add("record of another bucket", stateKey("bucke", "tkey"))
	add("expiry", expiryKey(1, "bucket", "key"))
	add("later expiry", expiryKey(256, "bucket", "key"))
	if bytes.Compare(expiryKey(255, "z", "z"), expiryKey(256, "a", "a")) >= 0 {
		t.Error("the expiry index is not in the order of time")
	}
	at, bucket, key, err := splitExpiryKey(expiryKey(1<<40, "bucket", "a\x00b"))
	if at != 1<<40 || bucket != "bucket" || key != "a\x00b" || err != nil {
		t.Errorf("splitExpiryKey = %d, %q, %q, %v", at, bucket, key, err)
	}
}
