package webui

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
)

// logoutPage asks before it signs out, or says that it is done.
type logoutPage struct {
	Logout string // empty if there is no session
	SignIn string
	Home   string
}

// logout is the page around signing out: before it for a signed-in person, after
// it for everyone else.
func (p *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	s, err := p.source.PageSession(r)
	if err != nil {
		return err
	}
	d := p.page(r, pageLogout, "logout")
	returnTo := r.URL.Query().Get("return_to") // judged where it takes effect
	body := &logoutPage{SignIn: p.start(flow.Login, returnTo), Home: p.config.BasePath}
	d.Body = body
	key := "page.signed_out"
	if s != nil {
		key, d.Person, body.Logout = "page.logout", personName(s.Identity), p.logoutURL(returnTo)
	}
	if err := d.titled(key); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, d)
}

// logoutURL is where signing out ends up at returnTo; empty for the configured default.
func (p *Pages) logoutURL(returnTo string) string {
	u := *p.source.LogoutURL()
	if returnTo != "" {
		u.RawQuery = url.Values{"return_to": {returnTo}}.Encode()
	}
	return u.String()
}
