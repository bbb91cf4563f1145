package account

import (
	"net/url"
	"slices"
	"strings"

	"domicile/ldp"
)

// contentsData fills the page "contents".
type contentsData struct {
	Container  string // URL
	Public     bool   // everybody may see it
	Members    []memberLink
	Up, Beyond string // URLs of the page of the container above and of further members, or ""
}

// memberLink is a member of a container. A browser opens what is in a pod as a
// stranger, so only what everybody may see has an address to go to; containers have
// a page here.
type memberLink struct {
	Name   string
	URL    string // "" for none
	Public bool
}

// contentsURL is the page of a container's members.
func (s *Service) contentsURL(c *call, container, after string) string {
	query := url.Values{"resource": {container}}
	if after != "" {
		query.Set("after", after)
	}
	return s.url("account", c.session.Account, "explain") + "?" + query.Encode()
}

// showContents shows a person what is in a container of hers, and what of it
// everybody may see.
func (s *Service) showContents(c *call) (screen, error) {
	query := c.r.URL.Query()
	id, err := s.space.ParseIRI(query.Get("resource"))
	if err != nil || !id.IsContainer() {
		return screen{}, errNotFound
	}
	access, err := s.explain(c, ldp.Question{Resource: query.Get("resource"), After: query.Get("after")})
	if err != nil {
		return screen{}, err
	}
	if !access.Exists {
		return screen{}, errNotFound
	}
	data := contentsData{Container: access.Resource, Public: mayRead(access.Public)}
	if above, ok := id.Parent(); ok {
		data.Up = s.contentsURL(c, s.space.URL(above), "")
	}
	if access.Next != "" {
		data.Beyond = s.contentsURL(c, access.Resource, access.Next)
	}
	for _, m := range access.Members {
		member := memberLink{Name: strings.TrimPrefix(m.Resource, access.Resource), Public: mayRead(m.Public)}
		if plain, err := url.PathUnescape(member.Name); err == nil {
			member.Name = plain
		}
		switch {
		case strings.HasSuffix(m.Resource, "/"):
			member.URL = s.contentsURL(c, m.Resource, "")
		case member.Public:
			member.URL = m.Resource
		}
		data.Members = append(data.Members, member)
	}
	return screen{page: "contents", data: data}, nil
}

func mayRead(modes []string) bool { return slices.Contains(modes, "read") }
