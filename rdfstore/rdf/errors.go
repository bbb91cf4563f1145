package rdf

import (
	"errors"
	"fmt"
)

// SyntaxError tells where a document stops being what it claims to be. Every
// codec returns it (wrapped or not) for malformed input. Its text is for the
// author of the document and holds no more of the input than the offending
// token.
type SyntaxError struct {
	Line, Column int    // counted from 1; 0 when the codec cannot tell
	Message      string // what was expected and what was found
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// ErrLimit is wrapped by errors that say that input is well formed so far but
// larger or deeper than the reader allows.
var ErrLimit = errors.New("document exceeds a limit")
