package lex

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"domicile/rdfstore/rdf"
)

// The buffer is small for a small document and grows to a chunk with more input,
// beyond it with a token only.
const (
	least = 4 << 10
	chunk = 64 << 10
)

// Lexer reads tokens. The fields of the current token are valid until the next
// call of [Lexer.Next].
type Lexer struct {
	Kind    Kind
	Text    []byte
	Colon   int  // of a PrefixedName
	NewLine bool // a line end stands before the token

	ctx      context.Context
	in       io.Reader
	maxBytes int64
	maxToken int

	// buf[start:end] is well-formed input from the current token on;
	// buf[end:filled] has been read but not checked, or not found well-formed.
	buf                []byte
	start, end, filled int
	length             int   // of the current token
	read               int64 // bytes taken from in
	// err is why there is nothing behind end: io.EOF, a read error, a limit or
	// bytes that are not UTF-8.
	err error
	// brokeOff: something behind end was asked for, and err is not io.EOF.
	brokeOff bool

	// line and column, from 0, of buf[mark].
	mark, line, column int

	unescaped []byte
}

// New returns a lexer of in that takes at most maxBytes of input and maxToken
// bytes for one token. It stops when ctx is done.
func New(ctx context.Context, in io.Reader, maxBytes int64, maxToken int) *Lexer {
	return &Lexer{ctx: ctx, in: in, maxBytes: maxBytes, maxToken: maxToken}
}

// Next reads the next token. Behind the last one it gives EOF again and again.
func (l *Lexer) Next() error {
	l.start += l.length
	l.length = 0
	if l.read == 0 {
		l.skipByteOrderMark()
	}
	l.NewLine = false
	for {
		c := l.byteAt(0)
		switch {
		case is(c, isSpace):
			if c == '\n' || c == '\r' {
				l.NewLine = true
			}
			l.start++
			continue
		case c == '#':
			l.skipComment()
			continue
		}
		l.Text, l.Colon = nil, 0
		if err := l.scan(c); !l.brokeOff {
			return err
		}
		return l.err // what was scanned might have gone on
	}
}

// skipByteOrderMark lets documents of editors pass that begin with U+FEFF.
func (l *Lexer) skipByteOrderMark() {
	if l.byteAt(0) == 0xEF && l.byteAt(1) == 0xBB && l.byteAt(2) == 0xBF {
		l.start, l.mark = 3, 3
	}
}

func (l *Lexer) skipComment() {
	for {
		if i := bytes.IndexAny(l.buf[l.start:l.end], "\r\n"); i >= 0 {
			l.start += i
			return
		}
		l.start = l.end
		if !l.fill() {
			return
		}
	}
}

func (l *Lexer) scan(c byte) error {
	switch {
	case c == '<':
		return l.scanAngle()
	case c == '"', c == '\'':
		return l.scanString(c)
	case is(c, isLetter), c == ':', c >= utf8.RuneSelf:
		return l.scanName()
	case is(c, isDigit):
		return l.scanNumber(0)
	}
	switch c {
	case 0:
		if l.atEnd(0) {
			l.Kind = EOF
			return nil
		}
	case '_':
		return l.scanBlank()
	case '@':
		return l.scanAtWord()
	case '+', '-':
		if next := l.byteAt(1); is(next, isDigit) || next == '.' && is(l.byteAt(2), isDigit) {
			return l.scanNumber(1)
		}
		return l.punctuation(c)
	case '.':
		if is(l.byteAt(1), isDigit) {
			return l.scanNumber(0)
		}
		return l.punctuation(c)
	case '?', '$':
		return l.scanVariable(c)
	case '^':
		if l.byteAt(1) == '^' {
			return l.token(DatatypeMark, 2)
		}
		return l.punctuation(c)
	case '=':
		if l.byteAt(1) == '>' {
			return l.token(Implies, 2)
		}
		return l.punctuation(c)
	case ';', ',', '[', ']', '(', ')', '{', '}', '!', '/', '|', '*':
		return l.punctuation(c)
	}
	return l.unexpectedCharacter(0)
}

func (l *Lexer) punctuation(c byte) error { return l.token(Kind(c), 1) }

// token makes the next length bytes the current token, with Text as written.
func (l *Lexer) token(kind Kind, length int) error {
	l.Kind, l.length = kind, length
	l.Text = l.buf[l.start : l.start+length]
	return nil
}

// byteAt returns the byte n places behind the token's first, or 0 at the end
// of input; atEnd tells that from a NUL.
func (l *Lexer) byteAt(n int) byte {
	if l.start+n < l.end {
		return l.buf[l.start+n]
	}
	return l.byteBeyond(n)
}

func (l *Lexer) byteBeyond(n int) byte {
	for l.start+n >= l.end {
		if !l.fill() {
			l.brokeOff = l.err != io.EOF
			return 0
		}
	}
	return l.buf[l.start+n]
}

