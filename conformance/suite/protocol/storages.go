package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// Relations and types of storages.
const (
	storageType        = rdf.PIM + "Storage"
	storageDescription = rdf.Solid + "storageDescription"
	owner              = rdf.Solid + "owner"
	podOwner           = rdf.Solid + "podOwner"
)

// storages are about storages and their descriptions.
var storages = []suite.Case{
	suite.Must("SP-STO-01 SP-STO-03", "a storage is a container and says that it is a storage", func(t *suite.T) {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Alice.Do(method, t.Target.Root).Want(http.StatusOK).WantTyped(storageType, suite.BasicContainer)
		}
		if !strings.HasPrefix(t.Container(), t.Target.Root) {
			t.Failf("%s is not below %s", t.Container(), t.Target.Root)
		}
	}),
	suite.Must("SP-STO-01 SP-CON-02", "from a resource up to the storage each container lists the one below", func(t *suite.T) {
		for at := put(t, "a/b/note.ttl", suite.Turtle(note)); at != t.Target.Root; {
			parent := at[:strings.LastIndexByte(strings.TrimSuffix(at, "/"), '/')+1]
			t.Alice.Get(parent).Want(http.StatusOK).WantTriples(contains(at))
			at = parent
		}
	}),
	suite.Must("SP-STO-02", "storages do not overlap", func(t *suite.T) {
		if a, b := t.Target.Root, t.Bob.Storage; strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
			t.Failf("%s and %s overlap", a, b)
		}
	}).Needing(suite.SecondAgent, suite.OwnStorage),
	suite.Must("SP-STO-02 SP-STO-03", "nothing below a storage says that it is one", func(t *suite.T) {
		for _, url := range []string{t.Container(), put(t, "note.ttl", suite.Turtle(note)), put(t, "file.txt", suite.Text("x"))} {
			for _, link := range t.Alice.Head(url).Want(http.StatusOK).Links("type") {
				if link == storageType {
					t.Failf("%s says that it is a storage", url)
				}
			}
		}
	}),
	suite.Must("SP-STO-04", "GET, HEAD and OPTIONS link the storage description", func(t *suite.T) {
		description := t.Alice.Head(t.Target.Root).WantLink(storageDescription)
		for _, thing := range things(t) {
			for _, method := range reads {
				if answer := t.Alice.Do(method, thing.url).WantSuccess(); answer.WantLink(storageDescription) != description {
					answer.Failf("the storage links another description, %s", description)
				}
			}
		}
	}),
	suite.Decision("SP-STO-04", "refusals link the storage description too", func(t *suite.T) {
		for _, url := range []string{t.Target.Root, t.Container(), put(t, "note.ttl", suite.Turtle(note))} {
			t.Nobody.Get(url).Want(http.StatusUnauthorized).WantLink(storageDescription)
		}
		t.Nobody.Get(t.Target.Root).WantTyped(storageType)
	}),
	suite.Must("SP-STO-05", "the storage description says what is a storage, in Turtle and JSON-LD", func(t *suite.T) {
		description := t.Alice.Head(t.Container()).WantLink(storageDescription)
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(description, suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).
				WantTriples("<" + t.Target.Root + "> a pim:Storage.")
		}
	}),
	suite.Decision("SP-STO-05", "the storage description is for everybody to read and for nobody to write", func(t *suite.T) {
		description := t.Alice.Head(t.Container()).WantLink(storageDescription)
		t.Nobody.Get(description).Want(http.StatusOK).WantTriples("<" + t.Target.Root + "> a pim:Storage.")
		for _, answer := range []*suite.Answer{
			t.Alice.Put(description, suite.Turtle("")), t.Alice.Patch(description, suite.N3(suite.InsertPatch("<> a ex:Note."))),
			t.Alice.Delete(description), t.Alice.Post(description, suite.Turtle("")),
		} {
			answer.Want(http.StatusMethodNotAllowed).WantUnlisted("Allow", "PUT", "PATCH", "DELETE", "POST")
		}
	}),
	suite.May("SP-STO-08", "a storage that tells its owner tells her to older clients too", func(t *suite.T) {
		answer := t.Alice.Head(t.Target.Root)
		owners := answer.Links(owner)
		if len(owners) == 0 {
			t.NotApplicable("the storage does not tell who owns it")
		}
		if answer.WantLink(podOwner) != owners[0] {
			answer.Failf("the owner is %s", owners[0])
		}
	}),
	suite.Should("SP-STO-07", "the owner can always rewrite the ACL of the storage", func(t *suite.T) {
		carol := t.NewAgent("Carol") // whose storage no other case uses meanwhile
		root := carol.Storage
		acl := carol.Head(root).WantLink("acl")
		kept := carol.Get(acl, suite.Accept("text/turtle")).Want(http.StatusOK)
		carol.Put(acl, suite.Turtle(suite.Prefixes+"[] a acl:Authorization; acl:agent <"+t.Alice.WebID+">; acl:accessTo <"+
			root+">; acl:default <"+root+">; acl:mode acl:Read, acl:Write, acl:Control.")).WantSuccess()
		carol.Put(acl, suite.Turtle(kept.Body)).WantSuccess()
		carol.Get(root).Want(http.StatusOK)
	}).Needing(suite.Accounts, suite.WebAccessControl),
}
