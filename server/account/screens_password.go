package account

// passwordData fills the page "password".
type passwordData struct {
	Email   string // whose password it is
	Action  string // URL of the form
	Changed bool
}

func (s *Service) passwordData(c *call, login passwordLogin) passwordData {
	return passwordData{Email: login.Email, Action: s.loginURL(c, login.ID)}
}

// showPassword asks for a new password of a login.
func (s *Service) showPassword(c *call) (screen, error) {
	login, err := s.ownLogin(c)
	return screen{page: "password", data: s.passwordData(c, login)}, err
}

// submitPassword changes the password and says so.
func (s *Service) submitPassword(c *call) (screen, error) {
	login, err := s.ownLogin(c)
	if err != nil {
		return screen{}, err
	}
	data := s.passwordData(c, login)
	// The new password is "password", as in all forms that one is chosen in.
	if err := s.setPassword(c, login, c.r.PostFormValue("oldPassword"), c.r.PostFormValue("password")); err != nil {
		return screen{page: "password", data: data, problem: s.refusal(c.r, err)}, nil
	}
	data.Changed = true
	return screen{page: "password", title: "password-changed.title", data: data}, nil
}
