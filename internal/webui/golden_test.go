package webui

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

var update = flag.Bool("update", false, "write what pages look like now to testdata/golden")

// scene is a page in one of its states.
type scene struct {
	name   string
	target string
	server *server
	config func(*Config)
}

// scenes are every page in every state that people meet.
func scenes() []scene {
	refresh := newFlow(flow.Login, carrying(loginGroup(), "ada@example.org", true))
	refresh.Refresh, refresh.IdentityID = true, "0198"
	rejected := loginGroup()
	rejected.Add("", message.Of(message.KeyInvalidCredentials))
	elsewhere := newFlow(flow.Login, loginGroup(), providerGroup())
	elsewhere.ReturnTo = "https://app.example.com/after?x=1"
	expired := newFlow(flow.Login, loginGroup())
	expired.Form.Messages = []message.Message{message.Expired(message.KeyLoginExpired, noon, noon)}
	saved := newFlow(flow.Settings, settingsGroups()...)
	saved.State, saved.Form.Messages = flow.Passed, []message.Message{message.Of(message.KeySettingsSaved)}
	wrongPassword := settingsGroups()
	wrongPassword[0].Add("password", message.PasswordCommon())
	recovered := newFlow(flow.Settings, settingsGroups()...)
	recovered.Request = publicURL + "self-service/recovery/methods/link?token=x"
	recoveredDone := newFlow(flow.Settings, settingsGroups()...)
	recoveredDone.Request, recoveredDone.State = recovered.Request, flow.Passed
	recoveredDone.Form.Messages = saved.Form.Messages
	recovered.Form.Messages = []message.Message{message.RecoveryDone(noon.Add(time.Hour), time.Hour)}
	badLink := newFlow(flow.Recovery, linkGroup())
	badLink.Form.Messages = []message.Message{message.Of(message.KeyRecoveryInvalid)}

	owing := newFlow(flow.Settings, settingsGroups()...)
	owing.ReturnTo, owing.Form.Messages = elsewhere.ReturnTo, []message.Message{message.Of(message.KeyFactorRequired)}

	ada := newSession(adaTraits)
	elsewhereToo := newSession(adaTraits)
	elsewhereToo.ID, elsewhereToo.AuthenticatedAt = "t", noon.Add(-50*time.Hour)
	signedIn := func(f *flow.Flow) *server {
		s := showing(f)
		s.session, s.places = ada, []*session.Session{ada, elsewhereToo}
		return s
	}
	connected := append(settingsGroups(), connections())
	alone := append(settingsGroups(), ui.Group{Method: "oidc", Nodes: []ui.Node{csrf()}})
	return []scene{
		{name: "welcome", target: "/", server: &server{}},
		{name: "welcome-first-run", target: "/", server: &server{}, config: func(c *Config) { c.FirstRun, c.Mailbox = true, "http://127.0.0.1:4434/mailbox" }},
		{name: "welcome-signed-in", target: "/", server: &server{session: ada}},
		{name: "welcome-signed-in-first-run", target: "/", server: &server{session: ada}, config: func(c *Config) { c.FirstRun = true }},
		{name: "recovery-confirm", target: "/recovery?token=a-token", server: &server{}},
		{name: "verification-confirm", target: "/verification?token=a-token", server: &server{}},
		{name: "login", target: open("/login"), server: showing(newFlow(flow.Login, loginGroup()))},
		{name: "login-rejected", target: open("/login"), server: showing(newFlow(flow.Login, rejected))},
		{name: "login-expired", target: open("/login"), server: showing(expired)},
		{name: "login-several-methods", target: open("/login"), server: showing(elsewhere)},
		{name: "login-identifier", target: open("/login"), server: showing(newFlow(flow.Login, identifierGroup(), providerGroup()))},
		{name: "login-named", target: open("/login"), server: showing(namedFlow("ada@example.org"))},
		{name: "login-refresh", target: open("/login"), server: signedIn(refresh)},
		{name: "login-signed-in", target: "/login", server: &server{session: ada}},
		{name: "registration", target: open("/registration"), server: showing(newFlow(flow.Registration, registrationGroup()))},
		{name: "registration-several-methods", target: open("/registration"), server: showing(newFlow(flow.Registration, newcomerGroups()...))},
		{name: "registration-rejected", target: open("/registration"), server: showing(wrong())},
		{name: "recovery", target: open("/recovery"), server: showing(newFlow(flow.Recovery, linkGroup()))},
		{name: "recovery-bad-link", target: open("/recovery"), server: showing(badLink)},
		{name: "recovery-sent", target: open("/recovery"), server: showing(inState(flow.Recovery, flow.Challenged, message.KeyRecoverySent)), config: func(c *Config) { c.Mailbox = "http://127.0.0.1:4434/mailbox" }},
		{name: "recovery-used", target: open("/recovery"), server: showing(inState(flow.Recovery, flow.Passed, message.KeyRecoveryRetry))},
		{name: "verification", target: open("/verification"), server: showing(newFlow(flow.Verification, linkGroup()))},
		{name: "verification-sent", target: open("/verification"), server: showing(inState(flow.Verification, flow.Challenged, message.KeyVerificationSent))},
		{name: "verification-done", target: open("/verification"), server: showing(inState(flow.Verification, flow.Passed, message.KeyVerificationDone))},
		{name: "settings", target: open("/settings"), server: signedIn(newFlow(flow.Settings, settingsGroups()...))},
		{name: "settings-saved", target: open("/settings"), server: signedIn(saved)},
		{name: "settings-rejected", target: open("/settings"), server: signedIn(newFlow(flow.Settings, wrongPassword...))},
		{name: "settings-recovered", target: open("/settings"), server: signedIn(recovered)},
		{name: "settings-recovered-done", target: open("/settings"), server: signedIn(recoveredDone)},
		{name: "settings-connections", target: open("/settings") + "&ended=one", server: signedIn(newFlow(flow.Settings, connected...))},
		{name: "settings-only-way", target: open("/settings"), server: signedIn(newFlow(flow.Settings, alone...))},
		{name: "settings-every-node", target: open("/settings"), server: signedIn(newFlow(flow.Settings, everyNode()))},
		{name: "settings-deletion", target: open("/settings"), server: signedIn(newFlow(flow.Settings, append(settingsGroups(), deletionGroup())...))},
		{name: "settings-closed", target: "/settings/closed?until=2026-12-14T09:30:00Z", server: &server{}},
		{name: "login-second", target: open("/login"), server: showing(secondFactor(totpGroup(), ui.Group{Method: "code", Nodes: []ui.Node{csrf(), {Name: "address", Type: "submit", Value: "ada@example.org", Context: map[string]any{"address": "ada@example.org"}}}}))},
		{name: "login-second-sent", target: open("/login"), server: showing(sent(secondFactor(totpGroup(), codeSent("ada@example.org"))))},
		{name: "login-code-sent", target: open("/login"), server: showing(sent(newFlow(flow.Login, loginGroup(), codeSent("ada@example.org"))))},
		{name: "settings-factor-required", target: open("/settings"), server: signedIn(owing)},
		{name: "settings-offer", target: open("/settings"), server: signedIn(offering())},
		{name: "logout", target: "/logout", server: &server{session: ada}},
		{name: "logout-done", target: "/logout", server: &server{}},
		{name: "error-none", target: "/error", server: &server{}},
		{name: "error-csrf", target: "/error?error=" + flowID, server: stored(csrfPayload)},
		{name: "error-internal", target: "/error?error=stub:500", server: stored(`[{"code":500,"status":"Internal Server Error","reason":"This is a stub error.","message":"An internal server error occurred, please contact the system administrator","request":"r-1"}]`)},
		{name: "error-loop", target: "/error?error=" + flowID, server: stored(`[{"code":400,"status":"Bad Request","reason":"A redirect loop: https://app.example.com/ does not see the session.","message":"x"}]`)},
		{name: "error-not-found", target: "/nowhere", server: &server{}},
		{name: "registration-done", target: "/registration/done?return_to=https%3A%2F%2Fapp.example.com%2F", server: &server{}},
		{name: "error-refused", target: "/error?error=" + flowID, server: stored(`[{"code":400,"status":"Bad Request","reason":"Requested return_to URL \"https://evil.example/\" is not whitelisted.","message":"x"}]`)},
	}
}

