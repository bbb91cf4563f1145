// Command bench measures Solid servers side by side: ours, a bare net/http
// handler that serves the same bytes, Community Solid Server and
// javascript-solid-server, each on disk with access control on. It seeds the
// same data, runs each case on each server in turns, with a fixed number of
// connections for a bounded time, and reports rates, latencies, errors, memory
// and the CPU that the server spent on a request.
//
// Load comes from the same machine, so that a request costs two programs. Rates
// depend on what else runs there; CPU per request and ratios within one run do
// so much less, which is why they are what the targets are about.
//
// Requests are made ahead of a turn, DPoP proofs included: while it runs, a
// connection writes bytes and reads an answer, no more.
//
//	make bench                                        # everything, a quarter of an hour
//	go run ./conformance/bench -servers domicile,bare -only get -seconds 2
//	go run ./conformance/bench -servers domicile,grown -only get,patch -rounds 10
//	go run ./conformance/bench -overload              # ten times what it can take
//	go run ./conformance/bench -endurance 20m
package main
