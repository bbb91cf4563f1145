package solid_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"domicile/clients/solid"
	"domicile/rdfstore/rdf"
)

// A program gets client credentials from a resident, who makes them in her account
// or, as here, by its API, and acts in her name.
func Example() {
	ctx := context.Background()
	server := example.URL() // such as https://pods.example/

	account, err := solid.SignUp(ctx, server, "anna@example.org", "correct horse battery")
	check(err)
	pod, err := account.CreatePod(ctx, "anna")
	check(err)
	credentials, err := account.CreateLimitedCredentials(ctx, "my program", pod.WebID, solid.Access{
		Parts: []solid.Part{{Location: pod.URL + "notes/", Actions: []string{"read", "edit"}}},
		Until: time.Now().AddDate(0, 1, 0),
	})
	check(err)

	session, err := solid.Login(ctx, server, credentials)
	check(err)
	client := solid.NewClient(session.Client())
	_, err = client.Put(ctx, pod.URL+"notes/one.txt", "text/plain", strings.NewReader("Hello"), solid.IfAbsent())
	check(err)
	_, err = client.Get(ctx, pod.URL+"diary/today")
	fmt.Println("outside of what was allowed:", errors.Is(err, solid.ErrForbidden))
	// Output: outside of what was allowed: true
}

// Update reads a document, changes it and writes it back only if nobody else
// changed it meanwhile; else it starts again.
func ExampleClient_Update() {
	ctx := context.Background()
	client, pod := newResident(ctx, "bert")
	resource := pod.URL + "loans/4711"
	book, due := rdf.IRI(resource+"#book"), rdf.IRI("http://schema.org/endTime")

	for _, day := range []string{"2026-11-30", "2026-12-14"} {
		err := client.Update(ctx, resource, func(loan *solid.Document) error {
			if old := loan.Object(book, due); !old.IsZero() {
				loan.Remove(rdf.Triple{S: book, P: due, O: old})
			}
			loan.Add(rdf.Triple{S: book, P: due, O: rdf.String(day)})
			return nil
		})
		check(err)
	}
	loan, err := client.Read(ctx, resource)
	check(err)
	fmt.Println(loan.Len(), loan.Object(book, due).Value())
	// Output: 1 2026-12-14
}

// A patch changes what it names and leaves the rest alone, whoever writes there.
func ExampleClient_Patch() {
	ctx := context.Background()
	client, pod := newResident(ctx, "cara")
	resource, title := pod.URL+"note", rdf.IRI("http://purl.org/dc/terms/title")
	_, err := client.Put(ctx, resource, "text/turtle", strings.NewReader(`<#it> <http://purl.org/dc/terms/title> "Old".`))
	check(err)

	note := rdf.Variable("note")
	rename := solid.Patch{
		Where:   []rdf.Triple{{S: note, P: title, O: rdf.String("Old")}},
		Deletes: []rdf.Triple{{S: note, P: title, O: rdf.String("Old")}},
		Inserts: []rdf.Triple{{S: note, P: title, O: rdf.String("New")}},
	}
	_, err = client.Patch(ctx, resource, rename)
	fmt.Println(err)
	_, err = client.Patch(ctx, resource, rename)
	fmt.Println(errors.Is(err, solid.ErrConflict))
	// Output:
	// <nil>
	// true
}

func ExampleClient_Walk() {
	ctx := context.Background()
	client, pod := newResident(ctx, "dora")
	for _, path := range []string{"photos/door.jpg", "photos/2026/cat.jpg"} {
		_, err := client.Put(ctx, pod.URL+path, "image/jpeg", strings.NewReader("pixels"))
		check(err)
	}
	for member, err := range client.Walk(ctx, pod.URL+"photos/") {
		check(err)
		fmt.Printf("%s %q\n", strings.TrimPrefix(member.URL, pod.URL), member.MediaType)
	}
	// Output:
	// photos/door.jpg "image/jpeg"
	// photos/2026/ ""
	// photos/2026/cat.jpg "image/jpeg"
}

func ExampleClient_Grant() {
	ctx := context.Background()
	emil, pod := newResident(ctx, "emil")
	fritz, other := newResident(ctx, "fritz")
	resource := pod.URL + "album/cat.jpg"
	_, err := emil.Put(ctx, resource, "image/jpeg", strings.NewReader("pixels"))
	check(err)

	_, err = fritz.Head(ctx, resource)
	fmt.Println("before:", errors.Is(err, solid.ErrForbidden))
	check(emil.Grant(ctx, pod.URL+"album/", solid.Rule{
		Subject: solid.Agent(other.WebID), Modes: solid.Read, Scope: solid.ItselfAndInside,
		Until: time.Now().AddDate(0, 0, 14),
	}))
	info, err := fritz.Head(ctx, resource)
	check(err)
	user, _ := info.Allowed()
	fmt.Println("granted:", user)
	check(emil.Revoke(ctx, pod.URL+"album/", solid.Agent(other.WebID)))
	_, err = fritz.Head(ctx, resource)
	fmt.Println("revoked:", errors.Is(err, solid.ErrForbidden))
	// Output:
	// before: true
	// granted: read
	// revoked: true
}

// The loop goes on over broken connections and restarts of the server. Resync,
// with which it begins, says when to read the topic.
func ExampleClient_Subscribe() {
	ctx := context.Background()
	client, pod := newResident(ctx, "gina")
	inbox := pod.URL + "inbox/"
	for change, err := range client.Subscribe(ctx, inbox, "") {
		check(err)
		switch change.Activity {
		case solid.Resync:
			for range client.Members(ctx, inbox) {
				// what there is by now
			}
			_, err := client.Post(ctx, inbox, "text/plain", strings.NewReader("Hello"), solid.Slug("hello"))
			check(err)
		case solid.Add:
			fmt.Println("added:", strings.TrimPrefix(change.Object, pod.URL))
			return
		}
	}
	// Output: added: inbox/hello
}

func ExampleAuthorizationDetails() {
	fmt.Println(solid.AuthorizationDetails(solid.AccessRequest{
		Locations: []string{"https://pods.example/anna/loans/"},
		Actions:   []string{"read", "add"},
		Purpose:   "To show you when your books are due",
	}))
	// Output: [{"type":"domicile-access","locations":["https://pods.example/anna/loans/"],"actions":["read","add"],"purpose":"To show you when your books are due"}]
}
