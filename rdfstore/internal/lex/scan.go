package lex

import (
	"unicode/utf8"

	"domicile/rdfstore/internal/iri"
)

// scanAngle reads IRIREF, or the <= of N3, which no IRI can begin with when a
// space follows.
func (l *Lexer) scanAngle() error {
	for n := 1; ; n++ {
		c := l.byteAt(n)
		if is(c, isIRI) {
			continue
		}
		switch {
		case c == '>':
			l.Kind, l.length, l.Text = IRIRef, n+1, l.buf[l.start+1:l.start+n]
			return nil
		case c == '\\':
			return l.scanEscapedIRI(n)
		case n == 2 && is(c, isSpace) && l.byteAt(1) == '=':
			return l.token(ImpliedBy, 2)
		case l.atEnd(n):
			return l.fail(n, "the document ends inside an IRI")
		}
		r, _ := l.runeAt(n)
		return l.fail(n, "an IRI cannot contain %q", r)
	}
}

func (l *Lexer) scanEscapedIRI(n int) error {
	l.unescaped = append(l.unescaped[:0], l.buf[l.start+1:l.start+n]...)
	for {
		c := l.byteAt(n)
		switch {
		case is(c, isIRI):
			l.unescaped = append(l.unescaped, c)
			n++
		case c == '>':
			l.Kind, l.length, l.Text = IRIRef, n+1, l.unescaped
			return nil
		case c == '\\':
			r, size, err := l.scanCodePoint(n)
			if err != nil {
				return err
			}
			if r < utf8.RuneSelf && iri.Forbidden(byte(r)) {
				return l.fail(n, "an IRI cannot contain %q, escaped or not", r)
			}
			l.unescaped = utf8.AppendRune(l.unescaped, r)
			n += size
		case l.atEnd(n):
			return l.fail(n, "the document ends inside an IRI")
		default:
			r, _ := l.runeAt(n)
			return l.fail(n, "an IRI cannot contain %q", r)
		}
	}
}

// scanCodePoint reads UCHAR (\uXXXX or \UXXXXXXXX) n bytes behind the start.
func (l *Lexer) scanCodePoint(n int) (r rune, size int, err error) {
	digits := map[byte]int{'u': 4, 'U': 8}[l.byteAt(n+1)]
	if digits == 0 {
		return 0, 0, l.fail(n, `expected \u and 4 or \U and 8 hexadecimal digits`)
	}
	var value uint32
	for i := range digits {
		c := l.byteAt(n + 2 + i)
		if !is(c, isHex) {
			return 0, 0, l.fail(n, "expected %d hexadecimal digits", digits)
		}
		value = value<<4 | uint32(hexValue(c))
	}
	if value > utf8.MaxRune || !utf8.ValidRune(rune(value)) {
		return 0, 0, l.fail(n, "the escape stands for no character")
	}
	return rune(value), 2 + digits, nil
}

