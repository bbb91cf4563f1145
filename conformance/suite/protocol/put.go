package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// putting is about creating and replacing by PUT.
var putting = []suite.Case{
	suite.Must("SP-PUT-01", "PUT of something new is 201, over something 200, 204 or 205", func(t *suite.T) {
		t.Alice.Put(t.URL("note.ttl"), suite.Turtle("<> a <#Note>.")).Want(http.StatusCreated)
		t.Alice.Put(t.URL("note.ttl"), suite.Turtle("<> a <#Other>.")).Want(http.StatusNoContent, http.StatusOK, http.StatusResetContent)
		t.Alice.Get(t.URL("note.ttl")).Want(http.StatusOK).WantTriples("<> a <#Other>.").WantNoTriples("<> a <#Note>.")
	}),
}
