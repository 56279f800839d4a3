package webui

import (
	"encoding/json"
	"html/template"
	"strings"

	"symbolon/internal/pagekit"
	"symbolon/internal/ui"
)

// sight is something to look at in a form: a picture, or lines of text such as recovery codes.
type sight struct {
	ID, Label string
	Picture   template.URL // empty for lines
	Lines     []string
}

// pictureURL is how the value of a picture node begins.
const pictureURL = "data:image/png;base64,"

// look draws a node that is no input; ok is false for inputs. A script is noted in the group.
func (d *formRenderer) look(g *group, method string, n *ui.Node) (ok bool) {
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
