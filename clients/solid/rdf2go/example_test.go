package rdf2go_test

import (
	"fmt"

	upstream "github.com/deiu/rdf2go"

	"domicile/clients/solid"
	"domicile/clients/solid/rdf2go"
)

func ExampleToGraph() {
	mine := upstream.NewGraph("https://pods.example/anna/notes")
	mine.AddTriple(upstream.NewResource(mine.URI()+"#it"), upstream.NewResource("http://purl.org/dc/terms/title"), upstream.NewLiteral("Hello"))

	document := solid.NewDocument(mine.URI())
	var err error
	document.Graph, err = rdf2go.ToGraph(mine)
	// … and client.Save(ctx, document)
	for triple := range document.All() {
		fmt.Println(triple, err)
	}
	// Output: <https://pods.example/anna/notes#it> <http://purl.org/dc/terms/title> "Hello" . <nil>
}
