package webui

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// remembering is a flow in whose memory the engine has put something.
func remembering(f *flow.Flow, slot, content string) *flow.Flow {
	f.Private = map[string]json.RawMessage{slot: json.RawMessage(content)}
	return f
}

func secondFactor(groups ...ui.Group) *flow.Flow {
	return remembering(newFlow(flow.Login, groups...), "engine.level", `"aal2"`)
}

// codeSent is the form for a code that was sent to an address.
func codeSent(address string) ui.Group {
	return ui.Group{Method: "code", Nodes: []ui.Node{
		csrf(),
		{Name: "identifier", Type: "hidden", Value: address},
		{Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"},
		{Name: "resend", Type: "submit", Value: "code", Label: "Resend code"},
	}}
}

func totpGroup() ui.Group {
	return ui.Group{Method: "totp", Nodes: []ui.Node{csrf(), {Name: "totp_code", Type: "text", Required: true}}}
}

func banners(doc *html.Node) (done, asked []string) {
	for _, n := range find(doc, "div", "class", "banner good") {
		done = append(done, words(n))
	}
	for _, n := range find(doc, "div", "class", "banner") {
		asked = append(asked, words(n))
	}
	return done, asked
}

// Green is for what has succeeded.
func TestNotice_tone(t *testing.T) {
	t.Parallel()
	for key, wantDone := range map[string]bool{
		message.KeySettingsSaved: true, message.KeyVerificationDone: true,
		message.KeyFactorRequired: false, message.KeyFactorDue: false, message.KeyConfirmLink: false, message.KeySignInToLink: false, message.KeyUnprovenEnded: false,
	} {
		f := newFlow(flow.Settings, settingsGroups()...)
		f.Form.Messages = []message.Message{message.Of(key)}
		s := showing(f)
		s.session = newSession(adaTraits)
		done, asked := banners(see(t, newPages(t, s), open("/settings")))
		if len(done)+len(asked) != 1 || (len(done) == 1) != wantDone {
			t.Errorf("%s: as done %q, as asked %q", key, done, asked)
		}
	}
}

func TestNotice_factorOwed(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]int{message.KeyFactorRequired: 0, message.KeyFactorDue: 1} {
		f := newFlow(flow.Settings, settingsGroups()...)
		f.ReturnTo, f.Form.Messages = "https://app.example.com/", []message.Message{message.Of(key)}
		s := showing(f)
		s.session = newSession(adaTraits)
		if got := len(find(see(t, newPages(t, s), open("/settings")), "a", "href", f.ReturnTo)); got != want {
			t.Errorf("%s: %d links to the application, want %d", key, got, want)
		}
	}
}

// A page whose heading asks for the second factor does not ask again in a banner, and its
// visitor has an account: all it offers is to leave it.
func TestSecondFactor_page(t *testing.T) {
	t.Parallel()
	f := secondFactor(totpGroup())
	f.Form.Messages = []message.Message{message.Of(message.KeySecondFactor)}
	doc := see(t, newPages(t, showing(f)), open("/login"))
	if done, asked := banners(doc); len(done)+len(asked) != 0 {
		t.Errorf("banners %q %q", done, asked)
	}
	if links := find(doc, "nav", "class", "ways"); len(links) != 1 || words(links[0]) != "Not you? Sign out" {
		t.Errorf("the page offers %d lists of links: %s", len(links), get(t, newPages(t, showing(f)), open("/login")).Body)
	}
}

