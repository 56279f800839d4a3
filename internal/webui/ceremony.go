package webui

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// sight is something to look at in a form: a picture, or lines of text such as recovery codes.
type sight struct {
	ID, Label string
	Picture   template.URL // empty for lines
	Lines     []string
	Focus     bool // it has just been made, so the page opens there
	Masked    bool // the lines hide what they stand for: nothing is there to copy
}

// chunk is how many characters of a secret stand together, so that people can type it.
const chunk = 4

// Parts splits a line that is a long secret, so that people can type it; nil for other lines.
func (s *sight) Parts(line string) (out []string) {
	if len(line) <= 2*chunk || strings.ContainsFunc(line, func(r rune) bool { return r > 'z' || r <= ' ' }) {
		return nil
	}
	for part := range slices.Chunk([]byte(line), chunk) {
		out = append(out, string(part))
	}
	return out
}

// pictureURL is how the value of a picture node begins.
const pictureURL = "data:image/png;base64,"

// addFigure draws a node that is not an input; ok is false for inputs. A script is noted in the group.
func (d *formRenderer) addFigure(g *group, method string, n *ui.Node) (ok bool) {
	switch n.Kind {
	case ui.Input:
		return false
	case ui.Script:
		g.Script = pagekit.ValueText(n.Value)
		return true
	case ui.Image:
		source := pagekit.ValueText(n.Value)
		if strings.HasPrefix(source, pictureURL) {
			g.Sights = append(g.Sights, sight{ID: d.id(method, n.Name), Label: d.label(n), Picture: template.URL(source)}) //nolint:gosec // base64 of a picture of our own
		}
	case ui.Text:
		s := sight{ID: d.id(method, n.Name), Label: d.label(n)}
		for _, m := range n.Texts {
			s.Lines = append(s.Lines, d.message(m))
			s.Masked = s.Masked || m.Key == message.KeyLookupCodeHidden || m.Key == message.KeyLookupCodeUsed
		}
		g.Sights = append(g.Sights, s)
	}
	return true
}

// keyButton draws a button that runs a ceremony of the WebAuthn script.
func (d *formRenderer) keyButton(n *ui.Node) button {
	return button{Name: n.Name, Value: pagekit.ValueText(n.Value), Text: d.label(n), Disabled: n.Disabled, Click: n.OnClick}
}

// keyErrors are the words for what a browser says when a ceremony fails, as JSON by the name of the error (WebAuthn
// Level 3, sections 5.1.3 and 5.1.4).
func (d *formRenderer) keyErrors() string {
	raw, err := json.Marshal(map[string]string{
		"NotAllowedError": d.first("key.error.cancelled"), "AbortError": d.first("key.error.cancelled"),
		"InvalidStateError": d.first("key.error.known"), "SecurityError": d.first("key.error.place"),
		"NotSupportedError": d.first("key.error.unsupported"), "other": d.first("key.error.other"),
	})
	if err != nil {
		return "{}"
	}
	return string(raw)
}

// keyRow is a security key or passkey in a list, with a form of its own: the Enter key in
// the field of its name must rename it, and never remove another one.
type keyRow struct {
	ID, Name       string
	Added, Used    moment // Used is zero for a key that was never used
	Hidden         []pagekit.Field
	Field          string // name of the field with its name
	Remove, Rename button
	RemoveLabel    string
}

// keyRow collects a button about a key into the list; ok is false for other nodes.
func (d *formRenderer) keyRow(g *group, n *ui.Node) (ok bool) {
	name, isKey := n.Context["display_name"].(string)
	if !isKey || n.Type != "submit" {
		return false
	}
	id := pagekit.ValueText(n.Value)
	at := slices.IndexFunc(g.Keys, func(k keyRow) bool { return k.Remove.Value == id })
	if at < 0 {
		row := keyRow{ID: d.id(g.Method, "key"), Name: name}
		if when, ok := keyTime(n, "added_at"); ok {
			row.Added = d.at(when)
		}
		if when, ok := keyTime(n, "last_used_at"); ok {
			row.Used = d.at(when)
		}
		g.Keys = append(g.Keys, row)
		at = len(g.Keys) - 1
	}
	b := button{Name: n.Name, Value: id, Disabled: n.Disabled}
	if strings.HasSuffix(n.Name, "_rename") {
		b.Text = d.first("key.rename")
		g.Keys[at].Rename = b
		return true
	}
	b.Text = d.first("key.remove")
	g.Keys[at].Remove, g.Keys[at].RemoveLabel = b, strings.ReplaceAll(d.first("key.remove_label"), "{name}", name)
	return true
}

// finishFactor says whether a factor without a list of its own is set up, and leads to codes that were just made.
func (d *formRenderer) finishFactor(g *group) {
	has := func(name string) bool {
		return slices.ContainsFunc(g.Buttons, func(b button) bool { return b.Name == name })
	}
	if has("totp_unlink") || has("lookup_secret_disable") {
		g.State = d.first("group.on")
	}
	for i := range g.Sights {
		g.Sights[i].Focus = has("lookup_secret_confirm") && len(g.Sights[i].Lines) > 0
	}
}

func keyTime(n *ui.Node, name string) (time.Time, bool) {
	text, _ := n.Context[name].(string)
	when, err := time.Parse(time.RFC3339, text)
	return when, err == nil
}

// waitsForKey reports whether the button of the form runs a ceremony and is the one that stands out.
func (g *group) waitsForKey() bool {
	return slices.ContainsFunc(g.Buttons, func(b button) bool { return b.Primary && b.Click != "" })
}

// finishKeys gives the rows of keys what their forms carry along.
func (d *formRenderer) finishKeys(g *group) {
	g.NeedsKeys = g.KeyErrors != "" && (d.flow.Kind != flow.Login || isSecondFactor(d.flow) || g.waitsForKey())
	if len(g.Keys) == 0 {
		return
	}
	token, field := []pagekit.Field(nil), ""
	for _, f := range g.Fields {
		switch {
		case f.Name == ui.CSRFName:
			token = append(token, f)
		case f.Control != pagekit.Hidden:
			field = f.Name
		}
	}
	for i := range g.Keys {
		g.Keys[i].Hidden, g.Keys[i].Field = token, field
	}
}
