package ldp

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"html/template"

	"domicile/rdfstore/codec"
)

//go:embed page.css
var pageStyle string

// newPage parses a page: no script, no form, every text escaped, the style sheet
// in it, since nothing else may be loaded. What it is given has a Language and a
// Title.
func newPage(body string) *template.Template {
	return template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>
` + pageStyle + `</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
` + body + `</main>
</body>
</html>
`))
}

// page is what a person sees who opens a resource in a browser (SP-CN-11).
var page = newPage(`{{with .Parent}}<p><a href="{{.}}">{{$.Words.Up}}</a></p>
{{end}}{{with .Members}}<ul>
{{range .}}<li><a href="{{.URL}}">{{.Name}}</a></li>
{{end}}</ul>
{{end}}{{if .Cut}}<p>{{.Words.More}}</p>
{{end}}{{with .Turtle}}<pre>{{.}}</pre>
{{end}}`)

// maxPageMembers is how many members a page lists.
const maxPageMembers = 1000

type pageMember struct{ URL, Name string }

// pageWords are the words of a page by language.
var pageWords = map[string]struct{ Up, More string }{
	"nl": {"Omhoog", "Er is hier meer dan deze pagina toont."},
	"fr": {"Dossier parent", "Il y a ici plus que ce que cette page montre."},
	"en": {"Up", "There is more here than this page shows."},
}

type pageContent struct {
	Language      string
	Words         struct{ Up, More string }
	Title, Parent string // URLs
	Members       []pageMember
	Cut           bool
	Turtle        string
}

func (s *session) renderPage(ctx context.Context, t *target, language string) ([]byte, error) {
	content := pageContent{Language: language, Words: pageWords[language], Title: s.space.URL(t.id)}
	if parent, ok := t.id.Parent(); ok {
		content.Parent = s.space.URL(parent)
	}
	if t.id.IsContainer() {
		if err := s.listOnPage(&content, t); err != nil {
			return nil, err
		}
	}
	document, err := s.writtenContent(ctx, t)
	if errors.Is(err, errDamaged) {
		return nil, notAcceptable([]string{t.record.MediaType})
	}
	if err != nil {
		return nil, err
	}
	var turtle, out bytes.Buffer
	if err := codec.Write(&turtle, codec.Turtle, document, content.Title); err != nil {
		return nil, err
	}
	content.Turtle = turtle.String()
	if err := page.Execute(&out, content); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (s *session) listOnPage(content *pageContent, t *target) error {
	for member, err := range s.Members(t.id, "") {
		if err != nil {
			return err
		}
		if len(content.Members) == maxPageMembers {
			content.Cut = true
			return nil
		}
		content.Members = append(content.Members, pageMember{s.space.URL(member.ID), member.ID.Name()})
	}
	return nil
}
