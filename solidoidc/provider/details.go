package provider

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"domicile/rdfstore"
)

// DomicileAccess is the one type of authorization details that is known.
const DomicileAccess = "domicile-access"

// AccessDetail is what an app asks to do, and why: an element of
// `authorization_details` (RFC 9396) of the type [DomicileAccess]. It names
// either locations or classes.
type AccessDetail struct {
	Type      string     `json:"type"`
	Locations []string   `json:"locations,omitempty"` // URLs; one that ends in a slash is a container with all that is in it
	Classes   []string   `json:"classes,omitempty"`   // IRIs of what the data is about
	Actions   []string   `json:"actions"`             // some of read, add, edit, control
	Purpose   string     `json:"purpose,omitempty"`   // in the app's words, for the person
	Until     *time.Time `json:"until,omitempty"`     // when it is no longer needed
}

var accessActions = []string{"read", "add", "edit", "control"}

// The bounds of details: they travel in every request that the token is in.
const (
	maxDetailsBytes  = 4 << 10
	maxDetails       = 16
	maxDetailMembers = 32
	maxPurposeLength = 300 // characters
)

// parseDetails reads `authorization_details`; "" means none. What is not
// understood to the letter is refused (RFC 9396 §5).
func parseDetails(text string, now time.Time) ([]AccessDetail, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxDetailsBytes {
		return nil, invalidDetails("they are larger than 4 KiB")
	}
	var details []AccessDetail
	if err := json.Unmarshal([]byte(text), &details); err != nil || len(details) == 0 {
		return nil, invalidDetails(malformedDetails)
	}
	if problem := problemOf(details, now); problem != "" {
		return nil, invalidDetails(problem)
	}
	return details, nil
}

const malformedDetails = "want a JSON array of objects that have no other members than type, locations or classes, actions, purpose and until (RFC 3339)"

// UnmarshalJSON refuses unknown members.
func (d *AccessDetail) UnmarshalJSON(raw []byte) error {
	type plain AccessDetail
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if decoder.Decode((*plain)(d)) != nil {
		return invalidDetails(malformedDetails)
	}
	return nil
}

func problemOf(details []AccessDetail, now time.Time) string {
	if len(details) > maxDetails {
		return "there are more than 16"
	}
	for _, d := range details {
		if problem := d.problem(now); problem != "" {
			return problem
		}
	}
	return ""
}

// details returns what a request asks for, else what the client always does.
func (c client) details(requested string, now time.Time) ([]AccessDetail, error) {
	if requested != "" {
		return parseDetails(requested, now)
	}
	if problem := problemOf(c.Metadata.Details, now); problem != "" {
		return nil, invalidDetails(problem)
	}
	return c.Metadata.Details, nil
}

func invalidDetails(problem string) *protocolError {
	return oauthError("invalid_authorization_details", "authorization_details: "+problem)
}

// problem says what is wrong with a detail, "" when nothing is.
func (d AccessDetail) problem(now time.Time) string {
	switch {
	case d.Type != DomicileAccess:
		return "the only known type is " + DomicileAccess
	case (len(d.Locations) == 0) == (len(d.Classes) == 0):
		return "each names either locations or classes"
	case len(d.Locations)+len(d.Classes) > maxDetailMembers:
		return "one names more than 32 locations or classes"
	case slices.ContainsFunc(d.Locations, func(l string) bool { return !isLocation(l) }):
		return "a location is not an absolute http or https URL without query and fragment"
	case slices.ContainsFunc(d.Classes, func(c string) bool { return !isAbsoluteIRI(c) }):
		return "a class is not an absolute IRI"
	case len(d.Actions) == 0 || !isSubset(d.Actions, accessActions):
		return "actions are one or more of read, add, edit, control"
	case len([]rune(d.Purpose)) > maxPurposeLength || strings.ContainsFunc(d.Purpose, isDisguise):
		return "a purpose is longer than 300 characters or has control characters"
	case d.Until != nil && !now.Before(*d.Until):
		return "until is past"
	}
	return ""
}

