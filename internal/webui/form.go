package webui

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// group is the form of one method.
type group struct {
	Method  string
	ID      string // of the form
	Anchor  string // of the section
	Heading string
	Action  string
	// Username is for password managers, which want to know whose new password
	// they see.
	Username string
	Fields   []pagekit.Field
	Buttons  []button
	// Choices says that there is nothing to fill in, only to choose, as with
	// providers.
	Choices bool
	Lead    string // what the section is for
	Empty   string // what to say where nothing is left to choose
	// Sights are pictures and lines of text between the fields and the buttons. Script is the
	// URL of the WebAuthn script, KeyErrors its error texts as JSON.
	Sights            []sight
	Keys              []keyRow // security keys or passkeys, each with a form of its own
	NeedsKeys         bool     // nothing here works without a browser that supports keys
	Script, KeyErrors string
	Apart             bool   // "or" stands before it
	State             string // what has been set up already; empty for nothing
}

// markPrimary leaves at most one primary button on a page of several forms, and sets "or" where a
// form with fields meets another, not between buttons.
func markPrimary(groups []group) {
	var lead *button
	for i := range groups {
		g := &groups[i]
		g.Apart = i > 0 && (g.hasInput() || groups[i-1].hasInput())
		for j := range g.Buttons {
			b := &g.Buttons[j]
			if b.Primary = b.Primary && lead == nil; b.Primary {
				lead = b
			}
		}
	}
	if lead == nil && len(groups) == 1 && len(groups[0].Buttons) == 1 {
		groups[0].Buttons[0].Primary = true
	}
}

// button sends a form; one with a name tells the method what was chosen.
type button struct {
	Name, Value, Text string
	Action            string // where it sends the form; empty for where the form says
	Primary, Bad      bool   // Bad: it destroys something and can't be undone
	Disabled          bool
	// The choice that the button makes: its name, the first letter of that and, where it can be
	// connected, whether it is and the label for changing it.
	What, Initial, State, Does string
	Connected                  bool
	Click                      string // the function of the WebAuthn script that it runs; it sends nothing
}

// formRenderer turns the groups of a flow's form into what templates print.
type formRenderer struct {
	*language
	flow        *flow.Flow
	username    string // the identifier to fill in
	passwordMin int
	action      func(f *flow.Flow, method string) string
	// identifierLabel names the field for the login identifier; empty for the general words.
	identifierLabel string
	identifierMode  string       // the keyboard for it; empty for the usual one
	forgotten       pagekit.Link // beside the password; without a URL there is none
	ids             map[string]bool
}

// groups draws the forms of a flow. With sections set, the form of the profile comes before
// those of credentials.
func (d *formRenderer) groups(sections bool) ([]group, []pagekit.Problem) {
	var out []group
	var problems []pagekit.Problem
	asking := d.flow.MissingTraitsOf()
	together := d.askingAlike()
	joined, wrong, isJoined := d.joined(together)
	forms := d.forms()
	for i := range forms {
		if asking != "" && forms[i].Method != asking {
			continue
		}
		if recovering(d.flow) && !setsPassword(&forms[i]) {
			continue
		}
		if asksToLink(d.flow) && !answersLink(&forms[i]) || offersPasskey(d.flow) && forms[i].Method != passkeys {
			continue
		}
		if g := &forms[i]; len(together) > 0 && g.Method == "profile" || isJoined && slices.Contains(together, g) {
			if isJoined && g == together[0] {
				out, problems = append(out, joined), append(problems, wrong...)
			}
			continue
		}
		at := len(out)
		if d.asksForKey(&forms[i]) {
			at = 0
		}
		g, wrong := d.group(&forms[i])
		out, problems = slices.Insert(out, at, g), append(problems, wrong...)
	}
	if signsInAgain(d.flow) {
		leadAgain(out)
	}
	if sections {
		slices.SortStableFunc(out, func(a, b group) int { return credentialRank(&a) - credentialRank(&b) })
	}
	return out, problems
}

// setsPassword reports whether a form asks for a new password.
func setsPassword(g *ui.Group) bool {
	return slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return n.Autocomplete == "new-password" })
}

