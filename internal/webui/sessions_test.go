package webui

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/session"
)

func newRequest(t *testing.T, target string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Host = "id.example.org"
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// post sends a form as a browser does.
func post(t *testing.T, h http.Handler, target string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answer(h, r)
}

func TestSettingsListWhereOneIsSignedIn(t *testing.T) {
	t.Parallel()
	s := showing(newFlow(flow.Settings, settingsGroups()...))
	s.session = newSession(adaTraits)
	other := newSession(adaTraits)
	other.ID = "elsewhere"
	s.places = []*session.Session{s.session, other}
	doc := see(t, newPages(t, s), open("/settings"))
	list := find(doc, "ul", "class", "rows")
	if len(list) != 1 || !strings.Contains(words(list[0]), "This browser") || !strings.Contains(words(list[0]), "Another browser") {
		t.Fatalf("%d lists of sessions", len(list))
	}
	if n := len(find(list[0], "form", "action", "/auth/settings/places")); n != 1 {
		t.Errorf("%d sessions can be ended, want the other one alone", n)
	}
	if n := len(find(doc, "form", "action", "/auth/settings/places")); n != 2 {
		t.Errorf("%d forms, want one for the other session and one for all others", n)
	}
	s.places = s.places[:1]
	if alone := see(t, newPages(t, s), open("/settings")); len(find(alone, "form", "action", "/auth/settings/places")) != 0 {
		t.Error("there is something to end though there is nothing else")
	}
	for range 100 {
		s.places = append(s.places, other)
	}
	if n := len(find(see(t, newPages(t, s), open("/settings")), "input", "name", "session")); n >= maxSessions {
		t.Errorf("%d sessions are listed", n)
	}
}

func TestASessionIsEndedByAFormOfOurs(t *testing.T) {
	t.Parallel()
	const token = "bWFza2Vk"
	tests := []struct {
		name      string
		form      url.Values
		ended     []string
		to, shows string
	}{
		{"one", url.Values{"csrf_token": {token}, "flow": {flowID}, "session": {"x"}}, []string{"x"}, "/auth/settings?ended=one&flow=" + flowID, "That session"},
		{"all others", url.Values{"csrf_token": {token}, "flow": {flowID}}, []string{""}, "/auth/settings?ended=others&flow=" + flowID, "everywhere else"},
	}
	for _, tt := range tests {
		s := showing(newFlow(flow.Settings, settingsGroups()...))
		s.session = newSession(adaTraits)
		w := post(t, newPages(t, s), "/settings/places", tt.form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != tt.to || !slices.Equal(s.ended, tt.ended) {
			t.Errorf("%s: status %d to %q, ended %q", tt.name, w.Code, w.Header().Get("Location"), s.ended)
		}
		said := find(see(t, newPages(t, s), strings.TrimPrefix(tt.to, "/auth")), "", "role", "status")
		if len(said) != 1 || !strings.Contains(words(said[0]), tt.shows) {
			t.Errorf("%s: the page does not say so", tt.name)
		}
	}
}

func TestNoSessionIsEndedByAFormOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]url.Values{
		"without a token":    {"session": {"x"}},
		"with another token": {"session": {"x"}, "csrf_token": {"bm90IGl0"}},
		"larger than a form": {"session": {strings.Repeat("x", maxPosted)}, "csrf_token": {"bWFza2Vk"}},
	} {
		s := &server{session: newSession(adaTraits)}
		if w := post(t, newPages(t, s), "/settings/places", form); w.Code != http.StatusForbidden || len(s.ended) > 0 {
			t.Errorf("%s: status %d, ended %q", name, w.Code, s.ended)
		}
	}
	s := &server{session: newSession(adaTraits)}
	if w := get(t, newPages(t, s), "/settings/places?session=x&csrf_token=bWFza2Vk"); w.Code != http.StatusMethodNotAllowed || len(s.ended) > 0 {
		t.Errorf("a link: status %d, ended %q", w.Code, s.ended)
	}
}

func TestEndingASessionMeetsWhatHasHappenedMeanwhile(t *testing.T) {
	t.Parallel()
	form := url.Values{"csrf_token": {"bWFza2Vk"}, "session": {"x"}, "flow": {"//evil.example/?"}}
	tests := []struct {
		name   string
		server *server
		status int
		to     string
	}{
		{"the session has ended", &server{}, http.StatusSeeOther, "/auth/settings"},
		{"the session has ended", &server{session: newSession(`{}`), placeErr: errs.ErrNotFound}, http.StatusSeeOther, "/auth/settings?ended=one&flow=%2F%2Fevil.example%2F%3F"},
		{"storage is away", &server{session: newSession(`{}`), placeErr: errors.New("disk")}, http.StatusInternalServerError, ""},
		{"who asks can't be told", &server{checked: errors.New("disk")}, http.StatusInternalServerError, ""},
	}
	for _, tt := range tests {
		w := post(t, newPages(t, tt.server), "/settings/places", form)
		if w.Code != tt.status || w.Header().Get("Location") != tt.to {
			t.Errorf("%s: status %d to %q", tt.name, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestSettingsWithoutTheListOfSessionsAreAnError(t *testing.T) {
	t.Parallel()
	s := showing(newFlow(flow.Settings, settingsGroups()...))
	s.session, s.placeErr = newSession(`{}`), errors.New("disk")
	if w := get(t, newPages(t, s), open("/settings")); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

func TestLogoutPageAsksOrConfirms(t *testing.T) {
	t.Parallel()
	asks := see(t, newPages(t, &server{session: newSession(adaTraits)}), "/logout")
	if len(find(asks, "a", "href", publicURL+"self-service/browser/flows/logout")) != 1 || !strings.Contains(words(asks), "ada@example.org") {
		t.Error("the page of a person signed in does not lead out, or not say who they are")
	}
	done := see(t, newPages(t, &server{}), "/logout")
	if !strings.Contains(words(done), "You are signed out") || len(find(done, "a", "href", publicURL+"self-service/login/browser")) != 1 {
		t.Error("the page of a visitor without a session does not say so, or not lead in")
	}
	if w := get(t, newPages(t, &server{checked: errors.New("disk")}), "/logout"); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

func TestSettingsSessionsLastUsed(t *testing.T) {
	t.Parallel()
	s := showing(newFlow(flow.Settings, settingsGroups()...))
	s.session = newSession(adaTraits)
	other := newSession(adaTraits)
	other.ID, other.SeenAt = "elsewhere", other.AuthenticatedAt.Add(2*time.Hour)
	s.places = []*session.Session{s.session, other}
	list := words(find(see(t, newPages(t, s), open("/settings")), "ul", "class", "rows")[0])
	if !strings.Contains(list, "Last used") || !strings.Contains(list, "Signed in") {
		t.Errorf("the list says %s", list)
	}
}