func hexValue(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// scanString reads the four quoted forms. A short string ends at the line.
func (l *Lexer) scanString(quote byte) error {
	if l.byteAt(1) != quote {
		return l.scanQuoted(quote, 1)
	}
	if l.byteAt(2) != quote {
		l.Kind, l.length, l.Text = QuotedString, 2, l.buf[l.start+1:l.start+1]
		return nil
	}
	return l.scanQuoted(quote, 3)
}

// scanQuoted reads a string that begins and ends with the given number of
// quotes. Up to the first escape its text is a part of the buffer.
func (l *Lexer) scanQuoted(quote byte, quotes int) error {
	n, escaped := quotes, false
	for {
		from := n
		for is(l.byteAt(n), isPlain) {
			n++
		}
		if escaped {
			l.unescaped = append(l.unescaped, l.buf[l.start+from:l.start+n]...)
		}
		switch c := l.byteAt(n); {
		case c == quote && (quotes == 1 || l.byteAt(n+1) == quote && l.byteAt(n+2) == quote):
			l.Kind, l.length, l.Text = QuotedString, n+quotes, l.buf[l.start+quotes:l.start+n]
			if escaped {
				l.Text = l.unescaped
			}
			return nil
		case c == '\\':
			if !escaped {
				escaped = true
				l.unescaped = append(l.unescaped[:0], l.buf[l.start+quotes:l.start+n]...)
			}
			r, size, err := l.scanEscape(n)
			if err != nil {
				return err
			}
			l.unescaped = utf8.AppendRune(l.unescaped, r)
			n += size
			continue
		case l.atEnd(n):
			return l.fail(n, "the document ends inside a string")
		case quotes == 1 && (c == '\n' || c == '\r'):
			return l.fail(n, "a string in one pair of quotation marks ends on its line")
		default: // the other quote, a lone one of a long string, a line end or NUL
			if escaped {
				l.unescaped = append(l.unescaped, c)
			}
			n++
		}
	}
}

// scanEscape reads ECHAR or UCHAR n bytes behind the start.
func (l *Lexer) scanEscape(n int) (r rune, size int, err error) {
	switch l.byteAt(n + 1) {
	case 't':
		return '\t', 2, nil
	case 'b':
		return '\b', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 'f':
		return '\f', 2, nil
	case '"':
		return '"', 2, nil
	case '\'':
		return '\'', 2, nil
	case '\\':
		return '\\', 2, nil
	}
	return l.scanCodePoint(n)
}

// scanNumber reads INTEGER, DECIMAL or DOUBLE behind the given number of sign
// characters. A dot that no digit or exponent follows ends the statement.
func (l *Lexer) scanNumber(n int) error {
	kind := Integer
	n = l.digits(n)
	if l.byteAt(n) == '.' {
		switch fraction := l.digits(n + 1); {
		case fraction > n+1:
			kind, n = Decimal, fraction
		case l.exponent(n+1) > n+1:
			n++
		}
	}
	if end := l.exponent(n); end > n {
		kind, n = Double, end
	}
	return l.token(kind, n)
}

func (l *Lexer) digits(n int) int {
	for is(l.byteAt(n), isDigit) {
		n++
	}
	return n
}

// exponent returns where the exponent that begins at n ends, n if none does.
func (l *Lexer) exponent(n int) int {
	if c := l.byteAt(n); c != 'e' && c != 'E' {
		return n
	}
	from := n + 1
	if c := l.byteAt(from); c == '+' || c == '-' {
		from++
	}
	if end := l.digits(from); end > from {
		return end
	}
	return n
}

// scanName reads a prefixed name or a bare word.
func (l *Lexer) scanName() error {
	n := 0
	if l.byteAt(0) != ':' {
		if _, size := l.runeAt(0); !l.nameStartAt(0) {
			return l.unexpectedCharacter(0)
		} else if n = l.dotted(size, l.nameChar); l.byteAt(n) != ':' {
			return l.token(Word, n)
		}
	}
	colon := n
	if c := l.byteAt(colon + 1); c != '.' && c != '-' && (is(c, isName) || l.localChar(colon+1) > 0 && !l.combiningAt(colon+1)) {
		n = l.dotted(colon+1, l.localChar)
	} else {
		n = colon + 1
	}
	if l.byteAt(n) == '\\' {
		return l.fail(n, "this escape cannot stand in a name")
	}
	l.Colon = colon
	return l.token(PrefixedName, n)
}

// dotted reads name characters and dots between them, from n on: a name does
// not end in a dot.
func (l *Lexer) dotted(n int, char func(int) int) int {
	end := n
	for {
		if size := char(n); size > 0 {
			n += size
			end = n
		} else if l.byteAt(n) == '.' {
			n++
		} else {
			return end
		}
	}
}

// nameChar returns the length of the PN_CHARS character at n, or 0.
func (l *Lexer) nameChar(n int) int {
	c := l.byteAt(n)
	if c < utf8.RuneSelf {
		if is(c, isName) {
			return 1
		}
		return 0
	}
	if r, size := l.runeAt(n); isWideName(r) {
		return size
	}
	return 0
}

// localChar is nameChar with what PN_LOCAL adds: ":" and PLX.
func (l *Lexer) localChar(n int) int {
	switch c := l.byteAt(n); c {
	case ':':
		return 1
	case '%':
		if is(l.byteAt(n+1), isHex) && is(l.byteAt(n+2), isHex) {
			return 3
		}
		return 0
	case '\\':
		if c := l.byteAt(n + 1); c != 0 && isEscapable(c) {
			return 2
		}
		return 0
	}
	return l.nameChar(n)
}

// nameStartAt reports whether a PN_CHARS_BASE character stands at n.
func (l *Lexer) nameStartAt(n int) bool {
	r, _ := l.runeAt(n)
	if r < utf8.RuneSelf {
		return is(byte(r), isLetter)
	}
	return isWideNameStart(r)
}

// combiningAt reports whether the character at n may continue a name but not
// begin one.
func (l *Lexer) combiningAt(n int) bool {
	r, _ := l.runeAt(n)
	return r >= utf8.RuneSelf && !isWideNameStart(r)
}

func (l *Lexer) scanBlank() error {
	if l.byteAt(1) != ':' {
		return l.fail(1, `expected ":" after "_"`)
	}
	if c := l.byteAt(2); !is(c, isNameStart|isDigit) && (c < utf8.RuneSelf || l.combiningAt(2)) {
		return l.fail(2, "expected a blank node label")
	}
	n := l.dotted(2, l.nameChar)
	l.Kind, l.length, l.Text = BlankLabel, n, l.buf[l.start+2:l.start+n]
	return nil
}

// scanAtWord reads LANGTAG; directives have the same form.
func (l *Lexer) scanAtWord() error {
	n := 1
	for is(l.byteAt(n), isLetter) {
		n++
	}
	if n == 1 {
		return l.fail(1, `expected a language tag or directive after "@"`)
	}
	for l.byteAt(n) == '-' && is(l.byteAt(n+1), isLetter|isDigit) {
		for n++; is(l.byteAt(n), isLetter|isDigit); n++ {
		}
	}
	l.Kind, l.length, l.Text = AtWord, n, l.buf[l.start+1:l.start+n]
	return nil
}

// scanVariable reads VAR1 or VAR2 (SPARQL 1.1 §19.8), with the "-" inside that
// N3 allows; a lone "?" is a path operator.
func (l *Lexer) scanVariable(c byte) error {
	if first := l.byteAt(1); !is(first, isNameStart|isDigit) && (first < utf8.RuneSelf || l.combiningAt(1)) {
		return l.punctuation(c)
	}
	n := 1
	for size := 1; size > 0; n += size {
		size = l.nameChar(n)
	}
	l.Kind, l.length, l.Text = VariableName, n, l.buf[l.start+1:l.start+n]
	return nil
}
