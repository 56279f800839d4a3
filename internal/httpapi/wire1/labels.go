package wire1

import (
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

// label returns the text beside an input, nil for none.
func (b *form) label(method string, in *ui.Node) *Message {
	switch {
	case isTrait(in.Name):
		return titled(in.Name, in.Label)
	case in.Name == "identifier":
		return b.identifierLabel()
	case in.Name == "password":
		return label(1070001, "Password")
	case in.Name == "email" && in.Type != "submit":
		return label(1070007, "Email")
	case method == groupProvider:
		return b.providerLabel(in)
	}
	return nil
}

// titled is the label of a trait: its title in the schema, nothing without one.
func titled(name, title string) *Message {
	if title == "" {
		return nil
	}
	m := label(1070002, title)
	m.Context = map[string]any{"name": name, "title": title}
	return m
}

// identifierLabel names what people sign in with, as the schema does.
func (b *form) identifierLabel() *Message {
	if l := titled(b.view.identifier.name, b.view.identifier.title); l != nil {
		return l
	}
	return label(1070004, "ID")
}

// providerLabel is the text of the button that leads to a provider.
func (b *form) providerLabel(in *ui.Node) *Message {
	var m *Message
	switch {
	case in.Name == "unlink":
		m = label(1050003, "Unlink "+in.Label)
	case in.Name == "link":
		m = label(1050002, "Link "+in.Label)
	case b.flow.MissingTraitsOf() != "":
		return label(1040003, "Continue")
	case b.flow.Kind == flow.Registration:
		m = label(1040002, "Sign up with "+in.Label)
	case b.view.linking:
		m = label(1010018, "Confirm with "+in.Label)
	default:
		m = label(1010002, "Sign in with "+in.Label)
	}
	m.Context = map[string]any{"provider": in.Label}
	if m.ID == 1010002 || m.ID == 1040002 {
		m.Context["provider_id"] = in.Value
	}
	return m
}

// submitLabel is the text of a method's button.
func (b *form) submitLabel(method string) *Message {
	switch {
	case b.flow.Kind == flow.Login && method == groupKeys:
		return label(1010008, "Sign in with hardware key")
	case b.flow.Kind == flow.Login && method == "totp":
		return label(1010009, "Use Authenticator")
	case b.flow.Kind == flow.Login && method == "lookup_secret":
		return label(1010010, "Use backup recovery code")
	case method == groupCode && b.flow.State == flow.Challenged && b.flow.Active == groupCode:
		return label(1070009, "Continue")
	case b.flow.Kind == flow.Settings:
		return label(1070003, "Save")
	case b.flow.Kind == flow.Recovery, b.flow.Kind == flow.Verification:
		return label(1070009, "Continue")
	case b.flow.Kind == flow.Registration && method == groupCode:
		return label(1040006, "Send sign up code")
	case b.flow.Kind == flow.Registration:
		return label(1040001, "Sign up")
	case method == groupIdentifier:
		return label(1070009, "Continue")
	case method == groupCode:
		return label(1010015, "Send sign in code")
	case b.flow.Refresh:
		return label(1010001, "Sign in")
	case method == groupPassword:
		return label(1010022, "Sign in with password")
	}
	return label(1010001, "Sign in")
}
