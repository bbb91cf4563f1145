package lex

import "unicode/utf8"

// Classes of ASCII characters.
const (
	isDigit     = 1 << iota // [0-9]
	isLetter                // [A-Za-z]
	isNameStart             // PN_CHARS_U: letters and "_"
	isName                  // PN_CHARS: also digits and "-"
	isHex                   // [0-9A-Fa-f]
	isSpace                 // WS
	isPlain                 // may stand for itself in a quoted string of either kind
	isIRI                   // may stand for itself in IRIREF
)

var classes = func() (table [256]uint8) {
	for i := range table {
		c := byte(i)
		switch {
		case '0' <= c && c <= '9':
			table[c] |= isDigit | isName | isHex
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			table[c] |= isLetter | isNameStart | isName
			if c <= 'F' || 'a' <= c && c <= 'f' {
				table[c] |= isHex
			}
		case c == '_':
			table[c] |= isNameStart | isName
		case c == '-':
			table[c] |= isName
		case c == ' ', c == '\t', c == '\r', c == '\n':
			table[c] |= isSpace
		}
		switch c {
		case '"', '\'', '\\', '\n', '\r', 0: // 0 is also what byteAt gives at the end
		default:
			table[c] |= isPlain
		}
		switch {
		case c <= ' ':
		case c == '<', c == '>', c == '"', c == '{', c == '}', c == '|', c == '^', c == '`', c == '\\':
		default:
			table[c] |= isIRI
		}
	}
	return table
}()

func is(c byte, class uint8) bool { return classes[c]&class != 0 }

// wideNameStarts are the ranges of PN_CHARS_BASE beyond ASCII.
var wideNameStarts = [...][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F},
	{0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

// wideNameChars are what PN_CHARS adds beyond ASCII.
var wideNameChars = [...][2]rune{{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}

func isWideNameStart(r rune) bool {
	for _, span := range wideNameStarts {
		if r <= span[1] {
			return r >= span[0]
		}
	}
	return false
}

func isWideName(r rune) bool {
	for _, span := range wideNameChars {
		if span[0] <= r && r <= span[1] {
			return true
		}
	}
	return isWideNameStart(r)
}

// nameStart returns the length in bytes of the PN_CHARS_U character that s
// begins with, or 0.
func nameStart(s string) int { return classChar(s, isNameStart, isWideNameStart) }

// nameChar returns the length in bytes of the PN_CHARS character that s begins
// with, or 0.
func nameChar(s string) int { return classChar(s, isName, isWideName) }

func classChar(s string, class uint8, wide func(rune) bool) int {
	if s == "" {
		return 0
	}
	if s[0] < utf8.RuneSelf {
		if is(s[0], class) {
			return 1
		}
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s); wide(r) {
		return n
	}
	return 0
}

// escapable are the characters of PN_LOCAL_ESC.
const escapable = "_~.-!$&'()*+,;=/?#@%"