func (l *Lexer) atEnd(n int) bool { return l.start+n >= l.end && l.err != nil }

// runeAt decodes the character n bytes behind the token's first.
func (l *Lexer) runeAt(n int) (rune, int) {
	if c := l.byteAt(n); c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRune(l.buf[l.start+n : l.end])
}

// fill reads more input behind end and reports whether there is any.
func (l *Lexer) fill() bool {
	if l.err != nil {
		return false
	}
	if l.err = l.ctx.Err(); l.err != nil {
		return false
	}
	if l.end-l.start > l.maxToken {
		l.err = l.limit("a term of more than %d bytes", l.maxToken)
		return false
	}
	l.makeRoom()
	from := l.end
	for empty := 0; l.end == from && l.err == nil; {
		n, err := l.in.Read(l.buf[l.filled:])
		l.filled += n
		l.read += int64(n)
		l.check(err == io.EOF)
		if n > 0 {
			empty = 0
		} else {
			empty++
		}
		switch {
		case l.err != nil:
		case l.read > l.maxBytes:
			l.err = l.limit("more than %d bytes", l.maxBytes)
		case err != nil:
			l.err = err
		case empty == 100:
			l.err = io.ErrNoProgress
		}
	}
	return l.end > from
}

func (l *Lexer) makeRoom() {
	grow := l.filled == len(l.buf) && len(l.buf) < chunk
	if l.start > 0 {
		l.advanceMark(l.start)
		copy(l.buf, l.buf[l.start:l.filled])
		l.mark -= l.start
		l.end -= l.start
		l.filled -= l.start
		l.start = 0
	}
	if grow || l.filled == len(l.buf) {
		l.buf = append(l.buf, make([]byte, max(least, len(l.buf)))...)
	}
}

// check moves end over what is well-formed UTF-8. A character that is cut off
// waits for its rest, unless there is none.
func (l *Lexer) check(last bool) {
	fresh := l.buf[l.end:l.filled]
	if utf8.Valid(fresh) {
		l.end = l.filled
		return
	}
	for len(fresh) > 0 {
		if r, n := utf8.DecodeRune(fresh); r != utf8.RuneError || n > 1 {
			fresh = fresh[n:]
			l.end += n
			continue
		}
		if last || utf8.FullRune(fresh) {
			l.err = l.errorAt(l.end, "bytes that are not UTF-8")
		}
		return
	}
}

func (l *Lexer) limit(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{rdf.ErrLimit}, args...)...)
}

// advanceMark moves the known position forward to buf[to].
func (l *Lexer) advanceMark(to int) {
	passed := l.buf[l.mark:to]
	if lines := bytes.Count(passed, []byte{'\n'}); lines > 0 {
		l.line += lines
		l.column = 0
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	l.column += utf8.RuneCount(passed)
	l.mark = to
}

func (l *Lexer) errorAt(index int, message string) error {
	l.advanceMark(max(l.start, l.mark))
	line, column := l.line, l.column
	between := l.buf[l.mark:index]
	if lines := bytes.Count(between, []byte{'\n'}); lines > 0 {
		line, column = line+lines, 0
		between = between[bytes.LastIndexByte(between, '\n')+1:]
	}
	return &rdf.SyntaxError{Line: line + 1, Column: column + utf8.RuneCount(between) + 1, Message: message}
}

// fail returns a syntax error n bytes behind the token's first.
func (l *Lexer) fail(n int, format string, args ...any) error {
	return l.errorAt(l.start+n, fmt.Sprintf(format, args...))
}

func (l *Lexer) unexpectedCharacter(n int) error {
	if l.atEnd(n) {
		return l.fail(n, "unexpected end of the document")
	}
	r, _ := l.runeAt(n)
	return l.fail(n, "unexpected character %q", r)
}

// Fail returns a syntax error at the current token that says what was found.
func (l *Lexer) Fail(format string, args ...any) error {
	return l.errorAt(l.start, fmt.Sprintf(format, args...))
}

// Expected returns the syntax error for a token that is not what the grammar
// wants here.
func (l *Lexer) Expected(what string) error {
	return l.Fail("expected %s, found %s", what, l.describe())
}

func (l *Lexer) describe() string {
	if l.Kind == EOF || len(kindNames) <= int(l.Kind) || len(l.Text) == 0 {
		return l.Kind.String()
	}
	const most = 40
	text := l.Raw()
	if len(text) <= most {
		return fmt.Sprintf("%s %s", l.Kind, text)
	}
	for cut := most; ; cut-- {
		if utf8.RuneStart(text[cut]) {
			return fmt.Sprintf("%s %s…", l.Kind, text[:cut])
		}
	}
}

// Raw returns the current token as written.
func (l *Lexer) Raw() []byte { return l.buf[l.start : l.start+l.length] }
