package keyform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// MaxName is how many characters the name of a key may have.
const MaxName = 100

// Memory is what a flow remembers of a ceremony.
type Memory struct {
	Options string           `json:"options"` // JSON for the browser
	Pending ceremony.Pending `json:"pending"`
	Handle  []byte           `json:"handle,omitempty"` // of a person who had none
}

// ErrNotAsked says that an answer came in a flow that has asked for none, such as one that began while the method was
// switched off.
var ErrNotAsked = fmt.Errorf("%w: the flow has not asked for a key", ceremony.ErrRefused)

// Asked returns what the flow has asked of a key; ErrNotAsked if it has asked for nothing.
func Asked(v flow.View) (Memory, error) {
	var kept Memory
	ok, err := v.Recall(&kept)
	if err == nil && !ok {
		err = ErrNotAsked
	}
	return kept, err
}

// Keys returns the keys of a credential, none for nil.
func Keys(c *identity.Credential) (ceremony.Keys, error) {
	if c == nil {
		return ceremony.Keys{}, nil
	}
	return ceremony.ParseKeys(c.Config)
}

// Credential is the stored form of keys.
func Credential(typ string, k ceremony.Keys) (identity.Credential, error) {
	raw, err := k.Config()
	return identity.Credential{Type: typ, Identifiers: k.Identifiers(), Config: raw}, err
}

// Script is the node that loads the script which the forms of keys need. public is the base URL.
func Script(public string) ui.Node {
	return ui.Node{Kind: ui.Script, Name: "webauthn_script", Type: "script", Value: strings.TrimRight(public, "/") + ceremony.ScriptPath, Disabled: true}
}

// Form names the fields and words of a method's part of settings.
type Form struct {
	Remove, Rename, Name string // names of fields
	RemoveLabel          string // with the name of the key for %s
}

// List returns buttons for each key. last is the one that may not go, nil for none.
func (f Form) List(keys []ceremony.Key, last *ceremony.Key) []ui.Node {
	var nodes []ui.Node
	for _, k := range keys {
		context := map[string]any{
			"display_name": k.Name, "added_at": k.AddedAt.UTC().Format(time.RFC3339), "added_at_unix": k.AddedAt.Unix(),
		}
		if k.LastUsedAt != nil {
			context["last_used_at"] = k.LastUsedAt.UTC().Format(time.RFC3339)
		}
		nodes = append(nodes,
			ui.Node{
				Name: f.Remove, Type: "submit", Value: k.HexID(), Label: fmt.Sprintf(f.RemoveLabel, k.Name), Context: context,
				Disabled: last != nil && last.HexID() == k.HexID(),
			},
			ui.Node{Name: f.Rename, Type: "submit", Value: k.HexID(), Label: "Rename " + k.Name, Context: context})
	}
	return nodes
}

// Last returns the one first factor among keys if the person has no other, nil if there is more than that.
func Last(first []ceremony.Key, all int) *ceremony.Key {
	if len(first) != 1 || all > 1 {
		return nil
	}
	return &first[0]
}

// Change removes or renames a key as the submission says; nil if it asks for neither.
func (f Form) Change(typ string, c *identity.Credential, in flow.Input) (flow.Fact, error) {
	keys, err := Keys(c)
	if err != nil {
		return nil, err
	}
	if id, ok, _ := in.Text(f.Remove); ok && id != "" {
		return remove(typ, keys, id)
	}
	id, ok, _ := in.Text(f.Rename)
	if !ok || id == "" {
		return nil, nil
	}
	at := keys.Find(strings.ToLower(id))
	if at < 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyGone))
	}
	name, err := f.Named(in, "")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, flow.Reject(f.Name, message.Missing(f.Name))
	}
	keys.Keys = slices.Clone(keys.Keys)
	keys.Keys[at].Name = name
	changed, err := Credential(typ, keys)
	// A new name is not a new proof.
	return flow.NewCredential{Credential: changed}, err
}

func remove(typ string, keys ceremony.Keys, id string) (flow.Fact, error) {
	at := keys.Find(strings.ToLower(id))
	if at < 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyGone))
	}
	// The handle stays, so that the authenticator does not list the person twice when they come back.
	keys.Keys = slices.Delete(slices.Clone(keys.Keys), at, at+1)
	rest, err := Credential(typ, keys)
	return flow.RemoveCredential{Type: typ, Rest: &rest}, err
}

// Named returns the name that was typed for a key, or otherwise.
func (f Form) Named(in flow.Input, otherwise string) (string, error) {
	name, _, got := in.Text(f.Name)
	name = strings.TrimSpace(name)
	if got != "" {
		return "", flow.Reject(f.Name, message.Message{Key: message.KeyWrongType, Params: map[string]any{"want": "string", "got": got}})
	}
	if utf8.RuneCountInString(name) > MaxName {
		return "", flow.Reject(f.Name, message.Schema("maxLength", fmt.Sprintf("length must be <= %d, but got %d", MaxName, utf8.RuneCountInString(name)),
			map[string]any{"want": MaxName, "got": utf8.RuneCountInString(name)}))
	}
	if name == "" {
		return otherwise, nil
	}
	return name, nil
}

// Used is the fact that a person has used one of the keys of a credential. used is that key after the ceremony, and another
// is the memory of a flow that asks for a key once more.
func Used(i *identity.Identity, c *identity.Credential, keys ceremony.Keys, used ceremony.Key, f session.Factor, another any) (flow.Fact, error) {
	next := *c
	var err error
	if next.Config, err = keys.With(used).Config(); err != nil {
		return nil, err
	}
	return flow.Authenticated{Identity: i, Factor: f, Judged: c, Upgrade: &next, Spent: true, Memory: another}, nil
}

// copied is the refusal of a key of which there may be a copy.
type copied struct {
	error
	suspect flow.Suspect
}

func (c copied) Unwrap() error { return c.error }

// Copied is the refusal of a key, marked as one that may be copied, among the keys of its owner's credential. The owner of a
// key that has the mark already knows.
func Copied(cause error, identityID string, c *identity.Credential, keys ceremony.Keys, marked ceremony.Key) error {
	at := keys.Find(marked.HexID())
	if at < 0 || keys.Keys[at].Authenticator.CloneWarning {
		return cause
	}
	next := *c
	var err error
	if next.Config, err = keys.With(marked).Config(); err != nil {
		return err
	}
	return copied{cause, flow.Suspect{IdentityID: identityID, Credential: next}}
}

// Refuse turns an error of a ceremony into a message; failed is the message for an answer that does not count. The flow
// asks for the same challenge until an answer counts (WebAuthn Level 3, 13.4.3): what was refused is refused again.
func Refuse(err error, failed string) error {
	key := failed
	switch {
	case errors.Is(err, ceremony.ErrMalformed):
		key = message.KeyKeyMalformed
	case errors.Is(err, ceremony.ErrUnknownKey):
		key = message.KeyKeyUnknown
	case !errors.Is(err, ceremony.ErrRefused):
		return err
	}
	r := flow.Reject("", message.Of(key))
	r.Cause = err
	if c, ok := errors.AsType[copied](err); ok {
		r.Suspect = &c.suspect
	}
	return r
}
