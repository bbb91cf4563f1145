package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
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
		return nil, invalidDetails(errors.New("they are larger than 4 KiB"))
	}
	var details []AccessDetail
	if err := json.Unmarshal([]byte(text), &details); err != nil || len(details) == 0 {
		return nil, invalidDetails(because(malformedDetails))
	}
	if problem := problemOf(details, now); problem != nil {
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
		return invalidDetails(because(malformedDetails))
	}
	return nil
}

func problemOf(details []AccessDetail, now time.Time) error {
	if len(details) > maxDetails {
		return because("there are more than 16")
	}
	for _, d := range details {
		if problem := d.problem(now); problem != nil {
			return problem
		}
	}
	return nil
}

// askedDetails returns what a request asks for, else what the client always does.
func (p *Provider) askedDetails(from client, requested string) ([]AccessDetail, error) {
	details := from.Metadata.Details
	if requested != "" {
		var err error
		if details, err = parseDetails(requested, p.now()); err != nil {
			return nil, err
		}
	} else if problem := problemOf(details, p.now()); problem != nil {
		return nil, invalidDetails(problem)
	}
	return p.canonical(details), nil
}

// canonical spells the locations of details as grants do, so that they can be
// compared as text.
func (p *Provider) canonical(details []AccessDetail) []AccessDetail {
	details = slices.Clone(details)
	for i := range details {
		details[i].Locations = slices.Clone(details[i].Locations)
		for j, location := range details[i].Locations {
			details[i].Locations[j] = p.config.Canonical(location)
		}
	}
	return details
}

func invalidDetails(problem error) *protocolError {
	return metadataError("invalid_authorization_details", ofDetails(problem))
}

func ofDetails(problem error) error { return because("authorization_details: %s", problem) }

// problem says what is wrong with a detail, nil when nothing is.
func (d AccessDetail) problem(now time.Time) error {
	switch {
	case d.Type != DomicileAccess:
		return because("the only known type is %s", DomicileAccess)
	case (len(d.Locations) == 0) == (len(d.Classes) == 0):
		return because("each names either locations or classes")
	case len(d.Locations)+len(d.Classes) > maxDetailMembers:
		return because("one names more than 32 locations or classes")
	case slices.ContainsFunc(d.Locations, func(l string) bool { return !isLocation(l) }):
		return because("a location is not an absolute http or https URL without query and fragment")
	case slices.ContainsFunc(d.Classes, func(c string) bool { return !isAbsoluteIRI(c) }):
		return because("a class is not an absolute IRI")
	case len(d.Actions) == 0 || !isSubset(d.Actions, accessActions):
		return because("actions are one or more of read, add, edit, control")
	case len([]rune(d.Purpose)) > maxPurposeLength || strings.ContainsFunc(d.Purpose, isDisguise):
		return because("a purpose is longer than 300 characters or has control characters")
	case d.Until != nil && !now.Before(*d.Until):
		return because("until is past")
	}
	return nil
}

// isLocation keeps dot segments out, encoded ones too: [AccessDetail.covers]
// compares locations as text, and those of other servers are as they came.
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

// grantedDetails returns what a grant allows of what was asked, nothing included
// (RFC 9396 §7); nil where nothing was asked.
func (p *Provider) grantedDetails(r rdfstore.StateReader, grant string, asked []AccessDetail) ([]AccessDetail, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	granted, err := p.config.GrantDetails(r, grant, asked)
	if granted == nil {
		granted = []AccessDetail{}
	}
	return granted, err
}

// specify makes of the details that a client asked for those of its tokens: what
// was granted or, if the token request names details, those. What the client
// asked a person for does not bind it: what she gave does (RFC 9396 §6).
func (p *Provider) specify(r rdfstore.StateReader, s *subject, requested string) (refusal, err error) {
	if requested == "" {
		s.Details, err = p.grantedDetails(r, s.Grant, s.Details)
		return nil, err
	}
	wanted, refusal := parseDetails(requested, p.now())
	if refusal != nil {
		return refusal, nil
	}
	wanted = p.canonical(wanted)
	granted, err := p.grantedDetails(r, s.Grant, endless(wanted))
	if err != nil {
		return nil, err
	}
	s.Narrowed = true
	s.Details, refusal = narrowDetails(granted, wanted)
	return refusal, nil
}

