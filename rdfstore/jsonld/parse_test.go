package jsonld

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

const testBase = "https://pod.example/alice/notes/today"

func parse(t *testing.T, text string) *rdf.Document {
	t.Helper()
	doc, err := Parse(t.Context(), strings.NewReader(text), testBase)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// quads returns the quads of a document as sorted lines, graph name last.
func quads(doc *rdf.Document) []string {
	var lines []string
	for q := range doc.Quads() {
		line := q.S.String() + " " + q.P.String() + " " + q.O.String()
		if !q.G.IsZero() {
			line += " " + q.G.String()
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func TestParse(t *testing.T) {
	const xsd = rdf.XSD
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"SP-CN-01 plain, language-tagged and typed strings",
			`{"@id":"urn:s","urn:p":["x",{"@value":"y","@language":"DE-at"},{"@value":"z","@type":"urn:t"}]}`,
			[]string{`<urn:s> <urn:p> "x"`, `<urn:s> <urn:p> "y"@de-at`, `<urn:s> <urn:p> "z"^^<urn:t>`}},
		{"types, among them blank ones", `{"@id":"urn:s","@type":["urn:A","_:B"]}`,
			[]string{`<urn:s> <` + rdf.RDFType + `> <urn:A>`, `<urn:s> <` + rdf.RDFType + `> _:b0`}},
		{"booleans and integers", `{"@id":"urn:s","urn:p":[true,5,-0,12345678901234567890,1e3]}`,
			[]string{`<urn:s> <urn:p> "0"^^<` + xsd + `integer>`, `<urn:s> <urn:p> "1000"^^<` + xsd + `integer>`,
				`<urn:s> <urn:p> "12345678901234567890"^^<` + xsd + `integer>`, `<urn:s> <urn:p> "5"^^<` + xsd + `integer>`,
				`<urn:s> <urn:p> "true"^^<` + xsd + `boolean>`}},
		{"doubles", `{"@id":"urn:s","urn:p":[1.5,1e21,1e-7,0.30000000000000004,{"@value":3,"@type":"` + xsd + `double"}]}`,
			[]string{`<urn:s> <urn:p> "1.0E-7"^^<` + xsd + `double>`, `<urn:s> <urn:p> "1.0E21"^^<` + xsd + `double>`,
				`<urn:s> <urn:p> "1.5E0"^^<` + xsd + `double>`, `<urn:s> <urn:p> "3.0000000000000004E-1"^^<` + xsd + `double>`,
				`<urn:s> <urn:p> "3.0E0"^^<` + xsd + `double>`}},
		{"lists, one inside the other", `{"@id":"urn:s","urn:p":{"@list":["a",{"@list":[]}]}}`,
			[]string{`<urn:s> <urn:p> _:b0`, `_:b0 <` + rdf.RDFFirst + `> "a"`, `_:b0 <` + rdf.RDFRest + `> _:b1`,
				`_:b1 <` + rdf.RDFFirst + `> <` + rdf.RDFNil + `>`, `_:b1 <` + rdf.RDFRest + `> <` + rdf.RDFNil + `>`}},
		{"a null list is empty", `{"@id":"urn:s","urn:p":{"@list":null}}`, []string{`<urn:s> <urn:p> <` + rdf.RDFNil + `>`}},
		{"sets are their members", `{"@id":"urn:s","urn:p":{"@set":["a",{"@set":["b"],"@index":"i"}]}}`,
			[]string{`<urn:s> <urn:p> "a"`, `<urn:s> <urn:p> "b"`}},
		{"reverse properties", `{"@id":"urn:s","@reverse":{"urn:p":{"@id":"urn:o","urn:q":"x"}}}`,
			[]string{`<urn:o> <urn:p> <urn:s>`, `<urn:o> <urn:q> "x"`}},
		{"included blocks", `{"@id":"urn:s","@included":[{"@id":"urn:i","urn:p":"x"}]}`, []string{`<urn:i> <urn:p> "x"`}},
		{"SP-CN-05 named graphs", `[{"@id":"urn:s","urn:p":"d"},{"@id":"urn:g","@graph":[{"@id":"urn:s","urn:p":"n"}]}]`,
			[]string{`<urn:s> <urn:p> "d"`, `<urn:s> <urn:p> "n" <urn:g>`}},
		{"SP-CN-05 a graph without a name is a blank node's", `{"urn:q":"x","@graph":[{"@id":"urn:s","urn:p":"n"}]}`,
			[]string{`<urn:s> <urn:p> "n" _:b0`, `_:b0 <urn:q> "x"`}},
		{"blank node labels are the document's, also across graphs", `[{"@id":"_:x","urn:p":{"@id":"_:b0"}},{"@id":"urn:g","@graph":{"@id":"_:x","urn:p":"n"}}]`,
			[]string{`_:b0 <urn:p> "n" <urn:g>`, `_:b0 <urn:p> _:b1`}},
		{"what no context defines is dropped", `{"@id":"urn:s","name":"x","urn:p":"y"}`, []string{`<urn:s> <urn:p> "y"`}},
		{"an IRI that is not one is dropped", `{"@id":"urn:s","urn:p":[{"@id":"http://a b/"},"y"]}`, []string{`<urn:s> <urn:p> "y"`}},
		{"a language tag that is not one is dropped", `{"@id":"urn:s","urn:p":[{"@value":"x","@language":"a b"},"y"]}`, []string{`<urn:s> <urn:p> "y"`}},
		{"what looks like a keyword is no IRI", `{"@id":"@me","urn:p":{"@id":"@you"},"urn:q":"x"}`, []string{`_:b0 <urn:q> "x"`}},
		{"values that nothing points to are dropped", `["x",5,null,{"@id":"urn:s","urn:p":"y"}]`, []string{`<urn:s> <urn:p> "y"`}},
		{"an IRI of two fragments is dropped", `{"@context":{"@vocab":"urn:v#"},"@id":"urn:s","#p":"x","p":"y"}`, []string{`<urn:s> <urn:v#p> "y"`}},
		{"a term mapped to what looks like a keyword is none", `{"@context":{"p":{"@reverse":"@ignore"}},"@id":"urn:s","p":"x","urn:p":"y"}`, []string{`<urn:s> <urn:p> "y"`}},
		{"an empty document", `[]`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := quads(parse(t, c.in)); !slices.Equal(got, c.want) {
				t.Errorf("%s\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

// Resolution follows RFC 3986 §5.2 and re-encodes nothing.
func TestRelativeIRIs(t *testing.T) {
	for _, c := range []struct{ context, reference, want string }{
		{``, `foo`, "https://pod.example/alice/notes/foo"},
		{``, `/x`, "https://pod.example/x"},
		{``, `../y`, "https://pod.example/alice/y"},
		{``, `../../../../y`, "https://pod.example/y"},
		{``, `./`, "https://pod.example/alice/notes/"},
		{``, `//h/x`, "https://h/x"},
		{``, `#me`, "https://pod.example/alice/notes/today#me"},
		{``, `?q`, "https://pod.example/alice/notes/today?q"},
		{``, ``, "https://pod.example/alice/notes/today"},
		{``, `é`, "https://pod.example/alice/notes/é"},
		{``, `a//b`, "https://pod.example/alice/notes/a//b"},
		{``, `a%2Fb%zz`, "https://pod.example/alice/notes/a%2Fb%zz"},
		{``, `http://h/../a/./b`, "http://h/../a/./b"},
		{`{"@base":"http://h/a/"}`, `b`, "http://h/a/b"},
		{`{"@base":"../x/"}`, `b`, "https://pod.example/alice/x/b"},
		{`[{"@base":"http://h/a/"},{"@base":"b/"}]`, `c`, "http://h/a/b/c"},
		{`[{"@base":"http://h/a/"},null]`, `c`, "https://pod.example/alice/notes/c"},
		{`{"@base":"http://h/é/"}`, `ü`, "http://h/é/ü"},
	} {
		context := ""
		if c.context != "" {
			context = `"@context":` + c.context + `,`
		}
		got := quads(parse(t, `{`+context+`"@id":"`+c.reference+`","urn:p":"x"}`))
		if want := "<" + c.want + `> <urn:p> "x"`; len(got) != 1 || got[0] != want {
			t.Errorf("%q under %q: got %q, want %q", c.reference, c.context, got, want)
		}
	}
	t.Run("a null base drops what stays relative", func(t *testing.T) {
		got := quads(parse(t, `{"@context":{"@base":null},"@id":"urn:s","urn:p":[{"@id":"x"},{"@id":"urn:o"}]}`))
		if want := []string{`<urn:s> <urn:p> <urn:o>`}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("each outermost object has its own base", func(t *testing.T) {
		got := quads(parse(t, `[{"@context":{"@base":"http://h/"},"@id":"a","urn:p":"x"},{"@id":"a","urn:p":"x"}]`))
		want := []string{`<http://h/a> <urn:p> "x"`, `<https://pod.example/alice/notes/a> <urn:p> "x"`}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("relative vocabularies are put behind others", func(t *testing.T) {
		for context, want := range map[string]string{
			`[{"@vocab":"http://h/"},{"@vocab":"a#"}]`:                                 `<http://h/a#p>`,
			`[{"@vocab":"/a"},{"@vocab":"b/"},{"@vocab":"c#"}]`:                        `<https://pod.example/ab/c#p>`,
			`[{"@vocab":"http://h/"},{"@vocab":null},{"@vocab":""}]`:                   `<` + testBase + `p>`,
			`[{"@vocab":"http://h/"},null,{"@vocab":"#"}]`:                             `<` + testBase + `#p>`,
			`[{"@vocab":"http://h/"},{"p":null},{"@vocab":"p"},{"p":{"@id":"urn:p"}}]`: ``,
		} {
			doc, err := Parse(t.Context(), strings.NewReader(`{"@context":`+context+`,"@id":"urn:s","p":"x"}`), testBase)
			switch {
			case want == "" && err == nil:
				t.Errorf("%s: accepted", context)
			case want != "" && (err != nil || strings.Join(quads(doc), "|") != `<urn:s> `+want+` "x"`):
				t.Errorf("%s: %v, error %v", context, doc, err)
			}
		}
	})
	t.Run("a relative vocabulary", func(t *testing.T) {
		got := quads(parse(t, `{"@context":{"@vocab":"#"},"@id":"urn:s","@type":"T","p":"x"}`))
		want := []string{`<urn:s> <` + rdf.RDFType + `> <` + testBase + `#T>`, `<urn:s> <` + testBase + `#p> "x"`}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestBundledContexts(t *testing.T) {
	for name := range bundled {
		t.Run("SP-CN-08 "+name, func(t *testing.T) {
			parse(t, `{"@context":"`+name+`","@id":"urn:s"}`)
			context := bundled[name]
			text, err := contextFiles.ReadFile("contexts/" + context.file)
			if err != nil {
				t.Fatal(err)
			}
			content, err := decode(text)
			if err != nil {
				t.Fatal(err)
			}
			check := &contextCheck{mapped: map[string][]string{}}
			if entries, scoped := check.measure(content.(map[string]any)["@context"]); entries != context.entries || scoped != context.scoped {
				t.Errorf("%d entries, %d of them scoped", entries, scoped)
			}
		})
	}
	for _, c := range []struct{ name, in, want string }{
		{"NOT-MSG-01", `{"@context":["https://www.w3.org/ns/activitystreams","https://www.w3.org/ns/solid/notifications-context/v1"],
			"id":"urn:m","object":"urn:o","state":"1-2"}`,
			`<urn:m> <http://www.w3.org/ns/solid/notifications#state> "1-2"|<urn:m> <https://www.w3.org/ns/activitystreams#object> <urn:o>`},
		{"NOT-SUB-03", `{"@context":"https://www.w3.org/ns/solid/notification/v1","@id":"urn:c","channelType":"WebSocketChannel2023"}`,
			`<urn:c> <http://www.w3.org/ns/solid/notifications#channelType> <http://www.w3.org/ns/solid/notifications#WebSocketChannel2023>`},
		{"OIDC-CID-05", `{"@context":"https://www.w3.org/ns/solid/oidc-context.jsonld","client_id":"https://app.example/id","client_name":"App","redirect_uris":["https://app.example/cb"]}`,
			`<https://app.example/id> <http://www.w3.org/ns/solid/oidc#client_name> "App"|<https://app.example/id> <http://www.w3.org/ns/solid/oidc#redirect_uris> <https://app.example/cb>`},
		{"ECO-AG-01", `{"@context":"https://www.w3.org/2018/credentials/v1","id":"urn:c","type":["VerifiableCredential"],"issuer":"https://i.example/",
			"issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"id":"urn:s"},
			"proof":{"type":"Ed25519Signature2018","created":"2026-01-01T00:00:00Z","jws":"x..y"}}`,
			`<urn:c> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential>|` +
				`<urn:c> <https://w3id.org/security#proof> _:b0|` +
				`<urn:c> <https://www.w3.org/2018/credentials#credentialSubject> <urn:s>|` +
				`<urn:c> <https://www.w3.org/2018/credentials#issuanceDate> "2026-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>|` +
				`<urn:c> <https://www.w3.org/2018/credentials#issuer> <https://i.example/>|` +
				`_:b1 <http://purl.org/dc/terms/created> "2026-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> _:b0|` +
				`_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/security#Ed25519Signature2018> _:b0|` +
				`_:b1 <https://w3id.org/security#jws> "x..y" _:b0`},
		{"security", `{"@context":"https://w3id.org/security/v2","id":"urn:k","type":"Ed25519VerificationKey2018","controller":"urn:c","publicKeyBase58":"x"}`,
			`<urn:k> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/security#Ed25519VerificationKey2018>|` +
				`<urn:k> <https://w3id.org/security#controller> <urn:c>|<urn:k> <https://w3id.org/security#publicKeyBase58> "x"`},
		{"schema.org Event", `{"@context":"https://schema.org","@id":"urn:e","@type":"Event","name":"Buurtfeest","startDate":"2026-06-01T20:00","doorTime":"19:30",
			"url":"https://gent.example/feest","image":["https://gent.example/1.jpg"],"eventStatus":"https://schema.org/EventScheduled","location":{"@type":"Place","name":"Plein"}}`,
			`<urn:e> <http://schema.org/doorTime> "19:30"|<urn:e> <http://schema.org/eventStatus> "https://schema.org/EventScheduled"|` +
				`<urn:e> <http://schema.org/image> <https://gent.example/1.jpg>|<urn:e> <http://schema.org/location> _:b0|` +
				`<urn:e> <http://schema.org/name> "Buurtfeest"|<urn:e> <http://schema.org/startDate> "2026-06-01T20:00"^^<http://schema.org/Date>|` +
				`<urn:e> <http://schema.org/url> <https://gent.example/feest>|<urn:e> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Event>|` +
				`_:b0 <http://schema.org/name> "Plein"|_:b0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Place>`},
		{"schema.org Person", `{"@context":["http://schema.org/",{"alias":"alternateName"}],"type":"Person","id":"urn:p","alias":"Jo","birthDate":"1990-02-03","sameAs":"other","foaf:age":36,
			"knows":{"id":"urn:q","dct:title":"Q"}}`,
			`<urn:p> <http://schema.org/alternateName> "Jo"|<urn:p> <http://schema.org/birthDate> "1990-02-03"^^<http://schema.org/Date>|` +
				`<urn:p> <http://schema.org/knows> <urn:q>|<urn:p> <http://schema.org/sameAs> <https://pod.example/alice/notes/other>|` +
				`<urn:p> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Person>|` +
				`<urn:p> <http://xmlns.com/foaf/0.1/age> "36"^^<http://www.w3.org/2001/XMLSchema#integer>|<urn:q> <http://purl.org/dc/terms/title> "Q"`},
		{"schema.org Recipe", `{"@context":"https://schema.org/docs/jsonldcontext.jsonld","id":"urn:r","@type":"Recipe","cookTime":"PT1H","datePublished":"2026-01-02","license":"https://creativecommons.org/licenses/by/4.0/",
			"recipeInstructions":[{"@type":"HowToStep","position":1,"text":{"@value":"<b>Mix</b>","@type":"HTML"}}],"isNoTermOfTheirs":true}`,
			`<urn:r> <http://schema.org/cookTime> "PT1H"|<urn:r> <http://schema.org/datePublished> "2026-01-02"^^<http://schema.org/Date>|` +
				`<urn:r> <http://schema.org/isNoTermOfTheirs> "true"^^<http://www.w3.org/2001/XMLSchema#boolean>|` +
				`<urn:r> <http://schema.org/license> <https://creativecommons.org/licenses/by/4.0/>|<urn:r> <http://schema.org/recipeInstructions> _:b0|` +
				`<urn:r> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Recipe>|` +
				`_:b0 <http://schema.org/position> "1"^^<http://www.w3.org/2001/XMLSchema#integer>|` +
				`_:b0 <http://schema.org/text> "<b>Mix</b>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML>|` +
				`_:b0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/HowToStep>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(quads(parse(t, c.in)), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("an importer leaves no trace in the context that others get", func(t *testing.T) {
		parse(t, `{"@context":{"@version":1.1,"@import":"https://www.w3.org/ns/activitystreams","content":"urn:poison"},"@id":"urn:s"}`)
		got := quads(parse(t, `{"@context":"https://www.w3.org/ns/activitystreams","id":"urn:s","content":"x"}`))
		if want := []string{`<urn:s> <https://www.w3.org/ns/activitystreams#content> "x"`}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		name, in     string
		line, column int
	}{
		{"SP-CN-07 nothing", ``, 1, 1},
		{"SP-CN-07 cut off", `{"a":1`, 1, 7},
		{"SP-CN-07 cut off in a word", `tru`, 1, 4},
		{"SP-CN-07 columns count characters", "{\"a\":\n  1,\n \"ü\": é}", 3, 7},
		{"SP-CN-07 trailing comma", `[1,]`, 1, 4},
		{"SP-CN-07 name that is no string", `{1:2}`, 1, 2},
		{"SP-CN-07 missing comma", `{"a":1 "b":2}`, 1, 8},
		{"SP-CN-07 text after the end", "{}\n x", 2, 2},
		{"SP-CN-07 not UTF-8", "{\"a\": \"\xff\"}", 1, 8},
		{"SP-CN-07 duplicate names", "{\"a\\\"b\":1,\n \"a\\\"b\":2}", 2, 2},
		{"a document that is no object", `"http://h/"`, 0, 0},
		{"an invalid value of @id", `{"@id":5}`, 0, 0},
		{"an error inside @list", `{"urn:p":{"@list":[{"@id":5}]}}`, 0, 0},
		{"an error inside @set", `{"urn:p":{"@set":[{"@id":5}]}}`, 0, 0},
		{"JSON literals are refused", `{"urn:p":{"@value":{"a":1},"@type":"@json"}}`, 0, 0},
		{"JSON literals by type coercion", `{"@context":{"p":{"@id":"urn:p","@type":"@json"}},"p":[1]}`, 0, 0},
		{"@vocab beside schema.org", `{"@context":["https://schema.org",{"@vocab":"urn:v#"}],"name":"x"}`, 0, 0},
		{"@vocab inside what schema.org says", `{"@context":{"@import":"https://schema.org","@version":1.1},"name":{"@context":{"@vocab":null}}}`, 0, 0},
		{"a literal of two types", `{"urn:p":{"@value":"x","@type":["urn:a","urn:b"]}}`, 0, 0},
		{"a number that no double holds", `{"urn:p":1e400}`, 0, 0},
		{"@base below the top", `{"urn:p":{"@context":{"@base":"http://h/"},"@id":"x"}}`, 0, 0},
		{"@base in a scoped context", `{"@context":{"p":{"@id":"urn:p","@context":{"@base":"http://h/"}}},"p":"x"}`, 0, 0},
		{"relative @vocab below the top", `{"urn:p":{"@context":{"@vocab":""},"x":"y"}}`, 0, 0},
		{"relative @vocab that is a term", `{"@context":[{"ex":"http://h/"},{"@vocab":"ex"}]}`, 0, 0},
		{"relative @vocab after a named context", `{"@context":["https://www.w3.org/ns/activitystreams",{"@vocab":"x"}]}`, 0, 0},
		{"relative @vocab behind one that begins with a term", `{"@context":[{"ex":"http://h/"},{"@vocab":"ex:"},{"@vocab":"x"}]}`, 0, 0},
		{"a definition of the empty term", `{"@context":{"":"http://h/"}}`, 0, 0},
		{"a definition of @context", `{"@context":{"@context":{"p":"urn:p"}}}`, 0, 0},
		{"a definition of @type that says nothing", `{"@context":{"@type":{}}}`, 0, 0},
		{"a datatype that is no IRI", `{"urn:p":{"@value":"x","@type":"http://h/a b"}}`, 0, 0},
		{"@base that is no string", `{"@context":{"@base":5}}`, 0, 0},
		{"@base that is no IRI", `{"@context":{"@base":"http://a b/"}}`, 0, 0},
		{"a context scoped to @nest", `{"@context":{"n":{"@id":"@nest","@context":{}}},"n":{"urn:p":"x"}}`, 0, 0},
		{"a null context scoped to a container", `{"@context":{"n":{"@id":"urn:n","@container":"@graph","@context":null}}}`, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(t.Context(), strings.NewReader(c.in), testBase)
			var syntax *rdf.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got error %v, want a syntax error", err)
			}
			if syntax.Line != c.line || syntax.Column != c.column {
				t.Errorf("error at %d:%d (%v), want %d:%d", syntax.Line, syntax.Column, err, c.line, c.column)
			}
		})
	}
}

func TestUnknownContexts(t *testing.T) {
	for _, in := range []string{
		`{"@context":"http://127.0.0.1:1/","@id":"urn:s"}`,
		`{"@context":["file:///etc/passwd"],"@id":"urn:s"}`,
		`{"@context":"local.jsonld","@id":"urn:s"}`,
		`{"@context":{"@version":1.1,"@import":"http://h/"},"@id":"urn:s"}`,
		`{"@context":{"p":{"@id":"urn:p","@context":"http://h/"}},"p":{"@id":"urn:o"}}`,
		`{"urn:p":{"@list":[{"@context":"http://h/","@id":"urn:o"}]}}`,
	} {
		t.Run("SP-CN-08 "+in, func(t *testing.T) {
			if _, err := Parse(t.Context(), strings.NewReader(in), testBase); !errors.Is(err, ErrRemoteContext) {
				t.Errorf("got error %v, want ErrRemoteContext", err)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	manyTerms := `{"@context":{"a":"urn:a"` + repeat(maxContextEntries, func(i string) string { return `,"t` + i + `":"urn:t"` }) + `}}`
	grown := `{"@context":{"t0":"http://h/"` + repeat(15, func(i string) string { return `,"t1` + i + `":"t0:` + strings.Repeat("x", maxMappedIRI) + `/"` }) + `}}`
	copied := `{"@context":{"a":"urn:a"` + repeat(2000, func(i string) string { return `,"t` + i + `":"urn:t"` }) + `},"a":[{}` +
		strings.Repeat(`,{"@context":{}}`, 15_000) + `]}`
	scoped := `{"@context":{"a":"urn:a","s":{"@id":"urn:s","@context":{"b":"urn:b"` + repeat(1000, func(i string) string { return `,"t` + i + `":"urn:t"` }) +
		`}}},"a":[{}` + strings.Repeat(`,{"s":{}}`, 3000) + `]}`
	for _, c := range []struct{ name, in string }{
		{"SP-CN-08 10 MiB", `[` + strings.Repeat(" ", maxBytes) + `]`},
		{"arrays of a million levels", strings.Repeat("[", 1_000_000)},
		{"objects of a million levels", strings.Repeat(`{"@graph":`, 1_000_000)},
		{"values", `[0` + strings.Repeat(`,0`, maxValues) + `]`},
		{"a long name", `{"` + strings.Repeat("x", maxName+1) + `":1}`},
		{"entries of a context", manyTerms},
		{"a context processed too often", `[0` + strings.Repeat(`,{"@context":"https://www.w3.org/ns/activitystreams"}`, 8000) + `]`},
		{"a term that stands for too much", grown},
		{"a chain of terms", `{"@context":{"t0":"urn:t"` + chain(2000) + `}}`},
		{"terms defined through each other", `{"@context":{"a":"b:x"},"urn:p":{"@context":{"b":"a:y"}}}`},
		{"contexts copied too often", copied},
		{"scoped contexts used too often", scoped},
		{"scoped contexts of a bundled context used too often", `{"@context":"https://www.w3.org/2018/credentials/v1","@graph":[{}` +
			strings.Repeat(`,{"type":"VerifiableCredential"}`, 10_000) + `]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse(t.Context(), strings.NewReader(c.in), testBase); !errors.Is(err, rdf.ErrLimit) {
				t.Errorf("got error %.200v, want one that wraps rdf.ErrLimit", err)
			}
		})
	}
}

func repeat(n int, text func(i string) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(strings.Repeat("i", i%50) + string(rune('a'+i%26)) + strconv.Itoa(i)))
	}
	return b.String()
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"t` + strconv.Itoa(i+1) + `":"t` + strconv.Itoa(i) + `:x"`)
	}
	return b.String()
}

func TestParseStops(t *testing.T) {
	t.Run("when the context is done", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Parse(ctx, strings.NewReader(`{"@id":"urn:s"}`), testBase); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context.Canceled", err)
		}
	})
	t.Run("when the reader fails", func(t *testing.T) {
		broken := errors.New("connection reset")
		r := io.MultiReader(strings.NewReader(`{`), errorReader{broken})
		if _, err := Parse(t.Context(), r, testBase); !errors.Is(err, broken) {
			t.Errorf("got error %v, want the reader's", err)
		}
	})
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }
