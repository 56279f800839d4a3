package webui

import (
	"fmt"
	"io"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/pagekit"
)

// tryTemplates renders every page with everything it can show, so that a template of the
// operator's that can't be used is found when the server starts.
func (p *Pages) tryTemplates() error {
	for _, d := range p.samples() {
		if err := p.templates[d.Name].ExecuteTemplate(io.Discard, "layout", d); err != nil {
			return fmt.Errorf("page %s: %w", d.Name, err)
		}
	}
	return nil
}

// samples are pages with every part that templates may print.
func (p *Pages) samples() []*page {
	l := p.languages[p.choice.Best().Tag]
	then := l.at(time.Unix(0, 0))
	address := p.config.BasePath
	way := link{Before: "-", Text: "-", URL: address}
	known := account{
		Traits: []trait{{Label: "-", Value: "-", Proof: "-", Verify: address}, {Label: "-", Value: "-", Proof: "-", Verified: true}},
		Since:  then, Until: then, Settings: address, Logout: address, Home: address, App: way, Initial: "-",
	}
	row := sessionRow{ID: "2", Device: "-", Place: "-", When: "sessions.since", At: then, EndLabel: "-"}
	here := row
	here.ID, here.Here = "1", true
	held := &sessionsSection{
		Action: address, Token: "-", Flow: "-", Others: true, Sessions: []sessionRow{here, row}, More: []sessionRow{row}, MoreText: "-",
	}
	bodies := []struct {
		name string
		body any
	}{
		{pageWelcome, &welcomePage{SignIn: address, SignUp: address, Recover: address, FirstRun: true, Whoami: address, Mailbox: address}},
		{pageWelcome, &welcomePage{Account: &known, FirstRun: true, Whoami: address, Mailbox: address}},
		{pageFlow, &flowPage{Kind: flow.Login, Groups: sampleGroups(), Links: []link{way}, Instead: way}},
		{pageFlow, &flowPage{Kind: flow.Login, Named: &named{group: sampleGroups()[0], Who: "-"}, Groups: sampleGroups(), Later: way}},
		{pageFlow, &flowPage{Kind: flow.Settings, Sections: true, Groups: sampleGroups(), Links: []link{way}, Next: way, Contents: []navLink{{Text: "-", URL: "#a", Current: true}}, Sessions: held, Data: &dataSection{Action: address, Token: "-"}, Closing: &sampleGroups()[0]}},
		{pageFlow, &flowPage{Kind: flow.Recovery, Waiting: true, Address: "-", Inbox: way, Change: address, Said: "waiting.address", Arrives: "waiting.body", ChangeText: "waiting.change", Mailbox: address, Groups: sampleGroups()}},
		{pageFlow, &flowPage{Kind: flow.Verification, Done: true, Next: way}},
		{pageKnown, &known},
		{pageFailure, &failurePage{Reasons: []string{"-"}, Causes: []string{"-"}, Aside: "failure.causes", Open: true, Trace: &trace{Before: "-", Request: "-", After: "-"}, Next: way}},
		{pageConfirm, &confirmPage{Asked: then, Action: address, Token: "-", Button: "submit"}},
		{pageDone, &donePage{Next: way, Back: way, Until: then}},
		{pageLogout, &logoutPage{Logout: address, SignIn: address, Home: address}},
		{pageLogout, &logoutPage{SignIn: address, Home: address}},
	}
	pages := make([]*page, len(bodies))
	for i, b := range bodies {
		d := p.blank(b.name, b.name, l)
		d.Title, d.Heading, d.Lead, d.Person, d.Body = "-", "-", "-", "-", b.body
		d.Nav = []navLink{{Text: "-", URL: address, Current: true}}
		d.Motto = "-"
		d.Problems = []pagekit.Problem{{Text: "-"}, {Label: "-", Colon: "-", ID: "f", Text: "-"}, {Text: "-", Next: pagekit.Link{URL: address, Text: "-"}}}
		d.Notices = []notice{{Text: "-"}, {Text: "-", Done: true}}
		d.Languages = []languageLink{{Tag: l.Lang, Name: l.Native, URL: "?lang=en", Current: true}, {Tag: "de", Name: "-", URL: "?lang=de"}}
		pages[i] = d
	}
	return pages
}

// sampleGroups are forms with every control.
func sampleGroups() []group {
	text := pagekit.Field{
		ID: "f", Name: "f", Control: "input", Type: "text", Label: "-", Value: "-", Required: true, Autocomplete: "email",
		InputMode: "email", Dir: "ltr", Verbatim: true, Hint: "-", Errors: []string{"-"}, Notices: []string{"-"},
	}
	secret, box, list, hidden := text, text, text, text
	secret.Type, secret.MinLength, secret.Optional = "password", 8, "-"
	box.Control, box.Checked, box.Disabled = "checkbox", true, true
	list.Control, list.Options = "select", []pagekit.Option{{Value: "-", Text: "-", Selected: true}, {}}
	hidden.Control = "hidden"
	return []group{
		{
			Method: "password", ID: "a", Heading: "-", Action: "/", Username: "-", Lead: "-",
			Fields: []pagekit.Field{hidden, text, secret, box, list}, Buttons: []button{{Text: "-", Primary: true}},
		},
		{Method: "oidc", ID: "b", Heading: "-", Action: "/", Choices: true, Fields: []pagekit.Field{hidden}, Buttons: []button{
			{Name: "link", Value: "-", Text: "-", What: "-", Initial: "-", State: "-", Does: "-"},
			{Name: "unlink", Value: "-", Text: "-", What: "-", Initial: "-", State: "-", Does: "-", Connected: true, Disabled: true},
		}},
		{
			Method: "passkey", ID: "d", Anchor: "passkey", Heading: "-", Action: "/", Fields: []pagekit.Field{hidden, text}, KeyErrors: "{}", NeedsKeys: true, Script: "/script.js",
			Sights:  []sight{{ID: "e", Label: "-", Lines: []string{"-"}}, {ID: "g", Label: "-", Picture: "data:image/png;base64,"}},
			Keys:    []keyRow{{ID: "k", Name: "-", Field: "f", Hidden: []pagekit.Field{hidden}, Remove: button{Name: "r", Text: "-"}, Rename: button{Name: "n", Text: "-"}, RemoveLabel: "-"}},
			Buttons: []button{{Text: "-", Click: "run"}},
		},
		{Method: "oidc", ID: "c", Heading: "-", Action: "/", Empty: "-"},
	}
}
