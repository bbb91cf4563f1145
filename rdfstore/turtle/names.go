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

// usedPrefixes bounds how many prefixes an IRI is compared with. All are
// declared.
const usedPrefixes = 256

// names writes terms, IRIs as short as the document's prefixes and base allow.
type names struct {
	prefixes []rdf.Prefix // those that Turtle can declare, each name once
	base     string       // without fragment
	labels   *labels
}

func newNames(prefixes []rdf.Prefix, labels *labels, base string) *names {
	last := map[string]int{}
	for i, prefix := range prefixes {
		last[prefix.Name] = i
	}
	n := &names{labels: labels}
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

// appendIRI writes an IRI. The document itself is <>, also when a prefix fits.
func (n *names) appendIRI(dst []byte, s string) ([]byte, error) {
	if err := checkIRI(s); err != nil {
		return dst, err
	}
	if s != n.base {
		if prefix := n.prefix(s); prefix != nil {
			dst = append(append(dst, prefix.Name...), ':')
			return append(dst, s[len(prefix.IRI):]...), nil
		}
	}
	dst = append(append(dst, '<'), n.relative(s)...)
	return append(dst, '>'), nil
}

// prefix returns the prefix that leaves the least of an IRI; nil when none fits
// without a backslash, which not every reader understands.
func (n *names) prefix(s string) *rdf.Prefix {
	var best *rdf.Prefix
	for i := range min(len(n.prefixes), usedPrefixes) {
		prefix := &n.prefixes[i]
		local, ok := strings.CutPrefix(s, prefix.IRI)
		if ok && (best == nil || len(prefix.IRI) > len(best.IRI)) && lex.IsPlainLocal(local) {
			best = prefix
		}
	}
	return best
}

func (n *names) appendTerm(dst []byte, t rdf.Term) ([]byte, error) {
	switch t.Kind() {
	case rdf.IRIKind:
		return n.appendIRI(dst, t.Value())
	case rdf.BlankKind:
		label, err := n.labels.of(t)
		return append(append(dst, "_:"...), label...), err
	case rdf.LiteralKind:
		return n.appendLiteral(dst, t)
	}
	return dst, fmt.Errorf("turtle: %q is no RDF term", t)
}

func (n *names) appendLiteral(dst []byte, t rdf.Term) ([]byte, error) {
	if err := checkLiteral(t); err != nil {
		return dst, err
	}
	lexical := t.Value()
	if t.Lang() != "" {
		return append(append(appendQuoted(dst, lexical), '@'), t.Lang()...), nil
	}
	switch datatype := t.Datatype(); {
	case datatype == rdf.XSDString:
		return appendQuoted(dst, lexical), nil
	case isShorthand(lexical, datatype):
		return append(dst, lexical...), nil
	default:
		return n.appendIRI(append(appendQuoted(dst, lexical), "^^"...), datatype)
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

func areDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// appendQuoted writes a string in one pair of quotation marks, or, when it has
// several lines, in three.
func appendQuoted(dst []byte, s string) []byte {
	if strings.Contains(s, "\n") {
		dst = appendEscaped(append(dst, `"""`...), s, true)
		return append(dst, `"""`...)
	}
	return append(appendEscaped(append(dst, '"'), s, false), '"')
}

// escapes are the characters that are written as ECHAR.
var escapes = [...]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}

func appendEscaped(dst []byte, s string, lines bool) []byte {
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7F || lines && c == '\n' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		if int(c) < len(escapes) && escapes[c] != 0 {
			dst = append(dst, '\\', escapes[c])
		} else {
			dst = fmt.Appendf(dst, `\u%04X`, c)
		}
	}
	return append(dst, s[from:]...)
}

// labels gives blank nodes labels that can be written: their own where that is
// possible.
type labels struct {
	dataset *rdf.Dataset // nil when it is not known whole, and nothing can be renamed
	renamed map[rdf.Term]string
	taken   map[string]bool // nil until a node must be renamed
	next    int
}

func newLabels(d *rdf.Dataset) *labels { return &labels{dataset: d, renamed: map[rdf.Term]string{}} }

func (l *labels) of(t rdf.Term) (string, error) {
	if lex.IsLabel(t.Value()) {
		return t.Value(), nil
	}
	if l.dataset == nil {
		return "", fmt.Errorf("turtle: %q cannot be the label of a blank node", t.Value())
	}
	label, ok := l.renamed[t]
	if !ok {
		label = l.fresh()
		l.renamed[t] = label
	}
	return label, nil
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
