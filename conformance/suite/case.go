package suite

import (
	"slices"
	"strings"
)

// Level is how binding a case is.
type Level string

const (
	// LevelMust: a server that fails it does not conform.
	LevelMust Level = "MUST"
	// LevelShould: failing it is a warning.
	LevelShould Level = "SHOULD"
	// LevelMay: offering it is optional, but what is offered has to be right.
	LevelMay Level = "MAY"
	// LevelDecision: no text says it, this project decided it.
	LevelDecision Level = "DECISION"
)

// Case is one thing that is tried.
type Case struct {
	// IDs are the requirements that it is about, the first of which names it.
	IDs   []string
	Level Level
	Title string // what is expected, in one sentence; unique below the first ID
	Needs []Need
	Slow  bool // it takes a minute or two, most of which it waits
	Run   func(*T)
}

// Must makes a case of what a text demands. The IDs are separated by spaces.
func Must(ids, title string, run func(*T)) Case { return newCase(LevelMust, ids, title, run) }

// Should makes a case of what a text recommends.
func Should(ids, title string, run func(*T)) Case { return newCase(LevelShould, ids, title, run) }

// May makes a case of what a text leaves to the server. It calls
// [T.NotApplicable] when the server does not offer it.
func May(ids, title string, run func(*T)) Case { return newCase(LevelMay, ids, title, run) }

// Decision makes a case of what the texts leave open and this project decided.
func Decision(ids, title string, run func(*T)) Case {
	return newCase(LevelDecision, ids, title, run)
}

func newCase(level Level, ids, title string, run func(*T)) Case {
	return Case{IDs: strings.Fields(ids), Level: level, Title: title, Run: run}
}

// Needing returns the case with what it cannot be tried without.
func (c Case) Needing(needs ...Need) Case {
	c.Needs = slices.Concat(c.Needs, needs)
	return c
}

// Slowly returns the case as one that takes minutes.
func (c Case) Slowly() Case {
	c.Slow = true
	return c
}

// Name identifies the case in reports and for --only.
func (c Case) Name() string { return c.IDs[0] + " " + c.Title }

// Slug is the name for URLs and file names.
func (c Case) Slug() string {
	words := strings.FieldsFunc(strings.ToLower(c.Name()), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// Area is the cases about one text.
type Area struct {
	Name  string // of the requirement list that it covers: "protocol"
	Title string
	Cases []Case
	// Unseen are the requirements without a case, each with the reason why
	// nothing that looks from outside can show it.
	Unseen map[string]string
}
