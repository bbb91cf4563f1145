package jsonld

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"domicile/rdfstore/rdf"
)

// decoder reads JSON into the values that encoding/json uses for any. Unlike
// json.Unmarshal it refuses duplicate names, of which all but one would be
// lost (JSON-LD 1.1 §2.1 requires unique names), and bounds the depth.
type decoder struct {
	data   []byte
	tokens *json.Decoder
	values int
}

func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, at(data, firstInvalid(data), "not UTF-8")
	}
	d := &decoder{data: data, tokens: json.NewDecoder(bytes.NewReader(data))}
	d.tokens.UseNumber()
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	end := int(d.tokens.InputOffset())
	if rest := bytes.TrimLeft(data[end:], " \t\r\n"); len(rest) > 0 {
		return nil, at(data, len(data)-len(rest), "text after the end of the JSON value")
	}
	return value, nil
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: JSON is nested deeper than %d levels", rdf.ErrLimit, maxDepth)
	}
	if d.values++; d.values > maxValues {
		return nil, fmt.Errorf("%w: JSON of more than %d values", rdf.ErrLimit, maxValues)
	}
	token, err := d.tokens.Token()
	if err != nil {
		return nil, d.broken(err)
	}
	switch token {
	case json.Delim('['):
		return d.array(depth)
	case json.Delim('{'):
		return d.object(depth)
	}
	return token, nil
}

func (d *decoder) array(depth int) (any, error) {
	items := []any{}
	for d.tokens.More() {
		item, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, d.end()
}

func (d *decoder) object(depth int) (any, error) {
	members := map[string]any{}
	for d.tokens.More() {
		token, err := d.tokens.Token()
		if err != nil {
			return nil, d.broken(err)
		}
		name, ok := token.(string)
		if !ok {
			return nil, d.broken(errNoName)
		}
		if len(name) > maxName {
			return nil, fmt.Errorf("%w: a name in JSON is longer than %d bytes", rdf.ErrLimit, maxName)
		}
		if _, double := members[name]; double {
			return nil, at(d.data, d.lastQuote(), "the name of this member occurs twice in its object")
		}
		if members[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return members, d.end()
}

var errNoName = errors.New("the name of a member must be a string")

// end reads the closing delimiter.
func (d *decoder) end() error {
	if _, err := d.tokens.Token(); err != nil {
		return d.broken(err)
	}
	return nil
}

// lastQuote returns the offset of the quote that opens the name just read.
func (d *decoder) lastQuote() int {
	i := int(d.tokens.InputOffset()) - 2
	for i > 0 && (d.data[i] != '"' || escaped(d.data[:i])) {
		i--
	}
	return i
}

// escaped reports whether an odd number of backslashes ends text.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// broken turns an error of the token reader into a syntax error. Token streams
// tell offsets loosely, so the document is checked once more in one piece.
func (d *decoder) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return at(d.data, len(d.data), "unexpected end of JSON")
	}
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(d.data, &raw), &syntax) {
		return at(d.data, int(d.tokens.InputOffset()), err.Error())
	}
	offset := int(syntax.Offset) - 1
	message := syntax.Error()
	// encoding/json quotes one byte where a character may have several.
	if _, context, ok := strings.Cut(message, "' "); ok && strings.HasPrefix(message, "invalid character '") {
		r, _ := utf8.DecodeRune(d.data[offset:])
		message = fmt.Sprintf("invalid character %q %s", r, context)
	}
	return at(d.data, offset, message)
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// at returns a syntax error at a byte offset.
func at(data []byte, offset int, message string) error {
	before := data[:min(max(offset, 0), len(data))]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return &rdf.SyntaxError{
		Line:    1 + bytes.Count(before, []byte{'\n'}),
		Column:  1 + utf8.RuneCount(before[lineStart:]),
		Message: message,
	}
}
