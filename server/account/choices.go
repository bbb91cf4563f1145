package account

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
	"domicile/wac"
)

// maxChoices is how many containers of one pod a person is offered; those that
// an app asks for or has come on top.
const maxChoices = 40

// choicesData fills the template "choices": how much a client may do.
type choicesData struct {
	Amount string // amountNothing, amountParts, amountEverything
	Pods   []podChoices
	// PartsOnly: parts are all that there is to choose.
	PartsOnly bool
	// Levels and Terms are the options of the selections.
	Levels, Terms []string
	Term          string
	Until         time.Time // what the term "until" stands for
}

// The ways to say how much.
const (
	amountNothing    = "nothing"
	amountParts      = "parts"
	amountEverything = "everything"
)

type podChoices struct {
	URL   string
	Parts []partChoice
}

// partChoice is a container of a pod, with what is chosen for it.
type partChoice struct {
	Location string
	Path     string // below the pod, for people; "" for the whole pod
	Level    string
	Control  bool
}

// levels are what a person can choose for a container, in plain words, and
// what they mean.
var levels = []level{
	{"none", 0},
	{"see", wac.Read},
	{"drop", wac.Append},
	{"add", wac.Read | wac.Append},
	{"edit", wac.Read | wac.Append | wac.Write},
}

type level struct {
	name  string
	modes wac.Modes
}

// levelOf is the level that allows all of the modes, Control aside.
func levelOf(modes wac.Modes) string {
	for _, l := range levels {
		if l.modes.Has(modes &^ wac.Control) {
			return l.name
		}
	}
	return levels[len(levels)-1].name
}

// terms are how long a grant lasts from now.
var terms = []struct {
	name  string
	until func(now time.Time) time.Time
}{
	{"day", func(now time.Time) time.Time { return now.AddDate(0, 0, 1) }},
	{"week", func(now time.Time) time.Time { return now.AddDate(0, 0, 7) }},
	{"month", func(now time.Time) time.Time { return now.AddDate(0, 1, 0) }},
	{"year", func(now time.Time) time.Time { return now.AddDate(1, 0, 0) }},
	{"always", func(time.Time) time.Time { return time.Time{} }},
}

// termUntil keeps the end that is proposed or stands.
const termUntil = "until"

// choices offers the containers of the account's pods, with what access says
// chosen for each.
func (s *Service) choices(c *call, access grant.Access) (choicesData, error) {
	data := choicesData{Amount: amountParts, Until: access.Until, Term: "year"}
	if access.Everything {
		data.Amount = amountEverything
	}
	for _, l := range levels {
		data.Levels = append(data.Levels, l.name)
	}
	if !access.Until.IsZero() {
		data.Terms, data.Term = append(data.Terms, termUntil), termUntil
	}
	for _, t := range terms {
		data.Terms = append(data.Terms, t.name)
	}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		owned, err := podsOf(r, c.session.Account)
		if err != nil {
			return err
		}
		for _, p := range owned {
			offered, err := s.podChoices(r, p, access)
			if err != nil {
				return err
			}
			data.Pods = append(data.Pods, offered)
		}
		data.Pods = append(data.Pods, s.choicesElsewhere(owned, access)...)
		return nil
	})
	return data, err
}

func (s *Service) podChoices(r rdfstore.Reader, p pod, access grant.Access) (podChoices, error) {
	root := resource.Root(p.Name)
	offered := []resource.ID{root}
	for member, err := range r.Members(root, "") {
		if err != nil {
			return podChoices{}, ignoreMissing(err)
		}
		if member.Kind == rdfstore.Container && len(offered) <= maxChoices {
			offered = append(offered, member.ID)
		}
	}
	for _, part := range access.Parts {
		if id := part.Resource(); part.Storage == p.Name && !slices.Contains(offered, id) {
			offered = append(offered, id)
		}
	}
	slices.SortFunc(offered, func(a, b resource.ID) int { return cmp.Compare(a.Path(), b.Path()) })
	return s.describeChoices(p.URL, offered, access), nil
}