// answersLink reports whether a form has the button that connects a waiting account.
func answersLink(g *ui.Group) bool {
	return slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return n.Name == "confirm_link" })
}

// credentialRank is more than 0 for a form that changes how a person signs in: the usual
// methods in the order in which people look for them, then what is buttons alone.
func credentialRank(g *group) int {
	order := []string{"password", "passkey", "totp", "webauthn", "lookup_secret", "code", "oidc"}
	secret := func(f pagekit.Field) bool { return f.Type == "password" }
	switch i := slices.Index(order, g.Method); {
	case i >= 0:
		return 1 + i
	case slices.ContainsFunc(g.Fields, secret):
		return 1
	case !g.hasInput():
		return 1 + len(order)
	}
	return 0
}

// hasInput reports whether there is anything to fill in.
func (g *group) hasInput() bool {
	return slices.ContainsFunc(g.Fields, func(f pagekit.Field) bool { return f.Control != pagekit.Hidden })
}

// group draws one method's form and collects what is wrong with it.
func (d *formRenderer) group(g *ui.Group) (group, []pagekit.Problem) {
	out := group{Method: g.Method, ID: d.id("form", g.Method), Anchor: g.Method, Heading: d.groupHeading(g.Method)}
	problems := d.formProblems(g)
	for _, n := range ordered(g.Nodes) {
		if d.addFigure(&out, g.Method, &n) {
			continue
		}
		if n.OnClick != "" {
			b := d.keyButton(&n)
			b.Primary = d.asksForKey(g)
			out.Buttons = append(out.Buttons, b)
			out.KeyErrors = d.keyErrors()
			continue
		}
		if d.keyRow(&out, &n) {
			continue
		}
		if n.Type == "submit" {
			out.Buttons = append(out.Buttons, d.choice(g.Method, &n))
			continue
		}
		f := d.field(g.Method, &n)
		out.Fields = append(out.Fields, f)
		for _, text := range f.Errors {
			problems = append(problems, pagekit.Problem{Label: f.Label, Colon: d.first("colon"), ID: f.ID, Text: text})
		}
		switch {
		case f.Autocomplete == "new-password" && d.username != "":
			out.Username = d.username
		case f.Autocomplete == "current-password":
			out.Username = cmp.Or(d.flow.Named(), hiddenIdentifier(g)) // the field for it is hidden
		}
	}
	d.finish(&out)
	d.finishKeys(&out)
	return out, problems
}

// finish completes a form: its buttons, and what is said where there is
// nothing to fill in.
func (d *formRenderer) finish(g *group) {
	key := "group." + string(d.flow.Kind) + "." + g.Method
	g.Lead = d.first(key + ".lead")
	d.finishFactor(g)
	g.Choices = !g.hasInput() && slices.ContainsFunc(g.Buttons, func(b button) bool { return b.What != "" })
	if g.Choices && d.flow.Kind == flow.Settings {
		// A provider keeps its place when it is connected or disconnected. Elsewhere the order
		// is the operator's.
		slices.SortStableFunc(g.Buttons, func(a, b button) int { return strings.Compare(a.What, b.What) })
	}
	if len(g.Buttons) == 1 && g.Buttons[0].Name == "provider" && g.hasInput() {
		// There is nothing to choose: the fields complete what this provider told.
		only := &g.Buttons[0]
		*only = button{Name: only.Name, Value: only.Value, Disabled: only.Disabled, Text: d.submitText(g.Method), Primary: true}
		return
	}
	if slices.ContainsFunc(g.Fields, func(f pagekit.Field) bool { return f.Required && f.Control != pagekit.Hidden }) && len(g.Buttons) > 0 && !g.Choices && g.KeyErrors == "" {
		// What is typed is sent by the first button of a form, as the Enter key does.
		keys := []string{"submit." + string(d.flow.Kind), "submit"}
		if provesAddress(d.flow) {
			keys = keys[1:] // the kind's own words ask for a message, and the code of one is typed here
		}
		g.Buttons = slices.Insert(g.Buttons, 0, button{Text: d.first(keys...), Primary: true})
	}
	if len(g.Buttons) > 0 {
		return
	}
	if empty := d.first(key + ".empty"); !g.hasInput() && empty != "" {
		g.Lead, g.Empty = "", empty
		return
	}
	g.Buttons = []button{{Text: d.submitText(g.Method), Primary: true, Bad: g.Method == "deletion"}}
}

