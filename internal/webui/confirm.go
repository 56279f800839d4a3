package webui

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
)

// confirmPage asks to press a button before a link takes effect.
type confirmPage struct {
	Action string // the link itself; it takes effect when posted to
	Token  string // against forged posts (OWASP ASVS 5.0, V3.5)
	Button string // key of the button's text
	Asked  moment // when the link was asked for; zero if it leads nowhere
}

// confirm is the page between a link in a mail and its effect. Programs that
// open links to look for malware don't press buttons.
func (p *Pages) confirm(w http.ResponseWriter, r *http.Request, k flow.Kind, token string) error {
	d := p.page(r, pageConfirm, "confirm")
	if err := d.titled("page."+string(k)+".confirm", "product", p.config.Product); err != nil {
		return err
	}
	link := p.source.LinkURL(k)
	link.RawQuery = url.Values{"token": {token}}.Encode()
	body := &confirmPage{Action: link.String(), Token: p.source.PageToken(w, r), Button: "confirm.verification"}
	if k == flow.Recovery {
		body.Button = "confirm.recovery"
	}
	asked, err := p.source.LinkAsked(r, k, token)
	if err != nil {
		return err
	}
	if !asked.IsZero() {
		body.Asked = d.at(asked)
	}
	d.Body = body
	d.targets = append(d.targets, link)
	return p.render(w, http.StatusOK, d)
}
