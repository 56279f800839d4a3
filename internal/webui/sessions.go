package webui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/session"
)

// maxSessions is how many sessions a page lists.
const maxSessions = 30

// maxPosted bounds a form of the pages themselves, in bytes.
const maxPosted = 4 << 10

// fewSessions is how many of them it shows at once; the rest is folded away.
const fewSessions = 5

// sessionsSection shows where a person is signed in, and lets them end that.
type sessionsSection struct {
	Action, Token string
	Flow          string // the settings to come back to
	Sessions      []sessionRow
	More          []sessionRow // folded away
	MoreText      string
	Others        bool // some are elsewhere
}

// sessionRow is one session.
type sessionRow struct {
	ID       string
	Here     bool
	Known    bool   // Device names a device, and not that it is unknown
	Device   string // browser and system, as people know them
	Place    string // the address it came from; empty if that is unknown
	When     string // key of the text around At
	At       moment // when it was last used, or began
	EndLabel string // of the button, for those who hear it alone
}

// sessions lists the sessions of a person for the page of a settings flow, the present one
// first.
func (p *Pages) sessions(w http.ResponseWriter, r *http.Request, d *page, s *session.Session, flowID string) (*sessionsSection, error) {
	held, err := p.source.PageSessions(r, s)
	if err != nil {
		return nil, err
	}
	out := &sessionsSection{
		Action: p.config.BasePath + "settings/places",
		Token:  p.source.PageToken(w, r), Flow: flowID,
	}
	var rows []sessionRow
	for _, h := range held[:min(len(held), maxSessions)] {
		row, err := d.sessionRow(h, h.ID == s.ID)
		if err != nil {
			return nil, err
		}
		out.Others = out.Others || !row.Here
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b sessionRow) int { return sessionRank(a) - sessionRank(b) })
	out.Sessions = rows[:min(len(rows), fewSessions)]
	out.More = rows[len(out.Sessions):]
	if len(out.More) > 0 {
		out.MoreText, err = d.T("sessions.more", "count", strconv.Itoa(len(out.More)))
	}
	return out, err
}

// sessionRow describes a session as people tell them apart.
func (d *page) sessionRow(s *session.Session, here bool) (sessionRow, error) {
	row := sessionRow{ID: s.ID, Here: here, Device: d.first("sessions.unknown"), When: "sessions.since", At: d.at(s.AuthenticatedAt)}
	if seen := s.LastSeen(); !here && seen.After(s.AuthenticatedAt) {
		row.When, row.At = "sessions.active", d.at(seen)
	}
	row.Place = pagekit.Host(s.Address)
	var err error
	switch browser, system := pagekit.Device(s.UserAgent); {
	case browser != "" && system != "":
		row.Known = true
		if row.Device, err = d.T("sessions.device", "browser", browser, "system", system); err != nil {
			return row, err
		}
	case browser+system != "":
		row.Known, row.Device = true, browser+system
	case here:
		row.Device = d.first("sessions.here")
	}
	row.EndLabel, err = d.T("sessions.end_label", "device", row.Device, "since", d.at(s.AuthenticatedAt).Text)
	return row, err
}

// sessionRank puts the present session first.
func sessionRank(p sessionRow) int {
	if p.Here {
		return 0
	}
	return 1
}

// The answers to ending a session, as the settings page shows them.
var endings = map[string]string{"one": "sessions.ended", "others": "sessions.others_ended"}

// endSession ends a session of the person who asks, and comes back to the settings.
func (p *Pages) endSession(_ http.ResponseWriter, r *http.Request) (to string, err error) {
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
	// A session that is gone already needs no error: it was to end.
	if err := p.source.EndSession(r, s, id); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return "", err
	}
	return back + "?" + query.Encode(), nil
}
