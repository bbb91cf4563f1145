package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Claims are the members of a token's payload as JSON values; numbers are
// [json.Number].
type Claims map[string]any

// String returns a claim that is a string, else "".
func (c Claims) String(name string) string {
	text, _ := c[name].(string)
	return text
}

// maxTime is the year 9999, in seconds since 1970: later is an attack or a
// value in milliseconds.
const maxTime = 253402300799

// Time returns a claim that is a NumericDate (RFC 7519 §2).
func (c Claims) Time(name string) (time.Time, bool) {
	number, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > maxTime {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true
}

// Strings returns a claim that is a string or an array of strings, as `aud` is
// (RFC 7519 §4.1.3); nil for anything else.
func (c Claims) Strings(name string) []string {
	switch value := c[name].(type) {
	case string:
		return []string{value}
	case []any:
		texts := make([]string, 0, len(value))
		for _, element := range value {
			text, ok := element.(string)
			if !ok {
				return nil
			}
			texts = append(texts, text)
		}
		return texts
	}
	return nil
}

// Confirmation returns `cnf.jkt`, the thumbprint of the key that a token is
// bound to (RFC 9449 §6.1), or "".
func (c Claims) Confirmation() string {
	confirmation, _ := c["cnf"].(map[string]any)
	thumbprint, _ := confirmation["jkt"].(string)
	return thumbprint
}

// CheckTime returns an error that says why the token is not in force at now
// (OIDC-RS-06): `exp` must be there and not past, `iat` there and not to come,
// `nbf`, when there, not to come; each with the given leeway.
func (c Claims) CheckTime(now time.Time, leeway time.Duration) error {
	expires, ok := c.Time("exp")
	if !ok {
		return errors.New("exp is missing or not a time")
	}
	if !now.Before(expires.Add(leeway)) {
		return errors.New("the token has expired")
	}
	issued, ok := c.Time("iat")
	if !ok {
		return errors.New("iat is missing or not a time")
	}
	if issued.After(now.Add(leeway)) {
		return errors.New("iat is in the future")
	}
	if _, present := c["nbf"]; !present {
		return nil
	}
	if begins, ok := c.Time("nbf"); !ok || begins.After(now.Add(leeway)) {
		return errors.New("nbf is in the future")
	}
	return nil
}

// decodeObject reads one JSON object in which no member name occurs twice, at
// any depth. encoding/json takes the last of two, other readers the first.
func decodeObject(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	value, err := decodeValue(decoder, 0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return object, nil
}

// maxDepth bounds the nesting of claims; the deepest that is used is 3.
const maxDepth = 16

func decodeValue(decoder *json.Decoder, depth int) (any, error) {
	next, err := decoder.Token()
	if err != nil {
		return nil, errors.New("not JSON")
	}
	delimiter, ok := next.(json.Delim)
	if !ok {
		return next, nil
	}
	if depth == maxDepth {
		return nil, errors.New("nested too deep")
	}
	switch delimiter {
	case '{':
		return decodeMembers(decoder, depth)
	case '[':
		elements := []any{}
		for decoder.More() {
			element, err := decodeValue(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
		return elements, closed(decoder)
	}
	return nil, errors.New("not JSON")
}

func decodeMembers(decoder *json.Decoder, depth int) (map[string]any, error) {
	members := map[string]any{}
	for decoder.More() {
		next, err := decoder.Token()
		name, ok := next.(string)
		if err != nil || !ok {
			return nil, errors.New("not JSON")
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("member %.40q occurs twice", name)
		}
		if members[name], err = decodeValue(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	return members, closed(decoder)
}

func closed(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return errors.New("not JSON")
	}
	return nil
}
