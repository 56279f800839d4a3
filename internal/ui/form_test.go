package ui_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// names are the names of a group's nodes, in order.
func names(g *ui.Group) []string {
	var out []string
	for _, n := range g.Nodes {
		out = append(out, n.Name)
	}
	return out
}

func group(nodes ...string) *ui.Group {
	g := &ui.Group{Method: "profile"}
	for _, name := range nodes {
		g.Nodes = append(g.Nodes, ui.Node{Name: name, Type: "text"})
	}
	return g
}

func keys(messages []message.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Key)
	}
	return out
}

func TestGroupsAndNodesAreFoundByNameAndCanBeChanged(t *testing.T) {
	t.Parallel()
	f := ui.Form{Groups: []ui.Group{*group("a"), {Method: "password", Nodes: []ui.Node{{Name: "b", Value: "first"}, {Name: "b", Value: "second"}}}}}
	found := f.Group("password")
	if found == nil || found.Node("b") == nil || found.Node("b").Value != "first" {
		t.Fatalf("found %+v", found)
	}
	found.Node("b").Value = "changed"
	if got := f.Groups[1].Nodes[0].Value; got != "changed" {
		t.Errorf("the form has %v: a copy was found", got)
	}
	if f.Group("oidc") != nil || found.Node("a") != nil || (&ui.Form{}).Group("") != nil {
		t.Error("something was found by a name that nothing has")
	}
}

func TestAMessageGoesToItsFieldOrTheWholeGroup(t *testing.T) {
	t.Parallel()
	g := group("traits.email", "traits.name")
	g.Add("", message.Of(message.KeyInvalidCredentials))
	g.Add("traits.name", message.Missing("name"))
	g.Add("traits.name", message.Of(message.KeyEmpty))
	g.Add("traits.unknown", message.Of(message.KeyNoChanges))
	g.Add("traits.unknown", message.Of(message.KeyEmpty))
	got := map[string][]string{"": keys(g.Messages)}
	for _, n := range g.Nodes {
		got[n.Name] = keys(n.Messages)
	}
	want := map[string][]string{
		"":               {message.KeyInvalidCredentials},
		"traits.email":   nil,
		"traits.name":    {message.KeyMissing, message.KeyEmpty},
		"traits.unknown": {message.KeyNoChanges, message.KeyEmpty},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"traits.email", "traits.name", "traits.unknown"}, names(g)); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
}

func TestWhatWasTypedIsFilledInUnlessItIsSecret(t *testing.T) {
	t.Parallel()
	g := &ui.Group{Nodes: []ui.Node{
		{Name: "identifier", Type: "text"},
		{Name: "traits.age", Type: "number", Value: 30},
		{Name: "password", Type: "password"},
		{Name: "pin", Type: "password"},
		ui.CSRF(),
		{Name: "method", Type: "submit", Value: "password"},
		{Name: "untouched", Type: "text", Value: "as it was"},
		{Name: "emptied", Type: "text", Value: "before"},
	}}
	typed := map[string]any{"emptied": "", "unknown": "x"}
	for _, n := range g.Nodes {
		if n.Name != "untouched" && n.Name != "emptied" {
			typed[n.Name] = "typed " + n.Name
		}
	}
	g.Fill(typed)
	got := map[string]any{}
	for _, n := range g.Nodes {
		got[n.Name] = n.Value
	}
	want := map[string]any{
		"identifier": "typed identifier", "traits.age": "typed traits.age", "password": nil, "pin": nil,
		ui.CSRFName: nil, "method": "password", "untouched": "as it was", "emptied": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSecretsAreNeverShownAgain(t *testing.T) {
	t.Parallel()
	csrf := ui.CSRF()
	for node, want := range map[*ui.Node]bool{
		{Name: "password", Type: "password"}: true, {Name: "anything", Type: "password"}: true, &csrf: true,
		{Name: "identifier", Type: "text"}: false, {Name: "link", Type: "hidden"}: false,
	} {
		if got := node.Secret(); got != want {
			t.Errorf("%s of type %s: secret %v", node.Name, node.Type, got)
		}
	}
}

func TestAValueThatHasNoInputGoesBehindItsNearestAncestor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		nodes, set, want []string
	}{
		"an input that there is": {[]string{"a", "b"}, []string{"a"}, []string{"a", "b"}},
		"elements of an array": {
			[]string{"csrf_token", "traits.emails", "traits.name"},
			[]string{"traits.emails.0", "traits.emails.1", "traits.emails.2"},
			[]string{"csrf_token", "traits.emails", "traits.emails.0", "traits.emails.1", "traits.emails.2", "traits.name"},
		},
		"members of an element": {
			[]string{"traits.cars", "traits.name"},
			[]string{"traits.cars.0.make", "traits.cars.0.year", "traits.cars.1.make"},
			[]string{"traits.cars", "traits.cars.0.make", "traits.cars.0.year", "traits.cars.1.make", "traits.name"},
		},
		"an ancestor of an ancestor": {
			[]string{"traits", "traits.cars", "traits.name", "x"},
			[]string{"traits.cars.0", "traits.size"},
			[]string{"traits", "traits.cars", "traits.cars.0", "traits.name", "traits.size", "x"},
		},
		"a name that merely begins alike": {[]string{"traits.car", "traits.name"}, []string{"traits.cars"}, []string{"traits.car", "traits.name", "traits.cars"}},
		"no relative":                     {[]string{"a", "b"}, []string{"traits.x", "traits.y"}, []string{"a", "b", "traits.x", "traits.y"}},
		"nothing at all":                  {nil, []string{"x"}, []string{"x"}},
		"no name":                         {[]string{"a"}, []string{""}, []string{"a", ""}},
	}
	for name, test := range tests {
		g := group(test.nodes...)
		for i, each := range test.set {
			g.Set(each, i)
		}
		if diff := cmp.Diff(test.want, names(g)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		for i, each := range test.set {
			if n := g.Node(each); n == nil || n.Value != i {
				t.Errorf("%s: %s is %+v, want %d", name, each, n, i)
			}
		}
	}
}

func TestAStoredFormIsTheSame(t *testing.T) {
	t.Parallel()
	f := ui.Form{
		Messages: []message.Message{message.Of(message.KeyRecoverySent)},
		Groups: []ui.Group{{Method: "password", Messages: []message.Message{message.Missing("x")}, Nodes: []ui.Node{
			ui.CSRF(),
			{Name: "traits.age", Type: "number", Value: ui.Number("3e1"), Required: true, Disabled: true, Pattern: "^.$", Label: "Age", Options: []any{"a", true}, Autocomplete: "off"},
			{Name: "traits.agree", Type: "checkbox", Value: false, Messages: []message.Message{message.Of(message.KeyEmpty)}},
		}}},
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var got ui.Form
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
