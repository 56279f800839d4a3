package webui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"symbolon/internal/errs"
	"symbolon/internal/session"
)

// maxSessions is how many sessions a page lists.
const maxSessions = 30

// maxPosted bounds a form of the pages themselves, in bytes.
const maxPosted = 4 << 10

// sessionsSection shows where a person is signed in, and lets them end that.
type sessionsSection struct {
	Action, Token string
	Flow          string // the settings to come back to
	Sessions      []sessionRow
	Others        bool // some are elsewhere
}

// sessionRow is one session.
type sessionRow struct {
	ID           string
	Here         bool
	Since, Until moment
	EndLabel     string // of the button, for those who hear it alone
}

// sessions lists the sessions of a person for the page of a settings flow.
func (p *Pages) sessions(w http.ResponseWriter, r *http.Request, d *page, s *session.Session, flowID string) (*sessionsSection, error) {
	held, err := p.source.PagePlaces(r, s)
	if err != nil {
		return nil, err
	}
	out := &sessionsSection{
		Action: p.config.BasePath + "settings/places",
		Token:  p.source.PageToken(w, r), Flow: flowID,
	}
	for _, h := range held[:min(len(held), maxSessions)] {
		one := sessionRow{ID: h.ID, Here: h.ID == s.ID, Since: d.at(h.AuthenticatedAt), Until: d.at(h.ExpiresAt)}
		if one.EndLabel, err = d.T("sessions.end_label", "since", one.Since.Text); err != nil {
			return nil, err
		}
		out.Others = out.Others || !one.Here
		out.Sessions = append(out.Sessions, one)
	}
	slices.SortStableFunc(out.Sessions, func(a, b sessionRow) int { return sessionRank(a) - sessionRank(b) })
	return out, nil
}

// sessionRank puts where one is first.
func sessionRank(p sessionRow) int {
	if p.Here {
		return 0
	}
	return 1
}

// The answers to ending a session, as the settings page shows them.
var endings = map[string]string{"one": "sessions.ended", "others": "sessions.others_ended"}

// endSession ends a session of the person who asks, and comes back to the settings.
func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	to, err := p.end(w, r)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	p.setHeaders(w.Header(), nil)
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) (to string, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPosted)
	if err := r.ParseForm(); err != nil || !p.source.FormToken(r, r.PostForm.Get("csrf_token")) {
		return "", errs.ErrCSRF
	}
	s, err := p.source.PageSession(r)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	if id := r.PostForm.Get("flow"); id != "" {
		query.Set("flow", id)
	}
	back := p.config.BasePath + "settings"
	if s == nil {
		return back, nil // which leads to signing in
	}
	id := r.PostForm.Get("session")
	query.Set("ended", "one")
	if id == "" {
		query.Set("ended", "others")
	}
	// What is no longer there is what was wanted.
	if err := p.source.EndPlace(r, s, id); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return "", err
	}
	return back + "?" + query.Encode(), nil
}
