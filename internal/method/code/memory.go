package code

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
)

// The form of a code. Forms of v1 have its length too: wire1/codes.go.
const (
	digits = 6
	codes  = 1_000_000 // how many there are
)

// memory is a code that a flow waits for. For an unknown address it is the same, with a code that is never sent.
type memory struct {
	Sealed     string    `json:"sealed,omitempty"`      // the code, bound to the flow
	Imported   string    `json:"imported,omitempty"`    // instead: what another server stored of its code
	IdentityID string    `json:"identity_id,omitempty"` // empty for an unknown address
	Via        string    `json:"via"`
	Typed      string    `json:"typed"` // the address as the form shows it
	Normalized string    `json:"normalized"`
	Expires    time.Time `json:"expires"`
	SentAt     time.Time `json:"sent_at"`
	Wrong      int       `json:"wrong,omitempty"`
	// Newest is a mark that the flow has while this is its owner's newest recovery code; empty for codes of which several
	// may be outstanding.
	Newest string `json:"newest,omitempty"`
	Traits string `json:"traits,omitempty"` // hash of those a registration was sent with
	// Step is "again" once the flow has sent more than one code; empty before. Before a recovery sends one it is where the
	// choice of an address stands.
	Step    string   `json:"step,omitempty"`
	Asked   string   `json:"asked,omitempty"`   // the address that a recovery with a choice began with, as typed
	Options []option `json:"options,omitempty"` // what there is to choose
}

// draw makes a code for a flow; the flow expires it too.
func (m *Method) draw(f *flow.Flow, identityID string, a identity.Address) (memory, string) {
	text := fmt.Sprintf("%0*d", digits, secret.Below(codes))
	now := m.now().UTC()
	expires := now.Add(m.config.Lifespan)
	if f.ExpiresAt.Before(expires) {
		expires = f.ExpiresAt
	}
	kept := memory{
		Sealed: m.sealer.Seal(text, bound(f)), IdentityID: identityID,
		Via: a.Via, Typed: a.Value, Normalized: a.Normalized, Expires: expires, SentAt: now,
	}
	kept.Newest = newest(f.Kind)
	return kept, text
}

// newest marks a code of a kind of which only the newest counts. The engine takes the mark from the owner's other flows, as
// it takes the links. No link has this token.
func newest(k flow.Kind) string {
	if k != flow.Recovery {
		return ""
	}
	return secret.Hash(secret.Token())
}

// current reports whether no newer recovery code or link took the place of the one that the flow waits for.
func (kept memory) current(f *flow.Flow) bool {
	return kept.Newest == "" || kept.Newest == f.ResumeHash
}

func bound(f *flow.Flow) string { return "flow " + f.ID }

// waiting returns the code that the flow waits for; ok is false if it waits for none.
func waiting(v flow.View) (kept memory, ok bool, err error) {
	ok, err = v.Recall(&kept)
	return kept, ok && (kept.Sealed != "" || kept.Imported != ""), err
}

// same reports whether a code is the one that a flow waits for.
func (m *Method) same(f *flow.Flow, kept memory, typed string) (bool, error) {
	if kept.Imported == "" {
		right, err := m.sealer.Open(kept.Sealed, bound(f))
		return err == nil && secret.Equal(right, typed), err
	}
	if m.config.ImportedHashes == nil {
		return false, nil
	}
	return slices.ContainsFunc(m.config.ImportedHashes(typed), func(hash string) bool { return secret.Equal(hash, kept.Imported) }), nil
}

// Imported is what a flow of a kind waits for that was taken over from another server with
// a code: hash is what that server stored of it. tries are the wrong ones.
func Imported(k flow.Kind, hash, identityID string, a identity.Address, expires time.Time, tries int) flow.Challenge {
	kept := memory{
		Imported: hash, IdentityID: identityID, Via: a.Via, Typed: a.Value, Normalized: a.Normalized, Expires: expires, Wrong: tries,
		Newest: newest(k),
	}
	return flow.Challenge{ResumeHash: kept.Newest, Memory: kept}
}

// verify compares what was typed. The error is a rejection that counts the wrong code in the flow.
func (m *Method) verify(f *flow.Flow, kept memory, typed string) error {
	if kept.Wrong >= m.config.MaxTries {
		r := flow.Reject("", message.Of(message.KeyCodeTooOften))
		r.Cause = errors.New("too many codes for one flow")
		r.Restarts = f.Kind == flow.Recovery // anyone may ask for one, and only a new flow can
		return r
	}
	invalid := message.KeyCodeInvalidPrefix + string(f.Kind)
	wrong := func(cause string) error {
		kept.Wrong++
		r := flow.Reject("", message.Of(invalid))
		r.Memory, r.Cause = kept, errors.New(cause)
		return r
	}
	right, err := m.same(f, kept, strings.ReplaceAll(strings.TrimSpace(typed), " ", ""))
	if err != nil {
		return fmt.Errorf("code of a flow: %w", err)
	}
	switch {
	case !right:
		return wrong("wrong code")
	case !m.now().Before(kept.Expires):
		return wrong("expired code")
	case !kept.current(f):
		return wrong("there is a newer recovery code or link")
	case kept.IdentityID == "" && f.Kind != flow.Registration:
		return wrong("code of an unknown address")
	}
	return nil
}

// mail is the message that carries a code, with a link that fills it in.
func (m *Method) mail(f *flow.Flow, t courier.Template, kept memory, text string) courier.Message {
	return courier.Message{
		Template: t, To: kept.Typed, Code: text, URL: m.link(f, text), Expires: kept.Expires, IdentityID: kept.IdentityID,
	}
}

// link leads to the page that shows the flow, with the code in its form. The form counts in the browser that it was
// made for, so the link is worth nothing in another one.
func (m *Method) link(f *flow.Flow, text string) string {
	page := m.config.Pages[f.Kind]
	if page == nil {
		return ""
	}
	to := *page
	q := to.Query()
	q.Set("flow", f.ID)
	q.Set("code", text)
	to.RawQuery = q.Encode()
	return to.String()
}

// Challenge implements flow.Challenger.
func (m *Method) Challenge(f *flow.Flow, a identity.Address, identityID string) (flow.Challenge, error) {
	kept, text := m.draw(f, identityID, a)
	return flow.Challenge{Code: text, ResumeHash: kept.Newest, Memory: kept, Mail: m.mail(f, template(f.Kind), kept, text)}, nil
}
