package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "domicile"

// layer is a set of packages that may import the same things.
type layer struct {
	name string
	// packages are import paths below the module; "x/..." is x and what is
	// below it. The longest match decides.
	packages []string
	// uses are the other layers whose packages it may import; why is told to
	// whoever imports another.
	uses []string
	why  string
}

var layers = []layer{
	{"main", []string{""}, []string{"server", "suite"},
		"main parses the command line and calls server, or the suite, which knows nothing of server"},
	{"server", []string{"server/..."}, []string{"ldp", "solidoidc", "wac", "store", "codec", "leaf"},
		"clients and conformance reach the server over HTTP only"},
	{"ldp", []string{"ldp/..."}, []string{"wac", "store", "codec", "leaf"},
		"the protocol must work with any way of signing in, so ldp sees neither solidoidc nor server"},
	{"solidoidc", []string{"solidoidc/..."}, []string{"store", "codec", "leaf"},
		"who is asking must not depend on what is asked: only server turns an identity into a wac.Agent"},
	{"wac", []string{"wac/..."}, []string{"codec", "leaf"},
		"decisions are reused by export, query and notifications, so wac asks an ACLSource and sees no store"},
	{"store", []string{"rdfstore/..."}, []string{"codec", "leaf"},
		"what is kept knows nothing of protocol, access control and sign-in"},
	{"codec", []string{"rdfstore/codec/...", "rdfstore/internal/...", "rdfstore/jsonld/...", "rdfstore/n3/...",
		"rdfstore/patch/...", "rdfstore/sparql/...", "rdfstore/turtle/..."}, []string{"leaf"},
		"parsers and writers work on terms; clients use them without a store"},
	{"leaf", []string{"rdfstore/rdf", "rdfstore/resource"}, nil,
		"terms and identifiers are what everything else stands on"},
	{"clients", []string{"clients/..."}, []string{"codec", "leaf"},
		"clients speak HTTP and may read RDF"},
	{"conformance", []string{"conformance/..."}, []string{"clients", "suite", "codec", "leaf"},
		"what is shown from outside must hold for the program as it runs, so its tests speak HTTP and read RDF only"},
	{"suite", []string{"conformance/suite/...", "conformance/requirements/...", "conformance/internal/areas"}, []string{"clients", "codec", "leaf"},
		"the suite must run against any Solid server, so it is a client like others and speaks HTTP only"},
}

// confined are imports from outside the module that only some packages may
// make; "x/..." covers what is below x.
var confined = []struct {
	imported  string
	importers []string
	why       string
}{
	{"github.com/lestrrat-go/jwx/...", []string{"solidoidc/internal/jose"},
		"jwx v2 is the last of its line: replacing it must stay a change of one package that checks alg, crit and exp itself"},
	{"github.com/dgraph-io/badger/...", []string{"rdfstore/badgerstore/..."},
		"nothing above the store may depend on the engine"},
	{"github.com/piprate/json-gold/...", []string{"rdfstore/jsonld/..."},
		"its panics and its loader of remote contexts are fenced in there"},
	{"github.com/knakk/rdf", []string{"rdfstore/turtle", "server/export"},
		"its parser ends the process on hostile input: it writes the N-Quads of exports and checks our writers in tests"},
	{"github.com/deiu/...", []string{"clients/solid/rdf2go"},
		"its parser hangs on valid input and ends the process on hostile input: graphs are converted, nothing is read with it"},
	{"github.com/wneessen/go-mail", []string{"server/mail"}, "who needs a letter sent asks for a sender"},
	{"github.com/coreos/go-oidc/...", []string{"conformance"}, "it is there to judge our provider, so it must not be part of it"},
	{"github.com/go-jose/...", []string{"conformance"}, "it is there to judge our tokens, so it must not make them"},
	{"golang.org/x/oauth2/...", []string{"conformance"}, "it is there to judge our provider, so it must not be part of it"},
	{"github.com/gorilla/mux", []string{"server/..."}, "routing of system paths is the server's"},
	{"github.com/prometheus/...", []string{"server/..."}, "metrics wrap the parts from outside"},
}

