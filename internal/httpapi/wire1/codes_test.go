package wire1_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// names are the names of the inputs of a form, in their order.
func (a answer) names() string {
	var names []string
	nodes, _ := a.at("ui.nodes").([]any)
	for _, n := range nodes {
		attributes := n.(map[string]any)["attributes"].(map[string]any)
		name, _ := attributes["name"].(string)
		if attributes["type"] == "hidden" {
			name = "(" + name + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func TestCode_signIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SELFSERVICE_FLOWS_REGISTRATION_AFTER_CODE_HOOKS=session")
	for name, c := range map[string]*client{"script": s.script(), "native": s.native()} {
		mail := name + "@example.org"
		form := c.submit(t, c.start(t, "registration", ""), map[string]any{"method": "profile", "traits": map[string]any{"email": mail}})
		sent := c.submit(t, form, map[string]any{"method": "code", "traits": map[string]any{"email": mail}})
		if got := sent.names(); got != "(csrf_token) (traits.email) (traits.name.first) (traits.name.last) (method) code method resend screen" {
			t.Errorf("%s: the form for the code of a registration: %s", name, got)
		}
		wrong := c.submit(t, sent, map[string]any{"method": "code", "code": "000000", "traits": map[string]any{"email": mail}})
		if got := wrong.names(); wrong.Code != 400 || got != "(csrf_token) (traits.email) (traits.name.first) (traits.name.last) code resend (method) method screen" {
			t.Errorf("%s: after a wrong code: %d %s", name, wrong.Code, got)
		}
		code := sixDigits.FindString(s.mailed(t, mail))
		want(t, name, c.submit(t, sent, map[string]any{"method": "code", "code": code, "traits": map[string]any{"email": mail}}), 200, `"session"`)

		in := s.native()
		if name == "script" {
			in = s.script()
		}
		s.now = func() time.Time { return time.Now().Add(time.Minute) }
		sent = in.submit(t, in.start(t, "login", ""), map[string]any{"method": "code", "identifier": mail})
		expected := "(identifier) (method) code method resend (csrf_token)"
		if name == "native" {
			expected = strings.TrimSuffix(expected, " (csrf_token)")
		}
		if got := sent.names(); sent.Code != 400 || got != expected {
			t.Errorf("%s: the form for the code of a login: %d %s", name, sent.Code, got)
		}
		wrong = in.submit(t, sent, map[string]any{"method": "code", "code": "000000", "identifier": mail})
		if got := wrong.names(); got != "(csrf_token) (identifier) code resend (method) method" {
			t.Errorf("%s: after a wrong code of a login: %s", name, got)
		}
		want(t, name+": login", in.submit(t, sent, map[string]any{"method": "code", "code": sixDigits.FindString(s.mailed(t, mail)), "identifier": mail}), 200, `"session"`)
		unknown := s.script()
		want(t, name+": unknown", unknown.submit(t, unknown.start(t, "login", ""), map[string]any{"method": "code", "identifier": "nobody@example.org"}), 400, `"sent_email"`)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, "LINK_CONFIRM=false", "SELFSERVICE_METHODS_LINK_ENABLED=true", "SELFSERVICE_FLOWS_RECOVERY_USE=link", "SELFSERVICE_FLOWS_VERIFICATION_USE=link")
	id := s.script().register(t, "linked@example.org").text("identity.id")
	o := s.script()
	offer := o.operate(t, http.MethodPost, "/admin/recovery/link", map[string]any{"identity_id": id})
	want(t, "link", offer, 200, "https://id.shop.test/self-service/recovery?flow=")
	want(t, "of no identity", o.operate(t, http.MethodPost, "/admin/recovery/link", `{"identity_id":"5f7d9b2c-0000-4000-8000-000000000000"}`), 400, "does not exist")
	want(t, "return", o.operate(t, http.MethodPost, "/admin/recovery/link?return_to=https://evil.example/", map[string]any{"identity_id": id}), 400, "is not allowed")
	b := s.browser()
	want(t, "open", b.ask(t, http.MethodGet, offer.text("recovery_link"), nil), 303, "/settings?flow=")
	want(t, "in", b.ask(t, http.MethodGet, "/sessions/whoami", nil), 200, `"link_recovery"`)
	want(t, "again", s.browser().ask(t, http.MethodGet, offer.text("recovery_link"), nil), 303, "/recovery?flow=")
	c := s.script()
	want(t, "sent", c.submit(t, c.start(t, "verification", ""), map[string]any{"method": "link", "email": "linked@example.org"}), 200, `"sent_email"`)
}

func TestKinds_disabled(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_REGISTRATION_ENABLED=false", "SELFSERVICE_FLOWS_RECOVERY_ENABLED=false", "SELFSERVICE_FLOWS_VERIFICATION_ENABLED=false")
	want(t, "recovery code", s.script().operate(t, http.MethodPost, "/admin/recovery/code", map[string]any{}), 404, "disabled by system administrator")
	for _, kind := range []string{"registration", "recovery", "verification"} {
		for _, where := range []string{"api", "browser", "flows"} {
			a := s.script().ask(t, http.MethodGet, "/self-service/"+kind+"/"+where, nil)
			if a.Code != 400 && a.Code != 404 {
				t.Errorf("%s %s: %d %s", kind, where, a.Code, a.Body)
			}
		}
		want(t, kind, s.browser().ask(t, http.MethodGet, "/self-service/"+kind+"/browser", nil), 303, "/error?id=")
	}
}

func TestForms_over(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.native().register(t, "late@example.org")
	clients := map[string]*client{"script": s.script(), "native": s.native(), "browser": s.browser()}
	forms := map[string]answer{}
	for name, c := range clients {
		forms[name] = c.start(t, "login", "?return_to=https://app.shop.test/")
	}
	s.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	for name, c := range clients {
		again := c.submit(t, forms[name], map[string]any{"method": "password", "identifier": "late@example.org", "password": password})
		if name == "browser" {
			want(t, name, again, 303, "/login?flow=")
			continue
		}
		want(t, name, again, 410, "use_flow_id")
		want(t, name+": fetch", c.ask(t, http.MethodGet, "/self-service/login/flows?id="+forms[name].text("id"), nil), 410, "self_service_flow_expired")
	}
}

func TestForms_signedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.script()
	login, registration, recovery := c.start(t, "login", ""), c.start(t, "registration", ""), c.start(t, "recovery", "")
	c.register(t, "has@example.org")
	want(t, "login", c.submit(t, login, map[string]any{"method": "password", "identifier": "x", "password": "x", "csrf_token": login.node("csrf_token")["value"]}), 403, "")
	for kind, form := range map[string]answer{"registration": registration, "recovery": recovery} {
		a := c.submit(t, form, map[string]any{"method": "password"})
		if a.Code != 400 && a.Code != 403 {
			t.Errorf("%s: %d %s", kind, a.Code, a.Body)
		}
	}
	own, n := s.native(), s.native()
	n.register(t, "other@example.org")
	own.register(t, "own@example.org")
	form := own.start(t, "settings", "")
	want(t, "another person's settings", n.submit(t, form, map[string]any{"method": "password", "password": password}), 403, "security_identity_mismatch")
	want(t, "another person's form", n.ask(t, http.MethodGet, "/self-service/settings/flows?id="+form.text("id"), nil), 403, "security_identity_mismatch")
	native := s.native()
	free := native.start(t, "login", "")
	free.body["x"] = nil
	want(t, "useless", own.submit(t, free, map[string]any{"method": "password", "identifier": "x", "password": "x"}), 400, "A valid session was detected")
	b := s.browser()
	page := b.start(t, "login", "")
	want(t, "no token", b.ask(t, http.MethodPost, page.text("ui.action"), url.Values{"method": {"password"}}), 303, "/error?id=")
	own.header.Set("Cookie", "a=b")
	cookie := own.submit(t, native.start(t, "login", ""), map[string]any{"method": "password"})
	if cookie.Code != 400 && cookie.Code != 403 {
		t.Errorf("a native form with a cookie: %d %s", cookie.Code, cookie.Body)
	}
}

func TestRegistration_schema(t *testing.T) {
	t.Parallel()
	const schema = "base64://ewogICIkc2NoZW1hIjogImh0dHA6Ly9qc29uLXNjaGVtYS5vcmcvZHJhZnQtMDcvc2NoZW1hIyIsICJ0eXBlIjogIm9iamVjdCIsCiAgInByb3BlcnRpZXMiOiB7InRyYWl0cyI6IHsidHlwZSI6ICJvYmplY3QiLCAicmVxdWlyZWQiOiBbImVtYWlsIl0sICJhZGRpdGlvbmFsUHJvcGVydGllcyI6IGZhbHNlLAogICAicHJvcGVydGllcyI6IHsKICAgICJlbWFpbCI6IHsidHlwZSI6ICJzdHJpbmciLCAiZm9ybWF0IjogImVtYWlsIiwgInRpdGxlIjogIkUtTWFpbCIsICJvcnkuc2gva3JhdG9zIjogeyJjcmVkZW50aWFscyI6IHsicGFzc3dvcmQiOiB7ImlkZW50aWZpZXIiOiB0cnVlfX0sICJ2ZXJpZmljYXRpb24iOiB7InZpYSI6ICJlbWFpbCJ9LCAicmVjb3ZlcnkiOiB7InZpYSI6ICJlbWFpbCJ9fX0sCiAgICAibmFtZSI6IHsidHlwZSI6ICJzdHJpbmciLCAibWluTGVuZ3RoIjogMiwgIm1heExlbmd0aCI6IDQsICJwYXR0ZXJuIjogIl5bYS16XSokIn0sCiAgICAiYWdlIjogeyJ0eXBlIjogImludGVnZXIiLCAibWluaW11bSI6IDE4LCAibWF4aW11bSI6IDk5LCAibXVsdGlwbGVPZiI6IDJ9LAogICAgImNvbG9yIjogeyJlbnVtIjogWyJyZWQiLCAiYmx1ZSJdfSwgImtpbmQiOiB7ImNvbnN0IjogImEifSwKICAgICJ0YWdzIjogeyJ0eXBlIjogImFycmF5IiwgIm1pbkl0ZW1zIjogMSwgIm1heEl0ZW1zIjogMiwgInVuaXF1ZUl0ZW1zIjogdHJ1ZSwgIml0ZW1zIjogeyJ0eXBlIjogInN0cmluZyJ9fQogICB9fX19Cg=="
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL="+schema, "SELFSERVICE_FLOWS_REGISTRATION_STYLE=unified")
	for id, traits := range map[string]map[string]any{
		"4000002": {}, "4000003": {"name": "a"}, "4000017": {"name": "abcde"}, "4000004": {"name": "A1"}, "4000018": {"age": 10}, "4000020": {"age": 100},
		"4000022": {"age": 19}, "4000026": {"age": "old"}, "4000029": {"color": "green"}, "4000028": {"kind": "b"}, "4000024": {"tags": []string{"a", "a"}},
		"4000023": {"tags": []string{"a", "b", "c"}}, "4000021": {"tags": []string{}}, "4000001": {"email": "no mail"},
	} {
		if id != "4000002" && id != "4000001" {
			traits["email"] = "s" + id + "@example.org"
		}
		c := s.native()
		a := c.submit(t, c.start(t, "registration", ""), map[string]any{"method": "password", "password": password, "traits": traits})
		if a.Code != http.StatusBadRequest || a.said() == "" {
			t.Errorf("%v: %d %s", traits, a.Code, a.Body)
		}
	}
}

func TestEnded_stream(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.native()
	session := n.register(t, "stream@example.org").text("session.id")
	want(t, "end", s.script().operate(t, http.MethodDelete, "/admin/sessions/"+session, nil), 204, "")
	ctx, stop := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/admin/sessions/ended", nil)
	r.Host = "127.0.0.1:4434"
	r.Header.Set("Accept", "text/event-stream")
	out := &stopping{ResponseRecorder: httptest.NewRecorder(), at: "event: current", stop: stop}
	s.app.Admin().ServeHTTP(out, r)
	if got := out.Body.String(); out.Header().Get("Content-Type") != "text/event-stream" || !strings.Contains(got, "event: ended\ndata: {\"session_id\":\""+session) || !strings.Contains(got, "\nevent: current\ndata: {\"as_of\":") {
		t.Errorf("the stream: %v %s", out.Header(), got)
	}
}

// stopping ends the request once something was written.
type stopping struct {
	*httptest.ResponseRecorder
	at   string
	stop func()
}

func (s *stopping) Write(b []byte) (int, error) {
	if strings.Contains(string(b), s.at) {
		defer s.stop()
	}
	return s.ResponseRecorder.Write(b)
}

func (s *stopping) SetWriteDeadline(time.Time) error { return nil }
