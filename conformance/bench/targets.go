package main

import (
	"fmt"
	"math"
)

// judged is a target with what was measured.
type judged struct {
	What, Wanted, Measured string
	Known, Met             bool // Known: it could be measured
}

func (j judged) verdict() string {
	switch {
	case !j.Known:
		return "not measured"
	case j.Met:
		return "met"
	default:
		return "missed"
	}
}

// target is a bound on something that a report tells.
type target struct {
	what    string
	atLeast bool
	bound   float64
	unit    string
	value   func(r *report) spread
}

// against is the ratio of our figure to a peer's.
func against(peer, name string, figure func(turn) float64) func(*report) spread {
	return func(r *report) spread { return r.ratio(name, servers[0].name, peer, figure) }
}

// growth is the ratio of a figure with many pods to that with one.
func growth(name string, figure func(turn) float64) func(*report) spread {
	return func(r *report) spread { return r.ratio(name, grown, servers[0].name, figure) }
}

func own(name string, figure func(turn) float64) func(*report) spread {
	return func(r *report) spread { return spreadOf(each(r.of(servers[0].name, name), figure)) }
}

func ofServer(name string, figure func(serverReport) float64) func(*report) spread {
	return func(r *report) spread {
		for _, s := range r.Servers {
			if s.Name == name {
				return spreadOf([]float64{figure(s)})
			}
		}
		return spreadOf(nil)
	}
}

var targets = []target{
	{"CPU of a public GET to the bare handler's", false, 3, "", against("bare", "get", cpuOf)},
	{"CPU of a 304 to the bare handler's", false, 3, "", against("bare", "get-304", cpuOf)},
	{"CPU of a JSON-LD GET to the bare handler's", false, 4, "", against("bare", "get-jsonld", cpuOf)},
	{"rate of public GET to the bare handler's", true, .6, "", against("bare", "get", rateOf)},
	{"rate of 304 to the bare handler's", true, .6, "", against("bare", "get-304", rateOf)},
	{"rate of public GET to CSS's", true, 100, "", against("css", "get", rateOf)},
	{"rate of public GET to JSS's", true, 4, "", against("jss", "get", rateOf)},
	{"rate of JSON-LD GET to CSS's", true, 100, "", against("css", "get-jsonld", rateOf)},
	{"CPU of a GET with DPoP", false, .28, "ms", own("dpop-get", cpuOf)},
	{"rate of GET with DPoP to CSS's", true, 50, "", against("css", "dpop-get", rateOf)},
	{"CPU of PUT, new", false, .4, "ms", own("put-new", cpuOf)},
	{"CPU of POST", false, .4, "ms", own("post", cpuOf)},
	{"CPU of N3 PATCH", false, .4, "ms", own("patch", cpuOf)},
	{"rate of PUT, new, to CSS's", true, 80, "", against("css", "put-new", rateOf)},
	{"rate of POST to CSS's", true, 80, "", against("css", "post", rateOf)},
	{"rate of N3 PATCH to CSS's", true, 80, "", against("css", "patch", rateOf)},
	{"rate of PUT, new, to CSS's, one connection", true, 40, "", against("css", "put-new-1", rateOf)},
	{"rate of POST to CSS's, one connection", true, 40, "", against("css", "post-1", rateOf)},
	{"rate of N3 PATCH to CSS's, one connection", true, 40, "", against("css", "patch-1", rateOf)},
	{"rate of listing 1,000 to CSS's", true, 200, "", against("css", "list-1000", rateOf)},
	{"rate of listing 1,000", true, 280, "/s", own("list-1000", rateOf)},
	{"errors of listing 1,000 at 64 connections", false, 0, "", own("list-1000-64", func(t turn) float64 { return float64(t.Errors) })},
	{"first byte of listing 100,000", false, 50, "ms", own("list-100000", firstByteOf)},
	{"first byte of listing 100,000 as JSON-LD", false, 50, "ms", own("list-100000-jsonld", firstByteOf)},
	{"memory that listings of 100,000 add, eight at a time", false, 32, "MB", own("list-100000-8", addedMemory)},
	{"memory that listings of 100,000 as JSON-LD add, eight at a time", false, 32, "MB", own("list-100000-jsonld-8", addedMemory)},
	{"rate of 10 MiB to the bare handler's", true, .8, "", against("bare", "binary", rateOf)},
	{"rate of ranges to the bare handler's", true, .8, "", against("bare", "range", rateOf)},
	{"rate of mixed requests to CSS's", true, 50, "", against("css", "mixed", rateOf)},
	{"p99 of mixed requests to their p50", false, 10, "", own("mixed", func(t turn) float64 { return t.P99 / t.P50 })},
	{"CPU of a public GET with many pods to that with one", false, 1.2, "", growth("get", cpuOf)},
	{"p50 of a public GET with many pods to that with one", false, 1.3, "", growth("get", p50Of)},
	{"p99 of a public GET with many pods to that with one", false, 2, "", growth("get", p99Of)},
	{"CPU of N3 PATCH with many pods to that with one", false, 1.2, "", growth("patch", cpuOf)},
	{"p50 of N3 PATCH with many pods to that with one", false, 1.3, "", growth("patch", p50Of)},
	{"p99 of N3 PATCH with many pods to that with one", false, 2, "", growth("patch", p99Of)},
	{"memory after start", false, 100, "MB", ofServer("domicile", func(s serverReport) float64 { return mega(s.MemoryIdle) })},
	{"first answer after a start with many pods", false, 300, "ms", ofServer(grown, func(s serverReport) float64 { return s.Started })},
	{"memory after mixed requests", false, 300, "MB", own("mixed", func(t turn) float64 { return mega(t.Memory) })},
}

// judge holds the medians against the targets.
func (r *report) judge() []judged {
	var all []judged
	for _, t := range targets {
		value := t.value(r)
		word := "at most"
		if t.atLeast {
			word = "at least"
		}
		all = append(all, judged{
			What: t.what, Wanted: fmt.Sprintf("%s %g %s", word, t.bound, t.unit), Measured: value.String(),
			Known: !math.IsNaN(value.Median),
			Met:   t.atLeast && value.Median >= t.bound || !t.atLeast && value.Median <= t.bound,
		})
	}
	return all
}