// choicesElsewhere are the parts of access that are in none of the account's
// pods: other people's, which she may have been let into.
func (s *Service) choicesElsewhere(owned []pod, access grant.Access) []podChoices {
	var foreign []podChoices
	for _, part := range access.Parts {
		if slices.ContainsFunc(owned, func(p pod) bool { return p.Name == part.Storage }) {
			continue
		}
		root := s.space.URL(resource.Root(part.Storage))
		foreign = append(foreign, s.describeChoices(root, []resource.ID{part.Resource()}, access))
	}
	return foreign
}

func (s *Service) describeChoices(podURL string, offered []resource.ID, access grant.Access) podChoices {
	choices := podChoices{URL: podURL}
	for _, id := range offered {
		c := partChoice{Location: s.space.URL(id), Path: readable(id.Path()), Level: "none"}
		for _, part := range access.Parts {
			if part.Resource() == id {
				c.Level, c.Control = levelOf(part.Modes), part.Modes.Has(wac.Control)
			}
		}
		choices.Parts = append(choices.Parts, c)
	}
	return choices
}

// retain keeps what a person chose in a form that is shown to her again.
func (d *choicesData) retain(form url.Values) {
	if form == nil {
		return
	}
	if amount := form.Get("amount"); amount != "" {
		d.Amount = amount
	}
	if term := form.Get("term"); slices.Contains(d.Terms, term) {
		d.Term = term
	}
	for _, p := range d.Pods {
		for i := range p.Parts {
			part := &p.Parts[i]
			if level := form.Get("part " + part.Location); level != "" {
				part.Level, part.Control = level, form.Get("control "+part.Location) != ""
			}
		}
	}
}

// readable is a path as people write it.
func readable(path string) string {
	if text, err := url.PathUnescape(path); err == nil {
		return text
	}
	return path
}

// chosen reads the choices of a form. The end is now's plus the term, or
// standing, the one that the form offered to keep.
func (s *Service) chosen(r *http.Request, standing time.Time) (grant.Access, error) {
	var access grant.Access
	form := r.PostForm
	switch form.Get("amount") {
	case amountEverything:
		access.Everything = true
	case amountNothing:
	case amountParts:
		for name := range form {
			location, ok := strings.CutPrefix(name, "part ")
			if !ok {
				continue
			}
			modes, err := chosenModes(form, location)
			if err != nil {
				return grant.Access{}, err
			}
			if modes == 0 {
				continue
			}
			id, err := s.space.ParseIRI(location)
			if err != nil || id.IsAuxiliary() {
				return grant.Access{}, badInput("amount", "a part is no resource in a storage here")
			}
			access.Parts = append(access.Parts, grant.PartOf(id, modes))
		}
		if len(access.Parts) == 0 {
			return grant.Access{}, errNothingChosen
		}
	default:
		return grant.Access{}, errNothingChosen
	}
	if err := s.setTerm(&access, form.Get("term"), standing); err != nil {
		return grant.Access{}, err
	}
	access, err := access.Normalise()
	if err != nil {
		return grant.Access{}, badInput("amount", err.Error())
	}
	return access, nil
}

func chosenModes(form url.Values, location string) (wac.Modes, error) {
	name := form.Get("part " + location)
	at := slices.IndexFunc(levels, func(l level) bool { return l.name == name })
	if at < 0 {
		return 0, badInput("amount", "a part has no such level")
	}
	modes := levels[at].modes
	if form.Get("control "+location) != "" {
		modes |= wac.Control
	}
	return modes, nil
}

func (s *Service) setTerm(access *grant.Access, term string, standing time.Time) error {
	if term == termUntil && !standing.IsZero() {
		access.Until = standing
		return nil
	}
	for _, t := range terms {
		if t.name == term {
			if until := t.until(s.clock()); !until.IsZero() {
				access.Until = until.UTC().Truncate(time.Second)
			}
			return nil
		}
	}
	return badInput("term", "there is no such term")
}