func TestSecondFactor_codeSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		groups []ui.Group
		others int
	}{
		"no other factor": {[]ui.Group{codeSent("ada@example.org")}, 0},
		"another factor":  {[]ui.Group{codeSent("ada@example.org"), totpGroup()}, 1},
	} {
		f := secondFactor(tt.groups...)
		f.State, f.ReturnTo = flow.Challenged, "https://app.example.com/"
		f.Form.Messages = []message.Message{message.Of(message.KeySecondFactor), message.Of(message.KeyCodeSentPrefix + "login")}
		doc := see(t, newPages(t, showing(f)), open("/login"))
		text := words(doc)
		if !strings.Contains(text, "We have sent a code to ada@example.org .") || strings.Contains(text, "If this address") || strings.Contains(text, "another address") {
			t.Errorf("%s: the page says %q", name, text)
		}
		other := publicURL + "self-service/login/browser?aal=aal2&return_to=https%3A%2F%2Fapp.example.com%2F"
		if got := len(find(doc, "a", "href", other)); got != tt.others || len(find(doc, "form")) != 1 {
			t.Errorf("%s: %d links to another way and %d forms, want %d and 1", name, got, len(find(doc, "form")), tt.others)
		}
	}
}

func TestCodeSent_onlyItsForm(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Login, loginGroup(), codeSent("+4915112345678"), providerGroup())
	f.State = flow.Challenged
	doc := see(t, newPages(t, showing(f)), open("/login"))
	if forms := find(doc, "form"); len(forms) != 1 || len(find(forms[0], "input", "name", "code", "autofocus", "")) != 1 {
		t.Errorf("%d forms beside the code", len(forms))
	}
	if text := words(doc); strings.Contains(text, "spam") || !strings.Contains(text, "It can take a minute to arrive.") {
		t.Errorf("a text message is looked for among mails: %q", text)
	}
}

// What was typed goes with the code, and is seen again where it is wrong.
func TestCodeSent_traits(t *testing.T) {
	t.Parallel()
	group := codeSent("")
	group.Nodes = append(group.Nodes,
		ui.Node{Name: "traits.email", Type: "email", Required: true, Value: "ada@example.org"},
		ui.Node{Name: "traits.age", Type: "number", Value: ui.Number("7")},
		ui.Node{Name: "traits.newsletter", Type: "checkbox", Value: true},
	)
	group.Add("traits.age", message.Schema("minimum", "too young", map[string]any{"want": "13"}))
	f := newFlow(flow.Registration, registrationGroup(), group)
	f.State = flow.Challenged
	doc := see(t, newPages(t, showing(f)), open("/registration"))
	for name, want := range map[string][2]string{"traits.email": {"hidden", "ada@example.org"}, "traits.age": {"number", "7"}, "traits.newsletter": {"hidden", "true"}} {
		inputs := find(doc, "input", "name", name)
		if len(inputs) != 1 {
			t.Errorf("%s stands %d times", name, len(inputs))
			continue
		}
		kind, _ := attribute(inputs[0], "type")
		value, _ := attribute(inputs[0], "value")
		if kind != want[0] || value != want[1] {
			t.Errorf("%s is %s %q, want %s %q", name, kind, value, want[0], want[1])
		}
	}
}

// The button that a registration completes is the form's own.
func TestLoneProvider(t *testing.T) {
	t.Parallel()
	group := registrationGroup()
	group.Method = "oidc"
	group.Nodes = append(group.Nodes[:0:0], csrf(), *group.Node("traits.email"), ui.Node{Name: "provider", Type: "submit", Value: "acme", Label: "Acme Corp"})
	f := remembering(newFlow(flow.Registration, group), "engine.traits", `{"method":"oidc","traits":{}}`)
	doc := see(t, newPages(t, showing(f)), open("/registration"))
	buttons := find(doc, "button", "type", "submit")
	if len(buttons) != 1 || words(buttons[0]) != "Create account" {
		t.Fatalf("%d buttons, the first %q; want one that creates the account", len(buttons), words(buttons[0]))
	}
	if len(find(doc, "button", "name", "provider", "value", "acme", "class", "primary")) != 1 {
		t.Error("the button does not name the provider")
	}
}

