package webui

import (
	"net/http"

	"symbolon/internal/flow"
)

// logoutPage asks before it signs out, or says that nobody is signed in.
type logoutPage struct {
	Logout string // empty for nobody
	SignIn string
	Home   string
}

// logout is the page around signing out: before it for whoever is signed in, after
// it for everybody else.
func (p *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	s, err := p.source.PageSession(r)
	if err != nil {
		return err
	}
	d := p.page(r, pageLogout, "logout")
	body := &logoutPage{SignIn: p.start(flow.Login, ""), Home: p.config.BasePath}
	d.Body = body
	key := "page.signed_out"
	if s != nil {
		key, d.Person, body.Logout = "page.logout", personName(s.Identity), p.source.LogoutURL().String()
	}
	if err := d.titled(key); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, d)
}
