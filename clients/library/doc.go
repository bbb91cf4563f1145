// Library puts a person's loans into her pod: an example of a data holder, a
// service that lets people have the data that it has of them.
//
//	export LIBRARY_ID=… LIBRARY_SECRET=…
//	library --issuer https://id.example/ --container https://pods.example/alice/library/loans/ <<'END'
//	{"id": "4711", "title": "Momo", "isbn": "9783522202107", "borrowed": "2026-11-02", "due": "2026-11-30"}
//	END
//
// It reads loans, one JSON object a line, from standard input until that ends, and
// writes each to a document of its own in the container that the person has opened
// to it; it touches nothing else. A loan that is the same as before is not
// written again, so the whole list can be sent at any time. What others say in the
// documents, it leaves there.
//
// It acts under the WebID that the credentials are of: the library's own, which
// the person has let into the container with an end date, or hers, limited to that
// container. When she has ended that, or its time is over, the program stops and
// says so; the exit code is 3 then, 1 after other failures, 2 for wrong usage.
//
// A loan is a BorrowAction of https://schema.org/: endTime is when the book is due
// or, once actionStatus is CompletedActionStatus, when it came back.
package main
