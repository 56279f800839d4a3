package wire1_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// mailed returns the last message to an address.
func (s *site) mailed(t testing.TB, to string) string {
	t.Helper()
	o := s.script()
	list := o.operate(t, http.MethodGet, "/admin/courier/messages?recipient="+url.QueryEscape(to), nil)
	var all []struct{ ID string }
	decode(t, list, &all)
	if len(all) == 0 {
		t.Fatalf("no message to %s", to)
	}
	return o.operate(t, http.MethodGet, "/admin/courier/messages/"+all[0].ID, nil).text("body")
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.script().register(t, "back@example.org").text("identity.id")
	o := s.script()
	offer := o.operate(t, http.MethodPost, "/admin/recovery/code", map[string]any{"identity_id": id, "expires_in": "10m", "flow_type": "api"})
	want(t, "code", offer, 201, "recovery_link")
	page, err := url.Parse(offer.text("recovery_link"))
	if err != nil {
		t.Fatal(err)
	}
	n := s.native()
	form := n.ask(t, http.MethodGet, "/self-service/recovery/flows?id="+page.Query().Get("flow"), nil)
	if form.text("type") != "api" || form.node("code") == nil {
		t.Fatalf("an operator's flow for a native client: %d %s", form.Code, form.Body)
	}
	want(t, "wrong code", n.submit(t, form, map[string]any{"method": "code", "code": "000000"}), 200, "4060006")
	want(t, "right code", n.submit(t, form, map[string]any{"method": "code", "code": offer.text("recovery_code")}), 422, "settings")
	for body, says := range map[string]string{
		`{"identity_id":"x"}`: "uuid", `{"identity_id":"` + id + `","expires_in":"x"}`: "Unable to parse", `{"identity_id":"` + id + `","expires_in":"-1s"}`: "future time",
		`{"identity_id":"` + id + `","flow_type":"x"}`: "is not valid",
	} {
		want(t, body, o.operate(t, http.MethodPost, "/admin/recovery/code", body), 400, says)
	}
	want(t, "of no identity", o.operate(t, http.MethodPost, "/admin/recovery/code", `{"identity_id":"5f7d9b2c-0000-4000-8000-000000000000"}`), 404, "could not find identity")

	for name, c := range map[string]*client{"script": s.script(), "native": s.native()} {
		form := c.start(t, "recovery", "")
		want(t, name+": bad address", c.submit(t, form, map[string]any{"method": "code", "email": "x"}), 400, `"type":"error"`)
		want(t, name+": nothing chosen", c.submit(t, form, map[string]any{"email": "back@example.org"}), 400, "Could not find a strategy to recover your account")
		sent := c.submit(t, form, map[string]any{"method": "code", "email": "back@example.org"})
		want(t, name+": sent", sent, 200, `"state":"sent_email"`)
		if code := sent.node("code"); code == nil || code["maxlength"] != float64(6) {
			t.Errorf("%s: the form for the code: %s", name, sent.Body)
		}
	}
}

// In a recovery that an operator started, the answer for an address that no account has is that for a known one.
func TestRecovery_offeredTellsNothing(t *testing.T) {
	t.Parallel()
	for field, settings := range map[string][]string{
		"email":                    nil,
		"recovery_confirm_address": {"FEATURE_FLAGS_CHOOSE_RECOVERY_ADDRESS=true", "SELFSERVICE_FLOWS_RECOVERY_UI_URL=https://app.shop.test/recovery"},
	} {
		s := newSite(t, append(settings, "SELFSERVICE_FLOWS_RECOVERY_NOTIFY_UNKNOWN_RECIPIENTS=false")...)
		id := s.script().register(t, "known@example.org").text("identity.id")
		said := map[string]string{}
		for _, address := range []string{"known@example.org", "ghost@example.org"} {
			offer := s.script().operate(t, http.MethodPost, "/admin/recovery/code", map[string]any{"identity_id": id})
			page, _ := url.Parse(offer.text("recovery_link"))
			c := s.script()
			form := c.ask(t, http.MethodGet, "/self-service/recovery/flows?id="+page.Query().Get("flow"), nil)
			a := c.submit(t, form, map[string]any{"method": "code", field: address})
			var names []string
			nodes, _ := a.at("ui.nodes").([]any)
			for _, n := range nodes {
				names = append(names, answer{body: n.(map[string]any)}.text("attributes.name"))
			}
			said[address] = fmt.Sprint(a.Code, " ", a.text("state"), " ", names)
		}
		if said["known@example.org"] != said["ghost@example.org"] || !strings.Contains(said["known@example.org"], field) {
			t.Errorf("%s: %v", field, said)
		}
	}
}

