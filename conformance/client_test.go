package conformance

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
	"domicile/rdfstore/rdf"
)

const dct = "http://purl.org/dc/terms/"

// TestClient does with the Go client what programs do with pods, at our server
// and at another.
func TestClient(t *testing.T) {
	for _, at := range []struct {
		name          string
		start         func(t *testing.T) string
		listsMedia    bool // Community Solid Server does with its file backend only
		existsAlready error
	}{
		{"Domicile", func(t *testing.T) string { return program.Start(t).BaseURL }, true, solid.ErrPreconditionFailed},
		{"Community Solid Server", func(t *testing.T) string { return css.BaseURL(t) }, false, solid.ErrConflict},
	} {
		t.Run(at.name, func(t *testing.T) {
			server := at.start(t)
			alice, bob := harness.SignUp(t, server, "client-alice"), harness.SignUp(t, server, "client-bob")
			pod := clientOfPod{solid.NewClient(alice.Session.Client()), solid.NewClient(bob.Session.Client()), alice, bob}
			t.Run("documents", pod.documents)
			t.Run("files", pod.files)
			t.Run("containers", func(t *testing.T) { pod.containers(t, at.listsMedia, at.existsAlready) })
			t.Run("access", pod.access)
			t.Run("profiles", pod.profiles)
		})
	}
}

type clientOfPod struct {
	alice, bob     *solid.Client
	owner, visitor harness.Resident
}