// formProblems lists what is wrong with the form as a whole: its own messages and
// those on the object that holds the traits, which is not an input.
func (d *formRenderer) formProblems(g *ui.Group) []pagekit.Problem {
	messages := slices.Clone(g.Messages)
	for i := range g.Nodes {
		if n := &g.Nodes[i]; isHidden(n) || n.Name == pagekit.TraitsRoot {
			messages = append(messages, n.Messages...)
		}
	}
	var out []pagekit.Problem
	for _, m := range messages {
		if m.Lookup().Type == message.Error {
			out = append(out, pagekit.Problem{Text: d.message(m)})
		}
	}
	return out
}

// ordered puts nodes in the order in which people expect them: what is typed,
// then the password, then boxes to tick, then buttons. Within these the order of
// the method and the schema stays.
func ordered(nodes []ui.Node) []ui.Node {
	out := slices.DeleteFunc(joinLists(nodes), func(n ui.Node) bool { return n.Name == pagekit.TraitsRoot })
	slices.SortStableFunc(out, func(a, b ui.Node) int { return rank(&a) - rank(&b) })
	return out
}

func rank(n *ui.Node) int {
	switch {
	case isHidden(n):
		return 0
	case n.Type == "password":
		return 2
	case n.Type == "checkbox":
		return 3
	case n.Type == "submit":
		return 4
	default:
		return 1
	}
}

// groupHeading names a method's form where a page has several.
func (d *formRenderer) groupHeading(method string) string {
	if text := d.first("group."+string(d.flow.Kind)+"."+method, "group."+method); text != "" {
		return text
	}
	return pagekit.Words(method)
}

// submitText is what the button of a form without buttons of its own says.
func (d *formRenderer) submitText(method string) string {
	kind := "submit." + string(d.flow.Kind)
	keys := []string{kind + "." + method}
	if d.flow.Refresh {
		keys = append(keys, "submit.refresh")
	}
	if recovering(d.flow) {
		keys = slices.Insert(keys, 0, "submit.recovered")
	}
	if d.flow.State == flow.Challenged {
		keys = slices.Insert(keys, 0, kind+".again")
	}
	return d.first(append(keys, kind, "submit")...)
}

// choice draws a button that a method brings, such as one for each provider.
func (d *formRenderer) choice(method string, n *ui.Node) button {
	b := button{Name: n.Name, Value: pagekit.ValueText(n.Value), Disabled: n.Disabled}
	if n.Name != "provider" && n.Name != "link" && n.Name != "unlink" {
		value, _ := n.Context["address"].(string)
		name := n.Name
		if provesAddress(d.flow) && name == "email" { // the address that another code is sent to
			name = "resend"
		}
		own := d.first("choice."+string(d.flow.Kind)+"."+name, "choice."+name)
		b.Text = cmp.Or(strings.ReplaceAll(own, "{value}", cmp.Or(value, n.Label)), n.Label, d.submitText(method))
		b.Primary = n.Name == "lookup_secret_confirm" || n.Name == "confirm_link"
		return b
	}
	if what := cmp.Or(n.Label, pagekit.Words(b.Value)); what != "" {
		pattern := d.first("choice."+string(d.flow.Kind)+"."+n.Name, "choice."+n.Name, "choice")
		b.Text = strings.ReplaceAll(pattern, "{value}", what)
		b.What, b.Initial = what, initial(what)
	}
	switch n.Name {
	case "link":
		b.State, b.Does = d.first("provider.unconnected"), d.first("provider.connect")
	case "unlink":
		b.State, b.Does, b.Connected = d.first("provider.connected"), d.first("provider.disconnect"), true
	}
	if b.Text == "" {
		b.Text = d.submitText(method)
	}
	return b
}

// initial is the icon of a provider: the first letter of its name.
func initial(name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first))
}