func TestRecovery_continueWith(t *testing.T) {
	t.Parallel()
	s := newSite(t, "FEATURE_FLAGS_USE_CONTINUE_WITH_TRANSITIONS=true")
	id := s.script().register(t, "on@example.org").text("identity.id")
	for _, kind := range []string{"api", "browser"} {
		offer := s.script().operate(t, http.MethodPost, "/admin/recovery/code", map[string]any{"identity_id": id, "flow_type": kind})
		page, _ := url.Parse(offer.text("recovery_link"))
		c := s.native()
		if kind == "browser" {
			c = s.script()
			c.start(t, "login", "") // it has the anti-CSRF cookie then
		}
		form := c.ask(t, http.MethodGet, "/self-service/recovery/flows?id="+page.Query().Get("flow"), nil)
		done := c.submit(t, form, map[string]any{"method": "code", "code": offer.text("recovery_code")})
		want(t, kind, done, 200, `"show_settings_ui"`)
		want(t, kind+": where the next form is shown", done, 200, `"url":"https://id.shop.test/`)
		want(t, kind+": what came along for hooks", done, 200, `"transient_payload":{}`)
		if token := strings.Contains(done.Body.String(), "set_ory_session_token"); token != (kind == "api") {
			t.Errorf("%s: a token in the answer: %t", kind, token)
		}
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	s := newSite(t, "FEATURE_FLAGS_LEGACY_CONTINUE_WITH_VERIFICATION_UI=true")
	c := s.script()
	made := c.register(t, "prove@example.org")
	want(t, "continue", made, 200, `"show_verification_ui"`)
	if link := s.mailed(t, "prove@example.org"); !strings.Contains(link, "https://id.shop.test/self-service/verification?code=") {
		t.Errorf("the mail has no link of this wire: %s", link)
	}
	form := c.start(t, "verification", "?return_to=https://app.shop.test/done")
	sent := c.submit(t, form, map[string]any{"method": "code", "email": "prove@example.org"})
	want(t, "sent", sent, 200, `"state":"sent_email"`)
	code := sixDigits.FindString(s.mailed(t, "prove@example.org"))
	byLink := s.browser().ask(t, http.MethodGet, "/self-service/verification?code="+code+"&flow="+form.text("id"), nil)
	want(t, "link in another browser", byLink, 303, "/verification?")
	want(t, "wrong", c.submit(t, sent, map[string]any{"method": "code", "code": "000000"}), 200, "4070006")
	done := c.submit(t, sent, map[string]any{"method": "code", "code": code})
	want(t, "right", done, 200, `"state":"passed_challenge"`)
	if next := done.node("continue"); next == nil || next["href"] != "https://app.shop.test/done" {
		t.Errorf("where it goes on: %s", done.Body)
	}
	want(t, "unknown flow", c.ask(t, http.MethodPost, "/self-service/verification?flow=5f7d9b2c-0000-4000-8000-000000000000", map[string]any{}), 404, "could not be found")
}

func TestLogin_unproven(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_LOGIN_AFTER_PASSWORD_HOOKS=require_verified_address")
	s.native().register(t, "unproven@example.org")
	for name, c := range map[string]*client{"script": s.script(), "native": s.native()} {
		a := c.login(t, "unproven@example.org")
		want(t, name, a, 403, "session_verified_address_required")
		if a.text("session_token") != "" || a.at("error.details.continue_with.0.flow.id") == nil {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	b := s.browser()
	want(t, "browser", b.login(t, "unproven@example.org"), 303, "/verification?flow=")
	want(t, "not signed in", b.ask(t, http.MethodGet, "/sessions/whoami", nil), 401, "")
}

func TestWhoami_cacheable(t *testing.T) {
	t.Parallel()
	s := newSite(t, "FEATURE_FLAGS_CACHEABLE_SESSIONS=true", "FEATURE_FLAGS_CACHEABLE_SESSIONS_MAX_AGE=1m", "FEATURE_FLAGS_FASTER_SESSION_EXTEND=true")
	c := s.native()
	made := c.register(t, "kept@example.org")
	for target, age := range map[string]string{"/sessions/whoami": "60", "/sessions/whoami?tokenize_as=api": ""} {
		if got := c.ask(t, http.MethodGet, target, nil).Header().Get("Ory-Session-Cache-For"); got != age {
			t.Errorf("%s: %q, want %q", target, got, age)
		}
	}
	if got := s.native().ask(t, http.MethodGet, "/sessions/whoami", nil).Header().Get("Ory-Session-Cache-For"); got != "60" {
		t.Errorf("without credentials: %q", got)
	}
	c.header.Set("X-Session-Token", "nonsense")
	if got := c.ask(t, http.MethodGet, "/sessions/whoami", nil).Header().Get("Ory-Session-Cache-For"); got != "" {
		t.Errorf("with a token that opens nothing: %q", got)
	}
	want(t, "extend", c.operate(t, http.MethodPatch, "/admin/sessions/"+made.text("session.id")+"/extend", nil), 204, "")
}

func TestAdminIdentities(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.script()
	made := o.operate(t, http.MethodPost, "/admin/identities", map[string]any{
		"schema_id": "default", "external_id": "ext-1", "traits": map[string]any{"email": "made@example.org"}, "metadata_public": map[string]any{"a": 1},
		"metadata_admin": map[string]any{"b": 2}, "credentials": map[string]any{"password": map[string]any{"config": map[string]any{"password": password}}},
	})
	want(t, "create", made, 201, "ext-1")
	id := made.text("id")
	want(t, "again", o.operate(t, http.MethodPost, "/admin/identities", map[string]any{"schema_id": "default", "traits": map[string]any{"email": "made@example.org"}}), 409, "")
	want(t, "unfit", o.operate(t, http.MethodPost, "/admin/identities", map[string]any{"schema_id": "default", "traits": map[string]any{"email": 1}}), 400, "")
	want(t, "no schema", o.operate(t, http.MethodPost, "/admin/identities", map[string]any{"schema_id": "none", "traits": map[string]any{}}), 400, "")
	want(t, "by external id", o.operate(t, http.MethodGet, "/admin/identities/by/external/ext-1", nil), 200, id)
	want(t, "with credentials", o.operate(t, http.MethodGet, "/admin/identities/"+id+"?include_credential=password", nil), 200, "hashed_password")
	want(t, "bad type", o.operate(t, http.MethodGet, "/admin/identities/"+id+"?include_credential=x", nil), 400, "")
	want(t, "unknown", o.operate(t, http.MethodGet, "/admin/identities/5f7d9b2c-0000-4000-8000-000000000000", nil), 404, "")
	registered := s.native().register(t, "registered@example.org").text("identity.id")
	noted := []map[string]any{{"op": "add", "path": "/metadata_public", "value": map[string]any{"a": 1}}}
	want(t, "note on a person who registered", o.operate(t, http.MethodPatch, "/admin/identities/"+registered, noted), 200, `"a":1`)
	put := map[string]any{"schema_id": "default", "state": "inactive", "traits": map[string]any{"email": "put@example.org"}}
	want(t, "replace", o.operate(t, http.MethodPut, "/admin/identities/"+id, put), 200, `"inactive"`)
	want(t, "disabled", s.script().login(t, "put@example.org"), 401, "This account was disabled")
	patch := []map[string]any{{"op": "replace", "path": "/state", "value": "active"}, {"op": "add", "path": "/metadata_public/c", "value": 3}}
	want(t, "patch", o.operate(t, http.MethodPatch, "/admin/identities/"+id, patch[:1]), 200, `"active"`)
	for _, wrong := range []string{
		`[{"op":"replace","path":"/id","value":"x"}]`, `[{"op":"x"}]`, `{}`, `[{"op":"remove","path":"/none"}]`, `[{"op":"replace","path":"/metadata_public","value":"text"}]`,
		`[{"op":"replace","path":"/metadata_public","value":{"a":1e999}}]`, `[{"op":"add","path":"/metadata_admin/a","value":1` + strings.Repeat("0", 400) + `}]`,
		`[{"op":"replace","path":"/metadata_public","value":{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}}]`, `[{"op":"replace","path":"/traits","value":{"email":1e999}}]`,
	} {
		want(t, wrong, o.operate(t, http.MethodPatch, "/admin/identities/"+id, wrong), 400, "")
	}
	wanted := `{"schema_id":"default","traits":{"email":"n@example.org"},"metadata_admin":{"a":[1e999]}}`
	want(t, "create with a number out of range", o.operate(t, http.MethodPost, "/admin/identities", wanted), 400, "metadata_admin must be a JSON object whose numbers")
	want(t, "replace with one", o.operate(t, http.MethodPut, "/admin/identities/"+id, wanted), 400, "metadata_admin")
	want(t, "a batch with one", o.operate(t, http.MethodPatch, "/admin/identities", `{"identities":[{"create":`+wanted+`}]}`), 200, "metadata_admin")
	batch := map[string]any{"identities": []map[string]any{
		{"create": map[string]any{"schema_id": "default", "traits": map[string]any{"email": "b1@example.org"}}, "patch_id": "11111111-1111-4111-8111-111111111111"},
		{"create": map[string]any{"schema_id": "default", "traits": map[string]any{"email": "put@example.org"}}},
		{},
	}}
	done := o.operate(t, http.MethodPatch, "/admin/identities", batch)
	want(t, "batch", done, 200, `"action":"error"`)
	for i := range 3 {
		o.operate(t, http.MethodPost, "/admin/identities", map[string]any{"schema_id": "default", "traits": map[string]any{"email": fmt.Sprintf("page%d@example.org", i)}})
	}
	page := o.operate(t, http.MethodGet, "/admin/identities?page_size=2", nil)
	if link := page.Header().Get("Link"); !strings.Contains(link, "page_token=") || !strings.Contains(link, `rel="next"`) {
		t.Errorf("Link: %s", link)
	}
	want(t, "by identifier", o.operate(t, http.MethodGet, "/admin/identities?credentials_identifier=put@example.org", nil), 200, id)
	want(t, "by ids", o.operate(t, http.MethodGet, "/admin/identities?ids="+id, nil), 200, id)
	want(t, "bad token", o.operate(t, http.MethodGet, "/admin/identities?page_token=x", nil), 400, "")
	want(t, "last factor", o.operate(t, http.MethodDelete, "/admin/identities/"+id+"/credentials/password", nil), 400, "")
	want(t, "no credential", o.operate(t, http.MethodDelete, "/admin/identities/"+id+"/credentials/totp", nil), 404, "")
	want(t, "delete", o.operate(t, http.MethodDelete, "/admin/identities/"+id, nil), 204, "")
	want(t, "deleted", o.operate(t, http.MethodDelete, "/admin/identities/"+id, nil), 404, "")
	want(t, "not JSON", o.operate(t, http.MethodPost, "/admin/identities", `{"traits`), 400, "")
}

func TestAdminSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o, n := s.script(), s.native()
	made := n.register(t, "watched@example.org")
	session, owner := made.text("session.id"), made.text("identity.id")
	want(t, "all", o.operate(t, http.MethodGet, "/admin/sessions?active=true&expand=identity&expand=devices&page_size=1", nil), 200, owner)
	want(t, "bad expand", o.operate(t, http.MethodGet, "/admin/sessions?expand=x", nil), 400, "")
	want(t, "bad size", o.operate(t, http.MethodGet, "/admin/sessions?page_size=x", nil), 400, "")
	want(t, "one", o.operate(t, http.MethodGet, "/admin/sessions/"+session+"?expand=identity", nil), 200, owner)
	want(t, "no id", o.operate(t, http.MethodGet, "/admin/sessions/x", nil), 400, "")
	want(t, "unknown", o.operate(t, http.MethodGet, "/admin/sessions/5f7d9b2c-0000-4000-8000-000000000000", nil), 404, "")
	want(t, "extend", o.operate(t, http.MethodPatch, "/admin/sessions/"+session+"/extend", nil), 200, session)
	want(t, "of an identity", o.operate(t, http.MethodGet, "/admin/identities/"+owner+"/sessions?active=true", nil), 200, session)
	want(t, "bad active", o.operate(t, http.MethodGet, "/admin/identities/"+owner+"/sessions?active=x", nil), 400, "")
	first := o.operate(t, http.MethodGet, "/admin/sessions/ended", nil)
	want(t, "the feed", first, 200, `"next"`)
	want(t, "end", o.operate(t, http.MethodDelete, "/admin/sessions/"+session, nil), 204, "")
	want(t, "ended", o.operate(t, http.MethodGet, "/admin/sessions/ended?wait=1s&after="+first.text("next"), nil), 200, session)
	want(t, "wait", o.operate(t, http.MethodGet, "/admin/sessions/ended?wait=x", nil), 400, "parameter wait")
	want(t, "position", o.operate(t, http.MethodGet, "/admin/sessions/ended?after=x", nil), 400, "parameter after")
	want(t, "position of another", o.operate(t, http.MethodGet, "/admin/sessions/ended?after=0.99999", nil), 410, "Start again")
	want(t, "not any more", o.operate(t, http.MethodPatch, "/admin/sessions/"+session+"/extend", nil), 404, "")
	want(t, "none left", o.operate(t, http.MethodDelete, "/admin/identities/"+owner+"/sessions", nil), 404, "")
	n.login(t, "watched@example.org")
	ended := o.operate(t, http.MethodDelete, "/admin/identities/"+owner+"/sessions", nil)
	want(t, "end all", ended, 204, "")
	if got := ended.Header().Get("Content-Type"); got != "" {
		t.Errorf("an answer without a body has the type %q", got)
	}
}

func TestAdmin_rest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.script()
	s.native().register(t, "mail@example.org")
	want(t, "messages", o.operate(t, http.MethodGet, "/admin/courier/messages?status=queued&page_size=1", nil), 200, "mail@example.org")
	want(t, "bad status", o.operate(t, http.MethodGet, "/admin/courier/messages?status=x", nil), 400, "")
	want(t, "no message", o.operate(t, http.MethodGet, "/admin/courier/messages/5f7d9b2c-0000-4000-8000-000000000000", nil), 404, "")
	want(t, "alive", o.operate(t, http.MethodGet, "/admin/health/alive", nil), 200, `"ok"`)
	want(t, "ready", o.operate(t, http.MethodGet, "/admin/health/ready", nil), 200, `"ok"`)
	want(t, "version", o.operate(t, http.MethodGet, "/admin/version", nil), 200, `"test"`)
	want(t, "schemas", o.ask(t, http.MethodGet, "/schemas", nil), 200, `"schema"`)
	want(t, "schema", o.ask(t, http.MethodGet, "/schemas/default", nil), 200, "traits")
	want(t, "schema by its encoded id", o.ask(t, http.MethodGet, "/schemas/ZGVmYXVsdA", nil), 200, "traits")
	want(t, "no schema", o.ask(t, http.MethodGet, "/schemas/none", nil), 404, "")
	for target, to := range map[string]string{"/admin/identities": "http://127.0.0.1:4434/admin/identities", "/identities?x=1": "http://127.0.0.1:4434/admin/identities?x=1"} {
		want(t, target, o.ask(t, http.MethodGet, target, nil), 307, to)
	}
	want(t, "no error", o.ask(t, http.MethodGet, "/self-service/errors?id=5f7d9b2c-0000-4000-8000-000000000000", nil), 404, "")
	want(t, "the description", o.ask(t, http.MethodGet, "/openapi.yaml", nil), 200, "/admin/sessions/ended")
	want(t, "the description of v0.5", o.ask(t, http.MethodGet, "/v0.5/openapi.yaml", nil), 200, "/self-service/browser/flows/logout")
	want(t, "its page", o.ask(t, http.MethodGet, "/openapi", nil), 200, `id="/sessions/whoami"`)
}
