package webui

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// recovered is the settings flow after a recovery.
func recovered() *flow.Flow {
	f := newFlow(flow.Settings, settingsGroups()...)
	f.Request = publicURL + "self-service/recovery/methods/link?token=x"
	return f
}

func TestRecoveryShowsOneFieldAndLeadsOn(t *testing.T) {
	t.Parallel()
	s := showing(recovered())
	s.session = newSession(adaTraits)
	doc := see(t, newPages(t, s), open("/settings"))
	if fields := find(doc, "input", "autocomplete", "new-password"); len(fields) != 1 || len(find(doc, "div", "class", "field")) != 1 {
		t.Errorf("%d new passwords among %d fields, want one alone", len(fields), len(find(doc, "div", "class", "field")))
	}
	s.result.Flow.State = flow.Passed
	s.result.Flow.Form.Messages = []message.Message{message.Of(message.KeySettingsSaved)}
	done := see(t, newPages(t, s, func(c *Config) { c.App = mustURL("app") }), open("/settings"))
	if len(find(done, "form")) != 0 || len(find(done, "a", "href", publicURL+"app")) != 1 {
		t.Error("after the new password the page does not lead to the application")
	}
}

// twoFlows shows a login and, where a page looks back, the registration before it.
type twoFlows struct {
	*server
	earlier *flow.Flow
}

func (s twoFlows) PageFlow(w http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error) {
	if k == s.earlier.Kind && r.URL.Query().Get("flow") == s.earlier.ID {
		return flow.Result{Flow: s.earlier}, nil
	}
	return s.server.PageFlow(w, r, k)
}

func TestSignInTakesOverTheTypedAddress(t *testing.T) {
	t.Parallel()
	earlier := newFlow(flow.Registration, registrationGroup())
	earlier.ID = "0d5a4c5b-9d0e-4a3f-8f0e-7a115f7d9b2c"
	earlier.Form.Groups[0].Fill(map[string]any{"traits.email": "ada@example.org"})
	earlier.Form.Groups[0].Add("", message.Of(message.KeyDuplicateIdentifier))
	taken := see(t, newPages(t, twoFlows{&server{}, earlier}), "/registration?flow="+earlier.ID)
	onward := publicURL + "self-service/login/browser?from=registration." + earlier.ID
	if len(find(taken, "a", "href", onward)) != 1 {
		t.Fatalf("no link to %s", onward)
	}
	for from, want := range map[string]string{"registration." + earlier.ID: "ada@example.org", "registration.unknown": "", "nonsense": "", "": ""} {
		f := newFlow(flow.Login, loginGroup())
		f.Request = publicURL + "self-service/login/browser?from=" + from
		doc := see(t, newPages(t, twoFlows{showing(f), earlier}), open("/login"))
		if value, _ := attribute(find(doc, "input", "name", "identifier")[0], "value"); value != want {
			t.Errorf("from %q: the identifier is %q, want %q", from, value, want)
		}
	}
}

// oneSchema is the default schema of an installation.
type oneSchema struct{ schema *traits.Schema }

func (s oneSchema) Schema(context.Context, string) (*traits.Schema, error) { return s.schema, nil }

