// Package suite judges a Solid server from outside: it runs cases against any
// server that speaks HTTP and tells which requirements it meets.
//
// A [Case] belongs to one or more requirements of package list. What it does is
// written with a few words: the agents of a [T] send requests, made of [Part]
// values, and what an [Answer] has to be like is said by its Want methods. The
// first of them that does not hold ends the case, and the report quotes the
// requests and answers up to there.
//
//	suite.Must("SP-PUT-01", "PUT of something new is 201", func(t *suite.T) {
//		t.Alice.Put(t.URL("note.ttl"), suite.Turtle("<> a <#Note> .")).Want(http.StatusCreated)
//	})
//
// Invariants:
//
//   - Cases see the server only through HTTP, and none sees another: each has a
//     container of its own, which nobody but Alice may use and which is deleted
//     after it. They run at the same time.
//   - Names and order of the results are those of the cases, whatever the
//     server does.
//   - A server fails only for what a text of the specifications says. What they
//     recommend is a warning; what they leave open is not applicable, and so is
//     what a server does not offer. What only this project decided ([Decision])
//     counts when the run asks for it.
//   - No token, password or proof gets into a report.
//
// The areas are packages beside this one; package command runs them all.
package suite