func deletionGroup() ui.Group {
	return ui.Group{Method: "deletion", Nodes: []ui.Node{csrf(), {Name: "confirm", Type: "checkbox", Required: true}}}
}

// sent is a login that waits for a code.
func sent(f *flow.Flow) *flow.Flow {
	f.State, f.Form.Messages = flow.Challenged, []message.Message{message.Of(message.KeyCodeSentPrefix + "login")}
	return f
}

func open(path string) string { return path + "?flow=" + flowID }

func inState(k flow.Kind, s flow.State, key string) *flow.Flow {
	group := linkGroup()
	group.Fill(map[string]any{"email": "ada@example.org"})
	f := newFlow(k, group)
	f.State, f.Form.Messages = s, []message.Message{message.Of(key)}
	return f
}

// hash is the part of an asset's name that changes with its content.
var hash = regexp.MustCompile(`(/static/symbolon/\w+\.)[0-9a-f]{12}(\.)`)

// draw returns the page of a scene.
func (s scene) draw(t *testing.T) string { t.Helper(); return s.drawing(t)("") }

// drawing returns what draws the page in a language. The pages are set up once, which takes longer than to draw one.
func (s scene) drawing(t *testing.T) func(tag string) string {
	t.Helper()
	change := s.config
	if change == nil {
		change = func(*Config) {}
	}
	pages := newPages(t, s.server, change)
	return func(tag string) string { return get(t, speaking(pages, tag, ""), s.target).Body.String() }
}

func TestPagesLookAsRecorded(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got := hash.ReplaceAllString(s.draw(t), "${1}HASH${2}")
			file := filepath.Join("testdata", "golden", s.name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("page differs (-recorded +now); if that is meant, run go test ./internal/webui -update\n%s", diff)
			}
		})
	}
}
