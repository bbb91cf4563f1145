package turtle

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

const (
	// usedPrefixes bounds how many prefixes an IRI is compared with. All are
	// declared.
	usedPrefixes = 256
	// rememberedNames bounds the cache of written IRIs.
	rememberedNames = 4096
)

// names writes terms, IRIs as short as the document's prefixes and base allow.
type names struct {
	prefixes []rdf.Prefix // those that Turtle can declare, each name once
	base     string       // without fragment
	written  map[string]string
}

func newNames(prefixes []rdf.Prefix, base string) *names {
	last := map[string]int{}
	for i, prefix := range prefixes {
		last[prefix.Name] = i
	}
	n := &names{written: map[string]string{}}
	for i, prefix := range prefixes {
		if last[prefix.Name] == i && lex.IsPrefix(prefix.Name) && checkIRI(prefix.IRI) == nil {
			n.prefixes = append(n.prefixes, prefix)
		}
	}
	n.base, _, _ = strings.Cut(base, "#")
	return n
}

func checkIRI(s string) error {
	err := iri.CheckAbsolute(s)
	if err == nil && !utf8.ValidString(s) {
		err = iri.ErrCharacter
	}
	if err != nil {
		return fmt.Errorf("the IRI %q %w", s, err)
	}
	return nil
}

// namespace writes the IRI of a prefix declaration.
func (n *names) namespace(s string) string { return "<" + n.relative(s) + ">" }

// relative shortens the document and its fragments.
func (n *names) relative(s string) string {
	if rest, ok := strings.CutPrefix(s, n.base); ok && n.base != "" && (rest == "" || rest[0] == '#') {
		return rest
	}
	return s
}

// iri writes an IRI. The document itself is <>, also when a prefix fits.
func (n *names) iri(s string) (string, error) {
	if text, ok := n.written[s]; ok {
		return text, nil
	}
	if err := checkIRI(s); err != nil {
		return "", err
	}
	text := n.prefixed(s)
	if text == "" || s == n.base {
		text = n.namespace(s)
	}
	if len(n.written) == rememberedNames {
		clear(n.written)
	}
	n.written[s] = text
	return text, nil
}

// prefixed writes an IRI with the prefix that leaves the least of it; "" when
// none fits without a backslash, which not every reader understands.
func (n *names) prefixed(s string) string {
	var best *rdf.Prefix
	for i := range min(len(n.prefixes), usedPrefixes) {
		prefix := &n.prefixes[i]
		local, ok := strings.CutPrefix(s, prefix.IRI)
		if ok && (best == nil || len(prefix.IRI) > len(best.IRI)) && lex.IsPlainLocal(local) {
			best = prefix
		}
	}
	if best == nil {
		return ""
	}
	return best.Name + ":" + s[len(best.IRI):]
}

func (n *names) term(t rdf.Term, labels *labels) (string, error) {
	switch t.Kind() {
	case rdf.IRIKind:
		return n.iri(t.Value())
	case rdf.BlankKind:
		return "_:" + labels.of(t), nil
	case rdf.LiteralKind:
		return n.literal(t)
	}
	return "", fmt.Errorf("turtle: %q is no RDF term", t)
}

func (n *names) literal(t rdf.Term) (string, error) {
	if err := checkLiteral(t); err != nil {
		return "", err
	}
	lexical := t.Value()
	if t.Lang() != "" {
		return quote(lexical) + "@" + t.Lang(), nil
	}
	switch datatype := t.Datatype(); {
	case datatype == rdf.XSDString:
		return quote(lexical), nil
	case isShorthand(lexical, datatype):
		return lexical, nil
	default:
		text, err := n.iri(datatype)
		return quote(lexical) + "^^" + text, err
	}
}

func checkLiteral(t rdf.Term) error {
	if !utf8.ValidString(t.Value()) {
		return fmt.Errorf("a literal contains bytes that are not UTF-8")
	}
	if t.Lang() != "" && !lex.IsLanguageTag(t.Lang()) {
		return fmt.Errorf("%q is no language tag", t.Lang())
	}
	return nil
}

// isShorthand reports whether the lexical form alone is read back as a literal
// of the datatype.
func isShorthand(lexical, datatype string) bool {
	switch datatype {
	case rdf.XSDBoolean:
		return lexical == "true" || lexical == "false"
	case rdf.XSDInteger, rdf.XSDDecimal, rdf.XSDDouble:
		return numberType(lexical) == datatype
	}
	return false
}

// numberType returns the datatype of a number as Turtle reads it, or "".
func numberType(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	mantissa, exponent, hasExponent := cutExponent(s)
	whole, fraction, hasDot := strings.Cut(mantissa, ".")
	if !areDigits(whole) || !areDigits(fraction) || whole == "" && fraction == "" {
		return ""
	}
	switch {
	case hasExponent && exponent != "" && areDigits(exponent):
		return rdf.XSDDouble
	case hasExponent, hasDot && fraction == "":
		return ""
	case hasDot:
		return rdf.XSDDecimal
	}
	return rdf.XSDInteger
}

func cutExponent(s string) (mantissa, exponent string, found bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, "", false
	}
	exponent = s[i+1:]
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return s[:i], exponent, true
}

func areDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// quote writes a string in one pair of quotation marks, or, when it has several
// lines, in three.
func quote(s string) string {
	if strings.Contains(s, "\n") {
		return `"""` + escape(s, true) + `"""`
	}
	return `"` + escape(s, false) + `"`
}

// escapes are the characters that are written as ECHAR.
var escapes = [...]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}

func escape(s string, lines bool) string {
	needs := func(c byte) bool { return c < ' ' && !(lines && c == '\n') || c == '"' || c == '\\' || c == 0x7F }
	var b strings.Builder
	from := 0
	for i := range len(s) {
		c := s[i]
		if !needs(c) {
			continue
		}
		b.WriteString(s[from:i])
		from = i + 1
		if int(c) < len(escapes) && escapes[c] != 0 {
			b.WriteByte('\\')
			b.WriteByte(escapes[c])
		} else {
			fmt.Fprintf(&b, `\u%04X`, c)
		}
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// labels gives blank nodes labels that can be written: their own where that is
// possible.
type labels struct {
	dataset *rdf.Dataset
	renamed map[rdf.Term]string
	taken   map[string]bool // nil until a node must be renamed
	next    int
}

func newLabels(d *rdf.Dataset) *labels { return &labels{dataset: d, renamed: map[rdf.Term]string{}} }

func (l *labels) of(t rdf.Term) string {
	if lex.IsLabel(t.Value()) {
		return t.Value()
	}
	label, ok := l.renamed[t]
	if !ok {
		label = l.fresh()
		l.renamed[t] = label
	}
	return label
}

func (l *labels) fresh() string {
	if l.taken == nil {
		l.taken = map[string]bool{}
		for q := range l.dataset.Quads() {
			l.taken[q.S.Value()], l.taken[q.O.Value()], l.taken[q.G.Value()] = true, true, true
		}
	}
	for {
		l.next++
		if label := "b" + strconv.Itoa(l.next); !l.taken[label] {
			return label
		}
	}
}