func TestLoginLabelComesFromTheSchema(t *testing.T) {
	t.Parallel()
	identifier := `"ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}`
	for properties, want := range map[string]string{
		`"email":{"type":"string","format":"email",` + identifier + `}`:                                                              "E-mail",
		`"badge":{"type":"string","title":"Badge number",` + identifier + `}`:                                                        "Badge number",
		`"email":{"type":"string","format":"email",` + identifier + `},"username":{"type":"string",` + identifier + `}`:              "E-mail or User name",
		`"a":{"type":"string",` + identifier + `},"b":{"type":"string",` + identifier + `},"c":{"type":"string",` + identifier + `}`: "E-mail or user name",
	} {
		schema, err := traits.Compile([]byte(`{"type":"object","properties":{"traits":{"type":"object","properties":{` + properties + `}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		doc := see(t, newPages(t, showing(newFlow(flow.Login, loginGroup())), func(c *Config) { c.Schemas = oneSchema{schema} }), open("/login"))
		id, _ := attribute(find(doc, "input", "name", "identifier")[0], "id")
		if got := words(find(doc, "label", "for", id)[0]); got != want {
			t.Errorf("%s: the label is %q, want %q", properties, got, want)
		}
	}
}

func TestFirstFieldHasTheFocus(t *testing.T) {
	t.Parallel()
	wrongLogin := loginGroup()
	wrongLogin.Add("", message.Of(message.KeyInvalidCredentials))
	filled := loginGroup()
	filled.Fill(map[string]any{"identifier": "ada@example.org"})
	for want, f := range map[string]*flow.Flow{
		"identifier": newFlow(flow.Login, loginGroup()), "password": newFlow(flow.Login, filled),
		"traits.email": newFlow(flow.Registration, registrationGroup()), "email": newFlow(flow.Recovery, linkGroup()), "": newFlow(flow.Login, wrongLogin),
	} {
		got := ""
		for _, n := range find(see(t, newPages(t, showing(f)), open("/"+string(f.Kind))), "input", "autofocus", "") {
			name, _ := attribute(n, "name")
			got += name
		}
		if got != want {
			t.Errorf("%s: the focus is on %q, want %q", f.Kind, got, want)
		}
	}
}

func TestCheckYourInboxNamesTheAddress(t *testing.T) {
	t.Parallel()
	for address, inbox := range map[string]string{"ada@example.org": "", "ada@GMail.com": "https://mail.google.com/mail/u/0/"} {
		f := inState(flow.Recovery, flow.Challenged, message.KeyRecoverySent)
		f.Form.Groups[0].Fill(map[string]any{"email": address})
		doc := see(t, newPages(t, showing(f)), open("/recovery"))
		if !strings.Contains(words(doc), address) || len(find(doc, "a", "href", publicURL+"self-service/recovery/browser")) != 1 {
			t.Errorf("%s: the page does not name the address or offers no other", address)
		}
		if links := find(doc, "a", "target", "_blank"); inbox == "" && len(links) != 0 || inbox != "" && (len(links) != 1 || attributeOf(t, links[0].Attr, "href") != inbox) {
			t.Errorf("%s: %d links to an inbox, want %q", address, len(links), inbox)
		}
	}
}

func TestSigningOutKeepsTheReturnURL(t *testing.T) {
	t.Parallel()
	const to = "?return_to=https%3A%2F%2Fapp.example.com%2F"
	in := see(t, newPages(t, &server{session: newSession(adaTraits)}), "/logout"+to)
	out := see(t, newPages(t, &server{}), "/logout"+to)
	if len(find(in, "a", "href", publicURL+"self-service/browser/flows/logout"+to)) != 1 || len(find(out, "a", "href", publicURL+"self-service/login/browser"+to)) != 1 {
		t.Error("the return URL is lost")
	}
}

func TestDownloadAnswersAFile(t *testing.T) {
	t.Parallel()
	pages := newPages(t, &server{session: newSession(adaTraits)})
	w := post(t, pages, "/settings/data", map[string][]string{"csrf_token": {"bWFza2Vk"}})
	if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="account.json"` || w.Body.String() != `{"identity":"0198"}` {
		t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
	}
	if w := post(t, pages, "/settings/data", nil); w.Code != http.StatusForbidden {
		t.Errorf("without its token the form is taken: status %d", w.Code)
	}
}

func TestUnknownAddressIsAPage(t *testing.T) {
	t.Parallel()
	pages := newPages(t, &server{}, func(c *Config) { c.Recovery = false })
	for _, path := range []string{"/nowhere", "/recovery"} {
		if w := get(t, pages, path); w.Code != http.StatusNotFound || len(find(mustParse(t, w.Body.String()), "a", "href", "/auth/")) == 0 {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
	}
}

// Who follows the link of a mail with a code need not type it, on this device or another one.
func TestVerification_codeOfLink(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Verification, ui.Group{Method: "code", Nodes: []ui.Node{
		csrf(), {Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"}, {Name: "email", Type: "hidden", Value: "ada@example.org"},
	}})
	f.State = flow.Challenged
	for code, filled := range map[string]int{"271828": 1, "": 0, "27<b>": 0, "2718281828459": 0} {
		page := get(t, newPages(t, showing(f)), open("/verification")+"&code="+url.QueryEscape(code)).Body.String()
		counted(t, page, map[string]int{`name="code" type="text" value="`: filled, `value="271828"`: filled})
	}
}
