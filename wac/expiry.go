package wac

import (
	"time"

	"domicile/rdfstore/rdf"
)

// schema.org is written with either scheme.
var validThroughProperties = [...]rdf.Term{
	rdf.IRI(rdf.Schema + "validThrough"),
	rdf.IRI("https://schema.org/validThrough"),
}

func isValidThrough(property rdf.Term) bool {
	return property == validThroughProperties[0] || property == validThroughProperties[1]
}

// expiredAlways is the end of what has an end that cannot be read.
var expiredAlways = time.Unix(0, 0).UTC()

// endAt notes an end; with several the earliest counts.
func (a *authorization) endAt(end time.Time) {
	if a.validThrough.IsZero() || end.Before(a.validThrough) {
		a.validThrough = end
	}
}

// holdsAt reports whether the authorization has not ended.
func (a *authorization) holdsAt(now time.Time) bool {
	return a.validThrough.IsZero() || !now.After(a.validThrough)
}

// parseValidThrough reads an xsd:dateTime or xsd:date; without a time zone it
// is UTC, and a date includes its whole day. What cannot be read has ended, so
// that a misspelt end never means for ever.
func parseValidThrough(value rdf.Term) time.Time {
	if !value.IsLiteral() {
		return expiredAlways
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if end, err := time.Parse(layout, value.Value()); err == nil {
			return notZero(end)
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02Z07:00"} {
		if day, err := time.Parse(layout, value.Value()); err == nil {
			return notZero(day.AddDate(0, 0, 1).Add(-time.Nanosecond))
		}
	}
	return expiredAlways
}

// notZero keeps the year 1 from meaning "without end".
func notZero(end time.Time) time.Time {
	if end.IsZero() {
		return expiredAlways
	}
	return end
}