// isLocation keeps dot segments out, encoded ones too: [AccessDetail.covers]
// compares locations as text.
func isLocation(location string) bool {
	u, err := url.Parse(location)
	return err == nil && isWebURL(location) && !strings.ContainsAny(location, "?#") &&
		!slices.ContainsFunc(strings.Split(u.Path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}

func isAbsoluteIRI(iri string) bool {
	u, err := url.Parse(iri)
	return err == nil && u.IsAbs() && len(iri) <= maxURILength
}

func isSubset[T comparable](some, all []T) bool {
	return !slices.ContainsFunc(some, func(one T) bool { return !slices.Contains(all, one) })
}

// isDisguise reports whether a character could make a text look like another,
// such as those that change the direction of writing.
func isDisguise(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// grantedDetails returns what was granted to a client that asked for details
// (RFC 9396 §7); nothing where it asked for none.
func (p *Provider) grantedDetails(r rdfstore.StateReader, s subject) ([]AccessDetail, error) {
	if len(s.Details) == 0 {
		return nil, nil
	}
	return p.config.GrantDetails(r, s.Grant, s.Details)
}

// specify makes of the details that a client asked for those of its tokens: what
// was granted, or what the token request names of it.
func (p *Provider) specify(r rdfstore.StateReader, s *subject, requested string) (refusal, err error) {
	granted, err := p.grantedDetails(r, *s)
	if err != nil {
		return nil, err
	}
	s.Narrowed = requested != ""
	s.Details, refusal = narrowedDetails(granted, requested, p.now())
	return refusal, nil
}

// narrowedDetails returns the details that a token request asks for, all that
// were granted when it names none (RFC 9396 §6). More is refused, and so are
// classes: no request tells what the data in it is about. Nobody reads a purpose
// here, and what names no end ends with the first that was granted.
func narrowedDetails(granted []AccessDetail, requested string, now time.Time) ([]AccessDetail, error) {
	wanted, err := parseDetails(requested, now)
	if err != nil || wanted == nil {
		return granted, err
	}
	var end *time.Time
	for _, g := range granted {
		if g.Until != nil && (end == nil || g.Until.Before(*end)) {
			end = g.Until
		}
	}
	for i := range wanted {
		if len(wanted[i].Classes) > 0 {
			return nil, invalidDetails("tokens are narrowed to locations, not to classes")
		}
		wanted[i].Purpose = ""
		if wanted[i].Until == nil {
			wanted[i].Until = end
		}
	}
	if !cover(granted, wanted) {
		return nil, invalidDetails("they are more than was granted")
	}
	return wanted, nil
}

// cover reports whether wanted is no more than granted: each action on each
// location or class is within one of granted.
func cover(granted, wanted []AccessDetail) bool {
	for _, w := range wanted {
		for one := range w.singles() {
			if !slices.ContainsFunc(granted, func(g AccessDetail) bool { return g.covers(one) }) {
				return false
			}
		}
	}
	return true
}

// singles splits a detail into such of one action on one location or class.
func (d AccessDetail) singles() iter.Seq[AccessDetail] {
	return func(yield func(AccessDetail) bool) {
		for _, action := range d.Actions {
			one := d
			one.Actions = []string{action}
			for _, l := range d.Locations {
				if one.Locations = []string{l}; !yield(one) {
					return
				}
			}
			for _, c := range d.Classes {
				if one.Classes = []string{c}; !yield(one) {
					return
				}
			}
		}
	}
}

// covers reports whether other is no more than d. To edit includes to add.
func (d AccessDetail) covers(other AccessDetail) bool {
	actions := d.Actions
	if slices.Contains(actions, "edit") {
		actions = append(slices.Clip(actions), "add")
	}
	return isSubset(other.Actions, actions) && isSubset(other.Classes, d.Classes) &&
		!slices.ContainsFunc(other.Locations, func(l string) bool { return !slices.ContainsFunc(d.Locations, contains(l)) }) &&
		(other.Purpose == "" || other.Purpose == d.Purpose) &&
		(d.Until == nil || other.Until != nil && !other.Until.After(*d.Until))
}

// contains returns a test for locations that are location or a container above.
func contains(location string) func(string) bool {
	return func(granted string) bool {
		return granted == location || strings.HasSuffix(granted, "/") && strings.HasPrefix(location, granted)
	}
}