func (p clientOfPod) documents(t *testing.T) {
	ctx, note := t.Context(), p.owner.Pod.URL+"notes/one"
	subject, title := rdf.IRI(note+"#it"), rdf.IRI(dct+"title")
	if _, err := p.alice.Read(ctx, note); !errors.Is(err, solid.ErrNotFound) {
		t.Fatalf("reading what is not there: %v", err)
	}
	written := solid.NewDocument(note)
	written.Prefixes = []rdf.Prefix{{Name: "dct", IRI: dct}}
	written.Add(rdf.Triple{S: subject, P: title, O: rdf.String("One")})
	ok(t, p.alice.Save(ctx, written))
	again := solid.NewDocument(note)
	if err := p.alice.Save(ctx, again); !errors.Is(err, solid.ErrPreconditionFailed) {
		t.Errorf("a new document replaced another: %v", err)
	}

	read, err := p.alice.Read(ctx, note)
	ok(t, err)
	if read.Len() != 1 || read.Object(subject, title) != rdf.String("One") || read.ETag == "" || read.URL != note {
		t.Errorf("read %d triples, %+v", read.Len(), read.Info)
	}
	_, err = p.alice.Patch(ctx, note, solid.Patch{
		Where:   []rdf.Triple{{S: rdf.Variable("note"), P: title, O: rdf.String("One")}},
		Deletes: []rdf.Triple{{S: rdf.Variable("note"), P: title, O: rdf.String("One")}},
		Inserts: []rdf.Triple{{S: rdf.Variable("note"), P: title, O: rdf.LangString("\"Zwei\"\n", "de")}},
	}, solid.IfMatch(read.ETag))
	ok(t, err)
	read.Add(rdf.Triple{S: subject, P: title, O: rdf.String("lost update")})
	if err := p.alice.Save(ctx, read); !errors.Is(err, solid.ErrPreconditionFailed) {
		t.Errorf("the patch was overwritten: %v", err)
	}
	if _, err := p.alice.Patch(ctx, note, solid.Patch{Deletes: []rdf.Triple{{S: subject, P: title, O: rdf.String("One")}}}); !errors.Is(err, solid.ErrConflict) {
		t.Errorf("deleting what is not there: %v", err)
	}

	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			err := p.alice.Update(ctx, note, func(d *solid.Document) error {
				d.Add(rdf.Triple{S: subject, P: title, O: rdf.String(fmt.Sprint("writer ", i))})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	read, err = p.alice.Read(ctx, note)
	ok(t, err)
	if read.Len() != 5 || !read.Has(rdf.Triple{S: subject, P: title, O: rdf.LangString("\"Zwei\"\n", "de")}) {
		t.Errorf("after a patch and four writers there are %d titles, want 5", read.Len())
	}
	ok(t, p.alice.Update(ctx, note, func(*solid.Document) error { return nil }))
	if same, err := p.alice.Head(ctx, note, solid.WithHeader("Accept", turtle)); err != nil || same.ETag != read.ETag {
		t.Errorf("an update of nothing wrote: %q became %q, %v", read.ETag, same.ETag, err)
	}
	if _, err := p.alice.Get(ctx, note, solid.WithHeader("Accept", turtle), solid.IfChanged(read.ETag)); !errors.Is(err, solid.ErrNotModified) {
		t.Errorf("reading what did not change: %v", err)
	}
	if err := p.alice.Delete(ctx, note, solid.IfMatch(`"another"`)); !errors.Is(err, solid.ErrPreconditionFailed) {
		t.Errorf("deleting another state: %v", err)
	}
	if err := p.alice.Delete(ctx, note, solid.IfMatch("")); !errors.Is(err, solid.ErrPreconditionFailed) {
		t.Errorf("deleting an unknown state: %v", err)
	}
	ok(t, p.alice.Delete(ctx, note, solid.IfMatch(read.ETag)))
	var refused *solid.StatusError
	if _, err := p.bob.Read(ctx, p.owner.Pod.URL+"notes/"); !errors.Is(err, solid.ErrForbidden) || !errors.As(err, &refused) || refused.Status != 403 {
		t.Errorf("a stranger got %v", err)
	}
}

func (p clientOfPod) files(t *testing.T) {
	ctx, pixels := t.Context(), string(randomBytes(1<<20))
	made, err := p.alice.Post(ctx, p.owner.Pod.URL, "image/png", strings.NewReader(pixels), solid.Slug("door.png"))
	ok(t, err)
	if !strings.HasPrefix(made.URL, p.owner.Pod.URL) || made.URL == p.owner.Pod.URL {
		t.Fatalf("made at %s", made.URL)
	}
	read, err := p.alice.Get(ctx, made.URL)
	ok(t, err)
	defer read.Body.Close()
	body, err := io.ReadAll(read.Body)
	if err != nil || string(body) != pixels || read.MediaType != "image/png" {
		t.Errorf("%d bytes of %q came back, %v", len(body), read.MediaType, err)
	}
	if user, public := read.Allowed(); !user.Has(solid.Read|solid.Write|solid.Control) || public != 0 {
		t.Errorf("the owner may %s, everybody %s", user, public)
	}
	if _, err := p.alice.Read(ctx, made.URL); err == nil {
		t.Error("a picture was read as RDF")
	}
}

func (p clientOfPod) containers(t *testing.T, listsMedia bool, existsAlready error) {
	ctx, root := t.Context(), p.owner.Pod.URL+"tree/"
	_, err := p.alice.CreateContainer(ctx, root)
	ok(t, err)
	if _, err := p.alice.CreateContainer(ctx, root); !errors.Is(err, existsAlready) {
		t.Errorf("made twice: %v", err)
	}
	if _, err := p.alice.CreateContainer(ctx, p.owner.Pod.URL+"tree"); err == nil {
		t.Error("a container without a slash was made")
	}
	for _, name := range []string{"b.txt", "a/one", "a/deeper/two", "c%20d.ttl"} {
		mediaType, body := turtle, "<> <urn:p> <urn:o>."
		if name == "b.txt" {
			mediaType, body = "text/plain", "five!"
		}
		_, err := p.alice.Put(ctx, root+name, mediaType, strings.NewReader(body), solid.IfAbsent())
		ok(t, err)
	}
	listed := map[string]solid.Member{}
	for m, err := range p.alice.Members(ctx, root) {
		ok(t, err)
		listed[strings.TrimPrefix(m.URL, root)] = m
	}
	if text := listed["b.txt"]; len(listed) != 3 || text.Size != 5 || time.Since(text.Modified) > time.Hour || text.IsContainer() {
		t.Errorf("listed %+v", listed)
	}
	if !listed["a/"].IsContainer() || listsMedia && (listed["b.txt"].MediaType != "text/plain" || listed["c%20d.ttl"].MediaType != turtle) {
		t.Errorf("listed %+v", listed)
	}
	var walked []string
	for m, err := range p.alice.Walk(ctx, root) {
		ok(t, err)
		walked = append(walked, strings.TrimPrefix(m.URL, root))
	}
	before := func(a, b string) bool { return slices.Index(walked, a) < slices.Index(walked, b) }
	if len(walked) != 6 || !before("a/", "a/one") || !before("a/deeper/", "a/deeper/two") {
		t.Errorf("walked %v", walked)
	}
	if err := p.alice.Delete(ctx, root); !errors.Is(err, solid.ErrConflict) {
		t.Errorf("a container with members: %v", err)
	}
	ok(t, p.alice.DeleteAll(ctx, root))
	if _, err := p.alice.Head(ctx, root); !errors.Is(err, solid.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
}

func (p clientOfPod) access(t *testing.T) {
	ctx, folder := t.Context(), p.owner.Pod.URL+"shared/"
	inner := folder + "deep/inner"
	_, err := p.alice.Put(ctx, inner, "text/plain", strings.NewReader("x"))
	ok(t, err)
	acl, err := p.alice.ACL(ctx, inner)
	ok(t, err)
	if !acl.Inherited() || acl.Resource != p.owner.Pod.URL || !slices.ContainsFunc(acl.Rules(), func(r solid.Rule) bool {
		return r.Subject == solid.Agent(p.owner.Pod.WebID) && r.Modes.Has(solid.Read|solid.Write|solid.Control) && r.Scope == solid.Itself
	}) {
		t.Errorf("inherited from %s: %v", acl.Resource, acl.Rules())
	}
	visitor := solid.Agent(p.visitor.Pod.WebID)
	rule := solid.Rule{Subject: visitor, Modes: solid.Read, Scope: solid.ItselfAndInside, Until: time.Now().Add(time.Hour).Truncate(time.Second)}
	if _, err := p.bob.Head(ctx, inner); !errors.Is(err, solid.ErrForbidden) {
		t.Errorf("before it is granted: %v", err)
	}
	ok(t, p.alice.Grant(ctx, folder, rule))
	_, err = p.bob.Head(ctx, inner)
	ok(t, err)
	if err := p.bob.Delete(ctx, inner); !errors.Is(err, solid.ErrForbidden) {
		t.Errorf("deleting takes Write: %v", err)
	}
	acl, err = p.alice.ACL(ctx, folder)
	ok(t, err)
	if acl.Inherited() || !slices.ContainsFunc(acl.Rules(), func(r solid.Rule) bool {
		return r.Subject == visitor && r.Modes == rule.Modes && r.Scope == rule.Scope && r.Until.Equal(rule.Until)
	}) {
		t.Errorf("granted %v, got %v", rule, acl.Rules())
	}
	ok(t, p.alice.Grant(ctx, folder, rule))
	if again, err := p.alice.ACL(ctx, folder); err != nil || again.Document.ETag != acl.Document.ETag {
		t.Errorf("granting the same again wrote the ACL: %v", err)
	}
	rule.Modes = solid.Append
	ok(t, p.alice.Grant(ctx, folder, rule))
	if _, err := p.bob.Head(ctx, inner); !errors.Is(err, solid.ErrForbidden) {
		t.Errorf("Append replaced Read, and yet: %v", err)
	}
	_, err = p.bob.Post(ctx, folder, "text/plain", strings.NewReader("y"))
	ok(t, err)
	ok(t, p.alice.Revoke(ctx, folder, visitor))
	if _, err := p.bob.Post(ctx, folder, "text/plain", strings.NewReader("y")); !errors.Is(err, solid.ErrForbidden) {
		t.Errorf("after it was revoked: %v", err)
	}
	nobody := solid.NewClient(nil)
	if _, err := nobody.Head(ctx, inner); !errors.Is(err, solid.ErrUnauthorized) {
		t.Errorf("before it is public: %v", err)
	}
	ok(t, p.alice.Grant(ctx, inner, solid.Rule{Subject: solid.Public, Modes: solid.Read}))
	_, err = nobody.Head(ctx, inner)
	ok(t, err)
	if _, err := nobody.Head(ctx, folder); !errors.Is(err, solid.ErrUnauthorized) {
		t.Errorf("only one resource is public: %v", err)
	}
	if _, err := p.alice.Head(ctx, inner); err != nil {
		t.Errorf("the owner after all this: %v", err)
	}
}

func (p clientOfPod) profiles(t *testing.T) {
	ctx := t.Context()
	profile, err := solid.NewClient(nil).Profile(ctx, p.owner.Pod.WebID)
	ok(t, err)
	if len(profile.Issuers) != 1 {
		t.Errorf("%+v", profile)
	}
	storage, err := solid.NewClient(nil).StorageOf(ctx, p.owner.Pod.WebID)
	ok(t, err)
	if storage != p.owner.Pod.URL {
		t.Errorf("the storage is %s, want %s", storage, p.owner.Pod.URL)
	}
}

// ok ends the test when there is an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