// httpFree are layers whose code, tests aside, must not import net/http.
var httpFree = []string{"wac", "store", "codec", "leaf"}

// unit is what `go list -json` tells of a package.
type unit struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportArrows(t *testing.T) {
	for _, broken := range brokenArrows(listPackages(t)) {
		t.Error(broken)
	}
}

func listPackages(t *testing.T) []unit {
	t.Helper()
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	command.Dir = ".." // -e: whether it compiles is for others to say
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var units []unit
	decoder := json.NewDecoder(bytes.NewReader(output))
	for {
		var u unit
		if err := decoder.Decode(&u); errors.Is(err, io.EOF) {
			return units
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
}

// brokenArrows returns a sentence for each import that the rules forbid.
func brokenArrows(units []unit) []string {
	var broken []string
	for _, u := range units {
		from, known := layerOf(u.ImportPath)
		if !known {
			broken = append(broken, fmt.Sprintf("%s is in no layer: give it one in arch_test.go", u.ImportPath))
			continue
		}
		all := slices.Concat(u.Imports, u.TestImports, u.XTestImports)
		slices.Sort(all)
		for _, imported := range slices.Compact(all) {
			inProduct := slices.Contains(u.Imports, imported)
			if why := forbidden(u.ImportPath, from, imported, inProduct); why != "" {
				broken = append(broken, fmt.Sprintf("%s must not import %s: %s", u.ImportPath, imported, why))
			}
		}
	}
	return broken
}

// forbidden returns why a package of the layer must not import another, or "".
// inProduct is false when only tests import it.
func forbidden(importer string, from layer, imported string, inProduct bool) (why string) {
	if imported == "net/http" && inProduct && slices.Contains(httpFree, from.name) {
		return "HTTP is the business of ldp, solidoidc and server"
	}
	if to, ours := layerOf(imported); ours {
		if from.name == "leaf" && imported != importer || to.name != from.name && !slices.Contains(from.uses, to.name) {
			return from.why
		}
		return ""
	}
	if from.name == "leaf" && inProduct && !isStandard(imported) {
		return "the leaves use the standard library only"
	}
	for _, rule := range confined {
		if matches(rule.imported, imported) && !slices.ContainsFunc(rule.importers, func(pattern string) bool {
			return matches(module+"/"+pattern, importer)
		}) {
			return rule.why
		}
	}
	return ""
}

// layerOf finds the layer of a package of the module.
func layerOf(importPath string) (layer, bool) {
	if importPath != module && !strings.HasPrefix(importPath, module+"/") {
		return layer{}, false
	}
	below := strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
	var found layer
	longest := -1
	for _, l := range layers {
		for _, pattern := range l.packages {
			if n := len(strings.TrimSuffix(pattern, "/...")); n > longest && matches(pattern, below) {
				found, longest = l, n
			}
		}
	}
	return found, longest >= 0
}

// matches reports whether path is what pattern says, as the go command's
// patterns do.
func matches(pattern, path string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return path == folder || below && strings.HasPrefix(path, folder+"/")
}

// isStandard: only the standard library has import paths whose first element
// has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// TestForbiddenImportsAreCaught shows that each rule bites.
func TestForbiddenImportsAreCaught(t *testing.T) {
	for _, test := range []struct {
		importer, imported string
		allowed            bool
	}{
		{"domicile", "domicile/server", true},
		{"domicile", "domicile/ldp", false},
		{"domicile", "domicile/conformance/suite/command", true},
		{"domicile/server", "domicile/conformance/suite/command", false},
		{"domicile/server", "domicile/wac", true},
		{"domicile/server", "domicile/clients/solid", false},
		{"domicile/server/account", "github.com/gorilla/mux", true},
		{"domicile/ldp", "domicile/rdfstore", true},
		{"domicile/ldp", "domicile/rdfstore/turtle", true},
		{"domicile/ldp", "domicile/solidoidc/verify", false},
		{"domicile/ldp", "domicile/server", false},
		{"domicile/ldp", "net/http", true},
		{"domicile/ldp", "github.com/gorilla/mux", false},
		{"domicile/solidoidc/verify", "domicile/ldp", false},
		{"domicile/solidoidc/verify", "domicile/wac", false},
		{"domicile/solidoidc/verify", "github.com/lestrrat-go/jwx/v2/jwt", false},
		{"domicile/solidoidc/internal/jose", "github.com/lestrrat-go/jwx/v2/jwt", true},
		{"domicile/wac", "domicile/rdfstore/rdf", true},
		{"domicile/wac", "domicile/rdfstore", false},
		{"domicile/wac", "domicile/rdfstore/badgerstore", false},
		{"domicile/wac", "net/http", false},
		{"domicile/rdfstore", "net/http", false},
		{"domicile/rdfstore", "domicile/wac", false},
		{"domicile/rdfstore/memstore", "github.com/dgraph-io/badger/v4", false},
		{"domicile/rdfstore/badgerstore", "github.com/dgraph-io/badger/v4", true},
		{"domicile/rdfstore/badgerstore", "domicile/rdfstore/turtle", true},
		{"domicile/rdfstore/turtle", "domicile/rdfstore", false},
		{"domicile/rdfstore/turtle", "github.com/piprate/json-gold/ld", false},
		{"domicile/rdfstore/jsonld", "github.com/piprate/json-gold/ld", true},
		{"domicile/ldp", "github.com/knakk/rdf", false},
		{"domicile/clients/solid", "github.com/deiu/rdf2go", false},
		{"domicile/clients/solid/rdf2go", "github.com/deiu/rdf2go", true},
		{"domicile/rdfstore/jsonld", "net/http", false},
		{"domicile/rdfstore/rdf", "strings", true},
		{"domicile/rdfstore/rdf", "github.com/google/btree", false},
		{"domicile/rdfstore/resource", "domicile/rdfstore/rdf", false},
		{"domicile/rdfstore/resource", "domicile/rdfstore", false},
		{"domicile/clients/solid", "domicile/rdfstore/turtle", true},
		{"domicile/clients/solid", "domicile/rdfstore", false},
		{"domicile/conformance", "domicile/clients/solid", true},
		{"domicile/conformance", "domicile/rdfstore/turtle", true},
		{"domicile/conformance", "domicile/rdfstore", false},
		{"domicile/conformance", "domicile/server", false},
		{"domicile/conformance", "domicile/conformance/suite", true},
		{"domicile/conformance/suite", "domicile/rdfstore/turtle", true},
		{"domicile/conformance/suite/protocol", "domicile/clients/solid", true},
		{"domicile/conformance/suite/protocol", "domicile/server", false},
		{"domicile/conformance/suite", "domicile/conformance/internal/harness", false},
		{"domicile/newcomer", "strings", false},
	} {
		broken := brokenArrows([]unit{{ImportPath: test.importer, Imports: []string{test.imported}}})
		if test.allowed && len(broken) > 0 {
			t.Error(broken)
		}
		if !test.allowed && len(broken) == 0 {
			t.Errorf("nobody minds that %s imports %s", test.importer, test.imported)
		}
	}
	t.Run("tests obey too, but may use net/http and test libraries", func(t *testing.T) {
		for _, u := range []unit{
			{ImportPath: "domicile/wac", TestImports: []string{"net/http"}},
			{ImportPath: "domicile/rdfstore/rdf", XTestImports: []string{"domicile/rdfstore/rdf", "pgregory.net/rapid"}},
		} {
			if broken := brokenArrows([]unit{u}); len(broken) > 0 {
				t.Error(broken)
			}
		}
		if len(brokenArrows([]unit{{ImportPath: "domicile/wac", XTestImports: []string{"domicile/rdfstore"}}})) == 0 {
			t.Error("nobody minds that the tests of wac import the store")
		}
	})
	t.Run("every layer says why", func(t *testing.T) {
		if i := slices.IndexFunc(layers, func(l layer) bool { return l.why == "" }); i >= 0 {
			t.Error(layers[i].name)
		}
	})
}
