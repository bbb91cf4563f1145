// Package pages renders the account pages: plain HTML forms that need no
// script, in Dutch, French and English, made for keyboard, screen reader and
// small screens (WCAG 2.2 AA, https://www.w3.org/TR/WCAG22/).
//
// Every text is in the message catalogues; a template holds none. What people
// typed and what applications say of themselves is escaped by html/template.
// The package decides nothing: it is given a [View].
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"domicile/server/language"
)

//go:embed template/*.html
var templates embed.FS

//go:embed style.css
var style []byte

//go:embed name.js
var nameScript []byte

// languageNames name the languages in themselves.
var languageNames = map[string]string{language.Dutch: "Nederlands", language.French: "Français", language.English: "English"}

var catalogues = map[string]map[string]string{language.Dutch: dutch, language.French: french, language.English: english}

// View is what a page shows.
type View struct {
	Language string        // one of [language.All]
	Title    string        // message key
	Query    string        // "" or "?…": what the language links keep
	NewToken func() string // makes what is hidden in every form
	Home     string        // URL of the account page; "" when not signed in
	SignOut  string        // URL of the sign-out form; "" when not signed in
	Problems []Problem
	Data     any // of the page
}

// Problem is why a form was not accepted.
type Problem struct {
	Field   string // name of the input, or ""
	Message string // message key
}

// T returns the message of a key in the page's language, with args filled in.
func (v View) T(key string, args ...any) string { return translate(v.Language, key, args...) }

// Text returns a message that is no part of a page.
func Text(tag, key string, args ...any) string { return translate(tag, key, args...) }

func translate(tag, key string, args ...any) string {
	text, ok := catalogues[tag][key]
	if !ok {
		return key // the catalogue test makes this impossible for known keys
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Level returns what a level of access is called; see the form "choices".
func (v View) Level(name string) string { return v.T("level." + name) }

// Term returns what a time that access lasts is called.
func (v View) Term(name string) string { return v.T("term." + name) }

// Date returns a day as people of the language write it.
func (v View) Date(at time.Time) string {
	return fmt.Sprintf("%d %s %d", at.Day(), v.T(fmt.Sprintf("month.%d", at.Month())), at.Year())
}

// Size returns a number of bytes for a person to read.
func (v View) Size(n int64) string {
	size := humanize.Bytes(uint64(max(n, 0)))
	if v.Language != "en" {
		size = strings.Replace(size, ".", ",", 1)
	}
	return size
}

// Token returns what is hidden in every form. A page without a form never
// asks, so that its reader gets no cookie for one.
func (v View) Token() string { return v.NewToken() }

// Problem returns the message for an input, or "".
func (v View) Problem(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return v.T(p.Message)
		}
	}
	return ""
}

// Describes returns the ids of the elements that describe an input: its hint
// if there is one, and its problem.
func (v View) Describes(field string, hint bool) string {
	var ids []string
	if hint {
		ids = append(ids, field+"-hint")
	}
	if v.Problem(field) != "" {
		ids = append(ids, field+"-problem")
	}
	return strings.Join(ids, " ")
}

// LanguageLink is an entry of the language switch.
type LanguageLink struct {
	Tag, Name, URL string
	Current        bool
}

// LanguageLinks returns the language switch.
func (v View) LanguageLinks() []LanguageLink {
	query, err := url.ParseQuery(strings.TrimPrefix(v.Query, "?"))
	if err != nil {
		query = url.Values{}
	}
	var links []LanguageLink
	for _, tag := range language.All {
		query.Set("lang", tag)
		links = append(links, LanguageLink{tag, languageNames[tag], "?" + query.Encode(), tag == v.Language})
	}
	return links
}

// Renderer renders pages. It is safe for concurrent use.
type Renderer struct{ pages map[string]*template.Template }

// shared are the templates that are parts of pages.
var shared = []string{"layout", "fields", "choices", "presence"}

// New parses the templates.
func New() *Renderer {
	r := &Renderer{pages: map[string]*template.Template{}}
	names, err := templates.ReadDir("template")
	if err != nil {
		panic(err) // embedded: only a broken build gets here
	}
	for _, entry := range names {
		name := strings.TrimSuffix(entry.Name(), ".html")
		if slices.Contains(shared, name) {
			continue
		}
		page := template.New("")
		for _, file := range append(slices.Clone(shared), name) {
			template.Must(page.ParseFS(templates, "template/"+file+".html"))
		}
		r.pages[name] = page
	}
	return r
}

// Render returns the HTML of a page.
func (r *Renderer) Render(page string, view View) ([]byte, error) {
	t, ok := r.pages[page]
	if !ok {
		return nil, fmt.Errorf("no page %q", page)
	}
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout.html", view); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// NameScript returns the script that looks names up while they are typed.
func (r *Renderer) NameScript() io.ReadSeeker { return bytes.NewReader(nameScript) }

// Style returns the style sheet.
func (r *Renderer) Style() io.ReadSeeker { return bytes.NewReader(style) }
