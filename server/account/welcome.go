package account

import "net/http"

// Welcome serves the page for people at "/" of the origin of accounts. It
// answers GET and HEAD with HTML whatever the Accept field says.
func (s *Service) Welcome() http.Handler {
	e := endpoint{page: s.showWelcome}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(w, r)
		err := c.identify()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			err = notAllowed(w, "GET, HEAD")
		}
		s.servePage(c, e, err)
	})
}

// welcomeData fills the page "welcome".
type welcomeData struct {
	SignIn string // URL of the page
	SignUp string // URL of the page; "" when accounts are given, not made
}

func (s *Service) showWelcome(*call) (screen, error) {
	data := welcomeData{SignIn: s.url("login", "password")}
	if s.registration == Open {
		data.SignUp = s.url("login", "password", "register")
	}
	return screen{page: "welcome", data: data}, nil
}
