package ldp

import (
	"errors"
	"strconv"
	"strings"
)

// byteRange is a part of a body.
type byteRange struct{ start, length int64 }

var (
	// errNoRange: the field is to be ignored, as RFC 9110 §14.2 wants for
	// other units and bad syntax and allows for several ranges.
	errNoRange = errors.New("no single byte range")
	// errUnsatisfiable: the range lies outside of the body (416).
	errUnsatisfiable = errors.New("range not satisfiable")
)

// hasRange reports whether a request asks for one.
func (q *request) hasRange() bool { return q.Header.Get("Range") != "" }

// parseRange reads "bytes=first-last", "bytes=first-" and "bytes=-length" for a
// body of size bytes. A last position past the end is the end.
func parseRange(value string, size int64) (byteRange, error) {
	unit, set, ok := strings.Cut(value, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Contains(set, ",") {
		return byteRange{}, errNoRange
	}
	first, last, ok := strings.Cut(strings.TrimSpace(set), "-")
	if !ok {
		return byteRange{}, errNoRange
	}
	if first == "" {
		length, err := parsePosition(last)
		switch {
		case err != nil:
			return byteRange{}, errNoRange
		case length == 0 || size == 0:
			return byteRange{}, errUnsatisfiable
		}
		length = min(length, size)
		return byteRange{size - length, length}, nil
	}
	start, err := parsePosition(first)
	if err != nil {
		return byteRange{}, errNoRange
	}
	end := size - 1
	if last != "" {
		asked, err := parsePosition(last)
		if err != nil || asked < start {
			return byteRange{}, errNoRange
		}
		end = min(end, asked)
	}
	if start >= size {
		return byteRange{}, errUnsatisfiable
	}
	return byteRange{start, end - start + 1}, nil
}

// parsePosition takes digits only: no sign.
func parsePosition(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}
