package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// recovering reports whether a settings flow began with a recovery: its page asks for a
// new password alone.
func recovering(f *flow.Flow) bool {
	if f.Kind != flow.Settings {
		return false
	}
	started, err := url.Parse(f.Request)
	return err == nil && strings.Contains(started.Path, "/self-service/recovery/")
}

// asksToLink reports whether a settings flow asks one thing alone: whether an account at a
// provider is to be connected.
func asksToLink(f *flow.Flow) bool {
	return f.Kind == flow.Settings && f.PendingLink() != "" && f.State == flow.Open
}

// provesAddress reports whether a flow sends a message to prove an address: by a link, or a code.
func provesAddress(f *flow.Flow) bool { return f.Kind == flow.Recovery || f.Kind == flow.Verification }

// addWaiting says where something was sent, and how to go on from there.
func (p *Pages) addWaiting(d *page, body *flowPage, f *flow.Flow) {
	if !body.Waiting {
		return
	}
	body.Mailbox = p.config.Mailbox
	body.Said, body.Arrives, body.ChangeText = "waiting.address", "waiting.body", "waiting.change"
	body.Address = typedAddress(&f.Form)
	if body.Address == "" {
		return
	}
	if !strings.Contains(body.Address, "@") {
		body.Arrives = "waiting.phone"
	}
	if isSecondFactor(f) || signsInAgain(f) {
		body.Said, body.ChangeText = "waiting.second", "waiting.other"
	} else {
		body.Change = p.startWith(f.Kind, "return_to", f.ReturnTo)
	}
	if body.Mailbox == "" {
		body.Inbox = inboxOf(d, body.Address)
	}
}

// offerOthers leads a person who waits for a code as second factor, or signs in again with one, back to the choice, where
// there is one.
func (p *Pages) offerOthers(body *flowPage, f *flow.Flow, others bool) {
	if !others || !isSecondFactor(f) && !signsInAgain(f) {
		return
	}
	u := *p.source.StartURL(f.Kind)
	q := url.Values{"aal": {session.AAL2.String()}}
	if signsInAgain(f) {
		q = url.Values{"refresh": {"true"}}
	}
	if f.ReturnTo != "" {
		q.Set("return_to", f.ReturnTo)
	}
	u.RawQuery = q.Encode()
	body.Change = u.String()
}

// asksForCode reports whether a form has the field for a code that was sent.
func asksForCode(g group) bool {
	return slices.ContainsFunc(g.Fields, func(f pagekit.Field) bool { return f.Name == "code" })
}

// fillCode writes the code of a link, as mails have it, into the field that waits for it. What is no code is left out.
func fillCode(groups []group, code string) {
	if len(code) > maxCode || strings.Trim(code, "0123456789") != "" {
		return
	}
	for i := range groups {
		for j := range groups[i].Fields {
			if f := &groups[i].Fields[j]; f.Name == "code" {
				f.Value = code
			}
		}
	}
}

// maxCode bounds how long a code in a link is, in digits.
const maxCode = 12

// onlyCode leaves the form for the code alone. The traits that go with it have been typed and
// are shown again only where something is wrong with them.
func onlyCode(groups []group) []group {
	groups = slices.DeleteFunc(groups, func(g group) bool { return !asksForCode(g) })
	for i := range groups {
		for j := range groups[i].Fields {
			f := &groups[i].Fields[j]
			if !strings.HasPrefix(f.Name, pagekit.TraitsRoot+".") || f.Disabled || len(f.Errors) > 0 {
				continue
			}
			if f.Control == pagekit.Checkbox {
				f.Value = strconv.FormatBool(f.Checked)
			}
			f.Control = pagekit.Hidden
		}
	}
	return groups
}

// inboxes are the providers of mail with many users, by the domain of an address.
var inboxes = map[string]link{
	"gmail.com": {Text: "Gmail", URL: "https://mail.google.com/mail/u/0/"}, "googlemail.com": {Text: "Gmail", URL: "https://mail.google.com/mail/u/0/"},
	"outlook.com": {Text: "Outlook", URL: "https://outlook.live.com/mail/"}, "hotmail.com": {Text: "Outlook", URL: "https://outlook.live.com/mail/"},
	"live.com": {Text: "Outlook", URL: "https://outlook.live.com/mail/"}, "yahoo.com": {Text: "Yahoo Mail", URL: "https://mail.yahoo.com/"},
	"icloud.com": {Text: "iCloud Mail", URL: "https://www.icloud.com/mail"}, "me.com": {Text: "iCloud Mail", URL: "https://www.icloud.com/mail"},
	"proton.me": {Text: "Proton Mail", URL: "https://mail.proton.me/"}, "protonmail.com": {Text: "Proton Mail", URL: "https://mail.proton.me/"},
	"gmx.de": {Text: "GMX", URL: "https://www.gmx.net/"}, "gmx.net": {Text: "GMX", URL: "https://www.gmx.net/"}, "web.de": {Text: "WEB.DE", URL: "https://web.de/"},
}

