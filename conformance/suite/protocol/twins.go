package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
)

// twins are about X and X/, which never both exist.
func twins() []suite.Case {
	patch := suite.N3(suite.InsertPatch("<> a ex:Note."))
	made := suite.TypeLink(suite.BasicContainer)
	var cases []suite.Case
	for _, row := range []struct {
		title      string
		there, new string
		method     string
		parts      []suite.Part
	}{
		{"PUT makes no container beside a document", "x", "x/", http.MethodPut, []suite.Part{suite.Turtle(""), made}},
		{"PUT makes no document beside a container", "x/", "x", http.MethodPut, []suite.Part{suite.Text("x")}},
		{"PATCH makes no document beside a container", "x/", "x", http.MethodPatch, []suite.Part{patch}},
		{"PATCH makes no container beside a document", "x", "x/", http.MethodPatch, []suite.Part{patch}},
		{"PUT makes nothing below a document", "x", "x/y", http.MethodPut, []suite.Part{suite.Text("x")}},
		{"PUT makes nothing far below a document", "x", "x/y/z/w", http.MethodPut, []suite.Part{suite.Text("x")}},
		{"PATCH makes nothing below a document", "x", "x/y/z", http.MethodPatch, []suite.Part{patch}},
	} {
		cases = append(cases, suite.Must("SP-URI-02 SP-PUT-02", row.title, func(t *suite.T) {
			there := t.URL(row.there)
			content := note
			if strings.HasSuffix(there, "/") {
				content = "" // servers need not keep what a container is made with
			}
			t.Alice.Put(there, suite.Turtle(content)).WantSuccess()
			// A redirect to the one that exists is allowed for all methods (SP-URI-03).
			answer := t.Alice.Do(row.method, t.URL(row.new), row.parts...)
			if answer.Status/100 != 3 {
				answer.WantRefused()
			}
			gone := t.Alice.Get(t.URL(row.new))
			if gone.Status/100 != 3 {
				gone.Want(http.StatusNotFound, http.StatusGone)
			}
			if kept := t.Alice.Get(there).Want(http.StatusOK); content != "" {
				kept.WantTriples(isNote)
			}
			wantMembers(t, t.Container(), there)
		}))
	}
	return append(cases, suite.Decision("SP-URI-02", "the other twin is 409", func(t *suite.T) {
		put(t, "x", suite.Turtle(note))
		container(t, "y/")
		t.Alice.Put(t.URL("x/"), suite.Turtle(""), made).Want(http.StatusConflict)
		t.Alice.Put(t.URL("x/y/z"), suite.Text("x")).Want(http.StatusConflict)
		t.Alice.Put(t.URL("y"), suite.Text("x")).Want(http.StatusConflict)
	}))
}