func TestLoginToLink_offersNoOther(t *testing.T) {
	t.Parallel()
	waiting := `{"account":{"provider":"Acme"},"wanted":["ada@example.org"]}`
	for kind, want := range map[flow.Kind]bool{flow.Login: false, flow.Registration: true} {
		f := remembering(newFlow(kind, loginGroup()), "engine.link", waiting)
		page := get(t, newPages(t, showing(f)), open("/"+string(kind))).Body.String()
		if got := strings.Contains(page, "?link="); got != want {
			t.Errorf("%s leads to a sign-in that links: %t, want %t", kind, got, want)
		}
	}
}

// A provider's person whose address is taken is led to one sign-in, which links, and is asked for nothing more.
func TestConflict_oneWayOut(t *testing.T) {
	t.Parallel()
	group := registrationGroup()
	group.Method = "oidc"
	group.Add("", message.Of(message.KeyDuplicateIdentifier))
	f := remembering(newFlow(flow.Registration, group), "engine.link", `{"account":{"provider":"Acme"},"wanted":["ada@example.org"]}`)
	f.Private["engine.traits"] = json.RawMessage(`{"method":"oidc","traits":{}}`)
	page := get(t, newPages(t, showing(f)), open("/registration")).Body.String()
	counted(t, page, map[string]int{"?link=": 1, "Is it yours?</p>": 1, "<h1>Create your account</h1>": 1})
}

// Both wires have words of their own for a form without its cookie.
func TestFailure_csrf(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"The HTML form is missing the csrf_token.", "The request was rejected to protect you from Cross-Site-Request-Forgery (CSRF) which could cause account takeover.",
	} {
		page := get(t, newPages(t, stored(`[{"code":403,"reason":"`+reason+`","message":"x"}]`)), "/error?id="+flowID).Body.String()
		counted(t, page, map[string]int{"<h1>Please try that once more</h1>": 1})
	}
}

func TestFailure_requestID(t *testing.T) {
	t.Parallel()
	s := stored(`[{"code":500,"reason":"x","message":"x","request":"r-1"}]`)
	w := get(t, speaking(newPages(t, s), "ar", ""), "/error?error="+flowID)
	ids := find(mustParse(t, w.Body.String()), "bdi", "dir", "ltr")
	if w.Code != http.StatusOK || len(ids) != 1 || words(ids[0]) != "r-1" {
		t.Errorf("status %d, %d isolated ids", w.Code, len(ids))
	}
}

func TestRequiredBox(t *testing.T) {
	t.Parallel()
	group := deletionGroup()
	group.Add("confirm", message.Missing("confirm"))
	s := showing(newFlow(flow.Settings, append(settingsGroups(), group)...))
	s.session = newSession(adaTraits)
	said := find(see(t, newPages(t, s), open("/settings")), "div", "class", "error")
	if len(said) != 1 || words(said[0]) != "Please tick this box." {
		t.Errorf("%d texts beside the box, want the one that asks to tick it", len(said))
	}
}

func TestLoginByCode_button(t *testing.T) {
	t.Parallel()
	group := ui.Group{Method: "code", Nodes: []ui.Node{csrf(), {Name: "identifier", Type: "text", Required: true}}}
	for _, refresh := range []bool{false, true} {
		f := newFlow(flow.Login, group)
		f.Refresh = refresh
		if got := words(find(see(t, newPages(t, showing(f)), open("/login")), "button")[0]); got != "Send me a code" {
			t.Errorf("refresh %t: the button says %q", refresh, got)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	doc := see(t, newPages(t, &server{}), "/settings/closed?until=2026-12-14T09:30:00Z")
	if len(find(doc, "time", "datetime", "2026-12-14T09:30:00Z")) != 1 {
		t.Error("the script can't write the time in the visitor's zone")
	}
	if buttons := find(doc, "a", "class", "button"); len(buttons) != 1 || words(buttons[0]) != "Sign in and keep it" {
		t.Errorf("%d buttons, want one that keeps the account", len(buttons))
	}
}