// inboxOf leads to the inbox of an address where its provider is a known one.
func inboxOf(d *page, address string) link {
	_, domain, _ := strings.Cut(address, "@")
	known, ok := inboxes[strings.ToLower(domain)]
	if ok {
		known.Text = strings.ReplaceAll(d.first("waiting.open"), "{service}", known.Text)
	}
	return known
}

// typedAddress is the first address or identifier that was typed into a form, empty for
// none.
func typedAddress(form *ui.Form) string {
	for _, g := range form.Groups {
		for i := range g.Nodes {
			n := &g.Nodes[i]
			if n.Name != "identifier" && n.Name != "email" && n.Type != "email" && n.Type != "tel" && n.Autocomplete != "username" {
				continue
			}
			if typed, ok := n.Value.(string); ok && typed != "" {
				return typed
			}
		}
	}
	return ""
}

// carriedAddress is what was typed on the page that led to this flow, named by its
// parameter from: login.<id> or another kind. The address itself stays out of URLs, which
// proxies log. A flow that is not this browser's gives nothing.
func (p *Pages) carriedAddress(w http.ResponseWriter, r *http.Request, f *flow.Flow) string {
	started, err := url.Parse(f.Request)
	if err != nil {
		return ""
	}
	kind, id, found := strings.Cut(started.Query().Get("from"), ".")
	if !found || !slices.Contains(flow.Kinds, flow.Kind(kind)) {
		return ""
	}
	earlier := r.Clone(r.Context())
	earlier.URL.RawQuery = url.Values{"flow": {id}}.Encode()
	result, err := p.source.PageFlow(w, earlier, flow.Kind(kind))
	if err != nil {
		return ""
	}
	return typedAddress(&result.Flow.Form)
}

// addWaysOut puts a link beside each problem that another page solves.
func (p *Pages) addWaysOut(d *page, f *flow.Flow, problems []pagekit.Problem) {
	from := string(f.Kind) + "." + f.ID
	for key, next := range map[string]link{
		message.KeyDuplicateIdentifier: {Text: d.first("link.login"), URL: p.onward(flow.Login, f, from)},
		message.KeyInvalidCredentials:  {Text: d.first("link.reset"), URL: p.onward(flow.Recovery, f, from)},
	} {
		if key == message.KeyInvalidCredentials && !p.config.Recovery || key == message.KeyDuplicateIdentifier && f.PendingLink() != "" {
			continue // there is none, or the page's own button leads to the sign-in that links
		}
		text := d.message(message.Of(key))
		for i := range problems {
			if problems[i].Text == text {
				problems[i].Next = pagekit.Link{Text: next.Text, URL: next.URL}
			}
		}
	}
}

// onward starts a flow that takes over the address and the return_to of another.
func (p *Pages) onward(k flow.Kind, f *flow.Flow, from string) string {
	u := *p.source.StartURL(k)
	q := u.Query()
	q.Set("from", from)
	if f.ReturnTo != "" {
		q.Set("return_to", f.ReturnTo)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// focusFirst puts the focus on the first field that a person fills in.
func focusFirst(groups []group) {
	if len(groups) > 0 && groups[0].waitsForKey() {
		return
	}
	for i := range groups {
		for j := range groups[i].Fields {
			f := &groups[i].Fields[j]
			if f.Control == pagekit.Hidden || f.Disabled {
				continue
			}
			if f.Value == "" || f.Type == "password" {
				f.Autofocus = true
				return
			}
		}
	}
}

// describeIdentifier names the field for the login identifier after the traits of the default
// schema that are identifiers, and chooses its keyboard; without any, the general words stay.
func (p *Pages) describeIdentifier(r *http.Request, d *formRenderer) {
	if p.config.Schemas == nil {
		return
	}
	schema, err := p.config.Schemas.Schema(r.Context(), p.config.DefaultSchema)
	if err != nil {
		return // the general words fit; the submission meets the error
	}
	var labels []string
	mode := ""
	for _, t := range schema.Fields() {
		if t.Identifier {
			labels = append(labels, d.label(&ui.Node{Name: t.Name, Label: t.Title}))
			mode = t.Type
		}
	}
	switch len(labels) {
	case 1:
		d.identifierLabel = labels[0]
		if mode == "email" || mode == "tel" {
			d.identifierMode = mode
		}
	case 2:
		d.identifierLabel, _ = d.T("field.either", "a", labels[0], "b", labels[1])
	}
}
