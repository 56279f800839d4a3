package takeover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// prepared is a record in the terms of the store.
type prepared struct {
	identity    identity.Identity
	credentials []identity.Credential
	sessions    []session.Session
	flows       []*flow.Flow

	name    string
	notes   []string // what of it is not taken
	refused error    // why all of it is not taken

	stored, conflict bool // what became of it
}

// prepareAll checks and converts the records that are not present, several at once: recovery
// codes are hashed, which no transaction may wait for.
func (w *Writer) prepareAll(ctx context.Context, records []Record, present map[string]*identity.Identity) []*prepared {
	var (
		all     []*prepared
		running sync.WaitGroup
		free    = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for i := range records {
		r := &records[i]
		if present[r.Identity.ID] != nil {
			continue
		}
		p := &prepared{identity: r.Identity, name: r.name(), notes: slices.Clone(r.Notes)}
		all = append(all, p)
		free <- struct{}{}
		running.Go(func() {
			p.refused = w.prepare(ctx, p, r)
			<-free
		})
	}
	running.Wait()
	return all
}

// prepare checks a record against its schema. Traits that do not obey it are taken all
// the same where the other system had accepted them, which Addresses tell. The error says
// why the record is refused.
func (w *Writer) prepare(ctx context.Context, p *prepared, r *Record) error {
	if err := p.readable(); err != nil {
		return err
	}
	draft, err := w.Drafts.Draft(ctx, r.Identity.SchemaID, r.Identity.Traits)
	var unknown *traits.UnknownError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("the schema %q is not configured", r.Identity.SchemaID)
	case err != nil && r.Addresses == nil:
		return fmt.Errorf("its traits do not obey the schema: %s", causes(err))
	case err != nil:
		p.note("its traits do not obey the schema, and its owner has to correct them at the next change: " + causes(err))
	}
	w.complete(p, r, draft)
	w.convert(ctx, p, r, draft)
	for _, s := range r.Sessions {
		if s.Valid(w.Now()) {
			p.sessions = append(p.sessions, s)
		}
	}
	for _, c := range r.Challenges {
		if !w.Now().Before(c.Expires) {
			continue
		}
		if w.Challenge == nil {
			p.note("a pending " + c.Kind + " link or code is not taken")
			continue
		}
		f, err := w.Challenge(c, &p.identity)
		if err != nil {
			p.note(fmt.Sprintf("a pending %s link or code is not taken: %v", c.Kind, err))
			continue
		}
		p.flows = append(p.flows, f)
	}
	return nil
}

// readable refuses traits that are not a JSON object, and drops metadata that are not JSON.
func (p *prepared) readable() error {
	if !json.Valid(p.identity.Traits) || !bytes.HasPrefix(bytes.TrimSpace(p.identity.Traits), []byte("{")) {
		return errors.New("its traits are not a JSON object")
	}
	for name, values := range map[string]*json.RawMessage{"public": &p.identity.MetadataPublic, "admin": &p.identity.MetadataAdmin} {
		if len(*values) > 0 && !json.Valid(*values) {
			*values = nil
			p.note("the metadata_" + name + " are not taken: they are not JSON")
		}
	}
	return nil
}

func (p *prepared) note(text string) { p.notes = append(p.notes, text) }

// complete gives the identity its addresses and times.
func (w *Writer) complete(p *prepared, r *Record, draft *identity.Draft) {
	i := &p.identity
	if i.CreatedAt.IsZero() {
		i.CreatedAt = w.Now()
	}
	if i.UpdatedAt.IsZero() {
		i.UpdatedAt = i.CreatedAt
	}
	if r.Addresses != nil || draft == nil {
		for _, a := range r.Addresses {
			list := &i.Recovery
			if a.Purpose == identity.ForVerification {
				list = &i.Verifiable
			}
			*list = append(*list, a.Address)
		}
		return
	}
	i.Traits = draft.Identity.Traits
	i.Verifiable, i.Recovery = draft.Identity.Verifiable, draft.Identity.Recovery
	for k := range i.Verifiable {
		a := &i.Verifiable[k]
		for _, proven := range r.Verified {
			if traits.NormalizeAddress(a.Via, proven) == a.Normalized {
				a.Verified, a.VerifiedAt = true, i.CreatedAt
			}
		}
	}
}

// convert gives the identity its credentials. An identifier that traits yield is kept for
// the identity even if it has no password.
func (w *Writer) convert(ctx context.Context, p *prepared, r *Record, draft *identity.Draft) {
	if draft != nil {
		p.credentials = slices.Clone(draft.Credentials)
	}
	for _, c := range r.Credentials {
		convert := w.Converters[c.Type]
		if convert == nil {
			if len(c.Config) > 0 && string(c.Config) != `{}` {
				p.note("a credential of type " + c.Type + " is not taken: there is no such method here")
			}
			continue
		}
		made, lost, err := convert(ctx, r.Identity.ID, c)
		p.notes = append(p.notes, lost...)
		switch {
		case err != nil:
			p.note(fmt.Sprintf("a credential of type %s is not taken: %v", c.Type, err))
		case made.Type != "":
			p.set(made)
		}
	}
}

// set replaces the credential of a type. One without identifiers has those of the draft.
func (p *prepared) set(c identity.Credential) {
	for k := range p.credentials {
		if p.credentials[k].Type == c.Type {
			if len(c.Identifiers) == 0 {
				c.Identifiers = p.credentials[k].Identifiers
			}
			p.credentials[k] = c
			return
		}
	}
	p.credentials = append(p.credentials, c)
}

// causes are the texts of what is wrong with traits.
func causes(err error) string {
	var invalid *traits.Invalid
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	var text strings.Builder
	for k, v := range invalid.Violations {
		if k > 0 {
			text.WriteString("; ")
		}
		text.WriteString(v.Field + ": " + v.Text)
	}
	return text.String()
}
