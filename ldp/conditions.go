package ldp

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// entityTag is an entity tag as a client sent it.
type entityTag struct {
	opaque string
	weak   bool
}

// tagList is an If-Match or If-None-Match field.
type tagList struct {
	any  bool // "*"
	tags []entityTag
}

func (l tagList) isEmpty() bool { return !l.any && len(l.tags) == 0 }

// conditions are the preconditions of a request (RFC 9110 §13.1).
type conditions struct {
	ifMatch, ifNoneMatch tagList
	// Zero when absent, malformed (which means absent) or overruled by a
	// field with tags (SP-ETAG-04).
	ifModifiedSince, ifUnmodifiedSince time.Time
}

// parseConditions refuses a malformed list of tags: ignoring an If-Match
// would lose the update that it is to protect.
func parseConditions(header http.Header) (c conditions, err error) {
	if c.ifMatch, err = parseTagList(header.Values("If-Match")); err != nil {
		return conditions{}, fmt.Errorf("If-Match: %w", err)
	}
	if c.ifNoneMatch, err = parseTagList(header.Values("If-None-Match")); err != nil {
		return conditions{}, fmt.Errorf("If-None-Match: %w", err)
	}
	if c.ifMatch.isEmpty() {
		c.ifUnmodifiedSince = parseDate(header.Get("If-Unmodified-Since"))
	}
	if c.ifNoneMatch.isEmpty() {
		c.ifModifiedSince = parseDate(header.Get("If-Modified-Since"))
	}
	return c, nil
}

func parseDate(value string) time.Time {
	if value == "" {
		return time.Time{} // an error of http.ParseTime takes six allocations
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}
	}
	return date
}

func parseTagList(values []string) (list tagList, err error) {
	for _, value := range values {
		for _, element := range splitQuoted(value, ',') {
			if element == "*" {
				list.any = true
				continue
			}
			tag, err := parseTag(element)
			if err != nil {
				return tagList{}, err
			}
			list.tags = append(list.tags, tag)
		}
	}
	if list.any && len(list.tags) > 0 {
		return tagList{}, fmt.Errorf("%w: * stands alone", errField)
	}
	return list, nil
}

func parseTag(text string) (entityTag, error) {
	opaque, weak := strings.CutPrefix(text, "W/")
	if len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return entityTag{}, fmt.Errorf("%w: an entity tag is a quoted string", errField)
	}
	opaque = opaque[1 : len(opaque)-1]
	if strings.ContainsFunc(opaque, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) {
		return entityTag{}, fmt.Errorf("%w: an entity tag is a quoted string", errField)
	}
	return entityTag{opaque: opaque, weak: weak}, nil
}

// verdict is what preconditions say of a request.
type verdict uint8

const (
	proceed verdict = iota
	notModified
	failed
)

// check evaluates the preconditions against the current state of the target,
// nil when there is none, in the order of RFC 9110 §13.2.2.
func (c conditions) check(method string, current *validators) verdict {
	reads := method == http.MethodGet || method == http.MethodHead
	switch {
	case !c.ifMatch.isEmpty() && !c.ifMatch.matchesState(current),
		!c.ifUnmodifiedSince.IsZero() && current != nil && current.modified.Truncate(time.Second).After(c.ifUnmodifiedSince):
		return failed
	case c.ifNoneMatch.matchesRepresentation(current):
		if reads {
			return notModified
		}
		return failed
	// The date of a container is that of its membership: it says nothing of the
	// sizes and dates that the listing shows.
	case reads && !c.ifModifiedSince.IsZero() && current != nil && !current.isContainer() && !current.modified.Truncate(time.Second).After(c.ifModifiedSince):
		return notModified
	}
	return proceed
}

// matchesState is the comparison of If-Match: the tag of any representation of
// the current state matches; weak tags never do (SP-ETAG-02).
func (l tagList) matchesState(current *validators) bool {
	if current == nil {
		return false
	}
	if l.any {
		return true
	}
	for _, tag := range l.tags {
		if !tag.weak && current.isState(tag.opaque) {
			return true
		}
	}
	return false
}

// matchesRepresentation is the comparison of If-None-Match, which is weak
// (SP-ETAG-03).
func (l tagList) matchesRepresentation(current *validators) bool {
	if current == nil {
		return false
	}
	if l.any {
		return true
	}
	for _, tag := range l.tags {
		if current.isRepresentation(tag.opaque) {
			return true
		}
	}
	return false
}
