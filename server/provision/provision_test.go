package provision_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/server/account"
	"domicile/server/provision"
	"domicile/wac"
)

const (
	base   = "https://pods.example/"
	issuer = "https://id.example/"
	alice  = base + "alice/profile/card#me"
)

type fixture struct {
	space *resource.Space
	store rdfstore.Store
	pods  *provision.Pods
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	space, err := resource.NewSpace(base, false)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	t.Cleanup(func() { _ = store.Close() })
	pods, err := provision.New(t.Context(), space, store, issuer, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{space, store, pods}
}

func (f *fixture) create(t *testing.T, name, owner string) (pod account.Pod, err error) {
	t.Helper()
	err = f.store.Update(t.Context(), func(tx rdfstore.Tx) (err error) {
		pod, err = f.pods.CreatePod(t.Context(), tx, "account-1", name, owner)
		return err
	})
	return pod, err
}

// graph reads a document of the store as RDF.
func (f *fixture) graph(ctx context.Context, r rdfstore.Reader, id resource.ID) (*rdf.Graph, error) {
	found, err := r.Resource(id)
	if err != nil {
		return nil, err
	}
	body, err := r.Open(id)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	doc, err := codec.Parse(ctx, found.MediaType, body, f.space.URL(id))
	if err != nil {
		return nil, err
	}
	return doc.Default, nil
}

// readers answers as wac asks, from one snapshot.
type readers struct {
	*fixture
	rdfstore.Reader
}

func (r readers) EffectiveACL(ctx context.Context, subject resource.ID) (wac.Effective, error) {
	return wac.FindEffective(subject, func(id resource.ID) (*wac.ACL, error) {
		graph, err := r.graph(ctx, r.Reader, id.ACL())
		if errors.Is(err, rdfstore.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return wac.Parse(graph, r.space), nil
	})
}

func (r readers) IsOwner(_ context.Context, webID, storage string) (bool, error) {
	found, err := r.Storage(storage)
	return found.IsOwner(webID), err
}

func TestCreatePod(t *testing.T) {
	f := newFixture(t)
	pod, err := f.create(t, "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	if pod.URL != base+"alice/" || pod.WebID != alice {
		t.Errorf("pod = %+v", pod)
	}
	const owner = wac.Read | wac.Append | wac.Write | wac.Control
	for _, c := range []struct {
		path                    string
		owner, stranger, public wac.Modes
	}{
		{"", owner, 0, 0},
		{"profile/", owner, 0, 0},
		{"profile/card", owner, wac.Read, wac.Read},
		{"settings/", owner, 0, 0},
		{"settings/prefs.ttl", owner, 0, 0},
		{"settings/publicTypeIndex.ttl", owner, wac.Read, wac.Read},
		{"settings/privateTypeIndex.ttl", owner, 0, 0},
		{"inbox/", owner, wac.Append, 0},
		{"inbox/message", owner, 0, 0},
		{"anything/else", owner, 0, 0},
	} {
		t.Run("ECO-POD-02 ECO-POD-03 ECO-LDN-03 "+c.path, func(t *testing.T) {
			id, err := f.space.ParseIRI(base + "alice/" + c.path)
			if err != nil {
				t.Fatal(err)
			}
			err = f.store.View(t.Context(), func(r rdfstore.Reader) error {
				policy := wac.Policy{ACLs: readers{f, r}}
				for webID, want := range map[string]wac.Modes{alice: c.owner, "https://other.example/#me": c.stranger, "": c.public} {
					decision, err := policy.Decide(t.Context(), wac.Agent{WebID: webID}, id, time.Now())
					if err != nil {
						return err
					}
					if decision.Agent != want {
						t.Errorf("agent %q may %v, want %v", webID, decision.Agent, want)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestCardSaysWhatAppsLookFor(t *testing.T) {
	f := newFixture(t)
	if _, err := f.create(t, "alice", ""); err != nil {
		t.Fatal(err)
	}
	me := rdf.IRI(alice)
	err := f.store.View(t.Context(), func(r rdfstore.Reader) error {
		id, _ := f.space.ParseIRI(alice)
		card, err := f.graph(t.Context(), r, id)
		if err != nil {
			return err
		}
		for _, want := range []rdf.Triple{
			{S: me, P: rdf.IRI(rdf.Solid + "oidcIssuer"), O: rdf.IRI(issuer)},
			{S: me, P: rdf.IRI(rdf.PIM + "storage"), O: rdf.IRI(base + "alice/")},
			{S: me, P: rdf.IRI(rdf.LDP + "inbox"), O: rdf.IRI(base + "alice/inbox/")},
			{S: me, P: rdf.IRI(rdf.PIM + "preferencesFile"), O: rdf.IRI(base + "alice/settings/prefs.ttl")},
			{S: me, P: rdf.IRI(rdf.Solid + "publicTypeIndex"), O: rdf.IRI(base + "alice/settings/publicTypeIndex.ttl")},
		} {
			if !card.Has(want) {
				t.Errorf("ECO-WID-03, ECO-WID-04: the card lacks %v", want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPodForAnOutsideWebID(t *testing.T) {
	f := newFixture(t)
	const outside = "https://elsewhere.example/me#i"
	pod, err := f.create(t, "bob", outside)
	if err != nil || pod.WebID != outside {
		t.Fatalf("CreatePod = %+v, %v", pod, err)
	}
	err = f.store.View(t.Context(), func(r rdfstore.Reader) error {
		card, _ := f.space.ParseIRI(base + "bob/profile/card")
		if _, err := r.Resource(card); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("a pod whose owner has her WebID elsewhere got a card: %v", err)
		}
		record, err := r.Storage("bob")
		if record.Owner != outside || record.Account != "account-1" {
			t.Errorf("storage = %+v", record)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCreatePodRefuses(t *testing.T) {
	f := newFixture(t)
	if _, err := f.create(t, "alice", ""); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		"alice": account.ErrNameTaken, // E15
		"admin": account.ErrNameInvalid, "www": account.ErrNameInvalid,
		"": account.ErrNameInvalid, "Alice": account.ErrNameInvalid, "a.b": account.ErrNameInvalid, ".oidc": account.ErrNameInvalid, "-a": account.ErrNameInvalid,
	} {
		if _, err := f.create(t, name, ""); !errors.Is(err, want) {
			t.Errorf("ECO-POD-04 name %q: %v, want %v", name, err, want)
		}
	}
}

func TestCreatePodIsAtomic(t *testing.T) {
	t.Run("ECO-POD-01 a pod that fails half way leaves nothing", func(t *testing.T) {
		f := newFixture(t)
		err := f.store.Update(t.Context(), func(tx rdfstore.Tx) error {
			if _, err := f.pods.CreatePod(t.Context(), tx, "account-1", "carol", ""); err != nil {
				return err
			}
			return io.ErrUnexpectedEOF
		})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		err = f.store.View(t.Context(), func(r rdfstore.Reader) error { _, err := r.Storage("carol"); return err })
		if !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("a storage was left behind: %v", err)
		}
	})
}

func TestQuotaOfANewPod(t *testing.T) {
	f := newFixture(t)
	with := func(quota int64) (err error) {
		f.pods.Quota = quota
		_, err = f.create(t, "alice", "")
		return err
	}
	if full := (*rdfstore.QuotaError)(nil); !errors.As(with(100), &full) {
		t.Error("a pod was made in 100 bytes")
	}
	if err := with(100_000); err != nil {
		t.Fatal(err)
	}
	err := f.store.View(t.Context(), func(r rdfstore.Reader) error {
		usage, err := r.Usage(rdfstore.Holder{Name: "alice"})
		if usage.Quota != 100_000 || usage.Bytes < 100 {
			t.Errorf("usage %+v", usage)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A resident must not get the host that people sign in at.
func TestNameOfTheIssuersHost(t *testing.T) {
	for _, c := range []struct {
		subdomains   bool
		base, issuer string
		err          error
	}{
		{true, "https://pods.example/", "https://accounts.pods.example/", account.ErrNameInvalid},
		{true, "https://pods.example/", "https://ACCOUNTS.pods.example:443/", account.ErrNameInvalid},
		{true, "https://pods.example/", "https://accounts.example/", nil},
		{false, "https://pods.example/", "https://accounts.pods.example/", nil},
	} {
		space, err := resource.NewSpace(c.base, c.subdomains)
		if err != nil {
			t.Fatal(err)
		}
		f := newFixture(t)
		if f.pods, err = provision.New(t.Context(), space, f.store, c.issuer, nil, time.Now); err != nil {
			t.Fatal(err)
		}
		if _, err := f.create(t, "accounts", ""); !errors.Is(err, c.err) {
			t.Errorf("pod accounts with issuer %s, base %s, subdomains %v: %v, want %v", c.issuer, c.base, c.subdomains, err, c.err)
		}
		if _, err := f.create(t, "alice", ""); err != nil {
			t.Error(err)
		}
	}
}