// endless returns details without purpose and end: the places and actions.
func endless(details []AccessDetail) []AccessDetail {
	details = slices.Clone(details)
	for i := range details {
		details[i].Purpose, details[i].Until = "", nil
	}
	return details
}

// narrowDetails makes the details of a token of those that its request names.
// More than was granted is refused, and so are classes: no request tells what
// the data in it is about. Nobody reads a purpose here, and what names no end
// ends with the first that was granted.
func narrowDetails(granted, wanted []AccessDetail) ([]AccessDetail, error) {
	var end *time.Time
	for _, g := range granted {
		end = earlier(end, g.Until)
	}
	for i := range wanted {
		if len(wanted[i].Classes) > 0 {
			return nil, invalidDetails(errors.New("tokens are narrowed to locations, not to classes"))
		}
		wanted[i].Purpose = ""
		if wanted[i].Until == nil {
			wanted[i].Until = end
		}
	}
	if !cover(granted, wanted) {
		return nil, invalidDetails(errors.New("they are more than was granted"))
	}
	return wanted, nil
}

// standingDetails returns what an access token is good for now, as details; nil
// when neither its client nor its request named any.
func (p *Provider) standingDetails(r rdfstore.StateReader, claims jose.Claims) ([]AccessDetail, error) {
	grant := claims.String("grant_id")
	if _, narrowed := claims["authorization_details"]; narrowed {
		carried, err := detailsOf(claims)
		if err != nil {
			return nil, err
		}
		granted, err := p.grantedDetails(r, grant, endless(carried))
		return common(carried, granted, p.now()), err
	}
	if claims.String("sid") == "" {
		return nil, nil
	}
	f, err := families.Get(r, claims.String("sid"))
	if err != nil {
		return nil, err
	}
	return p.grantedDetails(r, grant, f.Subject.Details)
}

// detailsOf reads the details that a token carries.
func detailsOf(claims jose.Claims) (details []AccessDetail, err error) {
	raw, err := json.Marshal(claims["authorization_details"])
	if err == nil {
		err = json.Unmarshal(raw, &details)
	}
	return details, err
}

// common returns what details of a token and those of its grant both allow now.
func common(carried, granted []AccessDetail, now time.Time) []AccessDetail {
	both := []AccessDetail{}
	for _, c := range carried {
		for _, g := range granted {
			d := AccessDetail{Type: DomicileAccess, Actions: commonActions(c, g), Until: earlier(c.Until, g.Until)}
			for _, location := range c.Locations {
				if slices.ContainsFunc(g.Locations, contains(location)) {
					d.Locations = append(d.Locations, location)
				}
			}
			for _, location := range g.Locations {
				if slices.ContainsFunc(c.Locations, contains(location)) && !slices.Contains(d.Locations, location) {
					d.Locations = append(d.Locations, location)
				}
			}
			if len(d.Locations) > 0 && len(d.Actions) > 0 && (d.Until == nil || now.Before(*d.Until)) {
				both = append(both, d)
			}
		}
	}
	return both
}

// commonActions returns the actions that both details allow.
func commonActions(a, b AccessDetail) []string {
	allow := func(action string) bool { return a.allows(action) && b.allows(action) }
	return slices.DeleteFunc(slices.Clone(accessActions), func(action string) bool {
		return !allow(action) || action == "add" && allow("edit")
	})
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
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

// allows reports whether an action is one of d's. To edit includes to add.
func (d AccessDetail) allows(action string) bool {
	return slices.Contains(d.Actions, action) || action == "add" && slices.Contains(d.Actions, "edit")
}

// covers reports whether other is no more than d.
func (d AccessDetail) covers(other AccessDetail) bool {
	return !slices.ContainsFunc(other.Actions, func(action string) bool { return !d.allows(action) }) && isSubset(other.Classes, d.Classes) &&
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
