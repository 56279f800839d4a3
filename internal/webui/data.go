package webui

import (
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
)

// dataSection lets a person take their data along.
type dataSection struct{ Action, Token string }

func (p *Pages) data(w http.ResponseWriter, r *http.Request) *dataSection {
	return &dataSection{Action: p.config.BasePath + "settings/data", Token: p.source.PageToken(w, r)}
}

// download answers what is kept about the person who asks, as a file (GDPR, articles 15
// and 20).
func (p *Pages) download(w http.ResponseWriter, r *http.Request) (string, error) {
	s, err := p.source.PageSession(r)
	if err != nil {
		return "", err
	}
	if s == nil {
		return p.start(flow.Login, ""), nil
	}
	raw, err := p.source.PageExport(r, s)
	if err != nil {
		return "", err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="account.json"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) //nolint:gosec // JSON as an attachment, sandboxed
	return "", nil
}

// posted lets the forms of the pages themselves through, with their token against forged
// posts. do answers the request, or returns where to go next.
func (p *Pages) posted(do func(http.ResponseWriter, *http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxPosted)
		if err := r.ParseForm(); err != nil || !p.source.FormToken(r, r.PostForm.Get("csrf_token")) {
			p.ServeError(w, r, errs.ErrCSRF)
			return
		}
		to, err := do(w, r)
		if err != nil {
			p.ServeError(w, r, err)
			return
		}
		if to == "" {
			return
		}
		p.setHeaders(w.Header(), nil, false)
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
	})
}

// donePath is the page after a registration that did not sign in.
const donePath = "/registration/done"

// ClosedPath is the page, below the public URL, that people see after they closed their
// account.
const ClosedPath = "settings/closed"

// donePage says that something has succeeded, and leads on.
type donePage struct {
	Next link
	Back link // how to undo it; without a URL it can't be
	// Until is until when it can be undone, printed into the lead of a closed account.
	Until moment
}

// closed says when the account that was just closed will be deleted.
func (p *Pages) closed(w http.ResponseWriter, r *http.Request) error {
	until, err := time.Parse(time.RFC3339, r.URL.Query().Get("until"))
	if err != nil {
		return errs.ErrNotFound
	}
	d := p.page(r, pageDone, "done")
	if err := d.titled("page.closed"); err != nil {
		return err
	}
	d.Lead = "" // the template writes it around the time
	body := &donePage{Back: link{Text: d.first("closed.keep"), URL: p.start(flow.Login, "")}, Until: d.at(until)}
	if p.config.App != nil {
		body.Next = link{Text: d.first("done.next"), URL: p.config.App.String()}
	}
	d.Body = body
	return p.render(w, http.StatusOK, d)
}

// registered says that the account is there, and leads to signing in.
func (p *Pages) registered(w http.ResponseWriter, r *http.Request) error {
	d := p.page(r, pageDone, "done")
	key := "page.registration.done"
	if p.config.HideExisting {
		key = "page.registration.done_hidden"
	}
	if err := d.titled(key, "product", p.config.Product); err != nil {
		return err
	}
	// The return URL is judged where the flow starts.
	d.Body = &donePage{Next: link{Text: d.first("welcome.sign_in"), URL: p.start(flow.Login, r.URL.Query().Get("return_to"))}}
	return p.render(w, http.StatusOK, d)
}
