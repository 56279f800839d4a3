package takeover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// Store keeps what is taken over. *store.DB satisfies it.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// InWhole is InTx without savepoints.
	InWhole(ctx context.Context, fn func(context.Context) error) error
	Identities(context.Context, identity.Query) ([]*identity.Identity, error)
	IdentityByIdentifier(ctx context.Context, typ, identifier string) (*identity.Identity, *identity.Credential, error)
	CreateIdentity(context.Context, *identity.Identity, []identity.Credential) error
	MarkSent(ctx context.Context, addressID string, at time.Time) error
	CreateSession(context.Context, *session.Session) error
	CreateFlow(context.Context, *flow.Flow) error
}

// Drafts makes identities of traits. *identity.Service satisfies it.
type Drafts interface {
	Draft(ctx context.Context, schemaID string, values json.RawMessage) (*identity.Draft, error)
}

// Converter makes a credential of this system of one that another system stored; one without
// a type stands for none. lost says what of it is lost. An error says that all of it is, and
// why.
type Converter func(ctx context.Context, identityID string, c Credential) (converted identity.Credential, lost []string, err error)

// Writer stores records.
type Writer struct {
	Store      Store
	Drafts     Drafts
	Converters map[string]Converter // by type of credential
	// Challenge makes the flow that waits for a pending link or code; nil drops them.
	Challenge func(Challenge, *identity.Identity) (*flow.Flow, error)
	Now       func() time.Time
	DryRun    bool // everything is done and undone again

	undone   owners // what accounts that a dry run has undone would have
	together int    // how many accounts a transaction stores; 0 for no limit
}

// errUndo ends the transaction of a dry run.
var errUndo = errors.New("dry run")

// Write stores records and adds to the report; tell gets each line of what is not taken.
// Accounts that are present already stay as they are. The records share a transaction, or
// several where the database is too slow for one of all. The error is that of the store: what
// was stored before it is in the report, and the records can be written again.
func (w *Writer) Write(ctx context.Context, records []Record, report *Report, tell func(Line)) error {
	present, err := w.present(ctx, records)
	if err != nil {
		return err
	}
	all := w.prepareAll(ctx, records, present)
	if err := ctx.Err(); err != nil {
		return err
	}
	here := len(records) - len(all)
	report.sum(Report{Read: here, Present: here})
	for _, l := range reportSameIDs(records, present) {
		tell(l)
	}
	for len(all) > 0 {
		n := len(all)
		if w.together > 0 {
			n = min(n, w.together)
		}
		batch, lines, err := w.storeTogether(ctx, all[:n])
		switch {
		case err != nil && (n == 1 || !errors.Is(err, errs.ErrUnavailable)):
			return fmt.Errorf("store accounts: %w", err)
		case err != nil:
			w.together = n / 2
			continue
		case n == w.together: // too many cost all the time that the store allows, so it grows slowly
			w.together += n/10 + 1
		}
		lines, err = w.meanwhile(ctx, all[:n], &batch, lines)
		report.sum(batch)
		for _, l := range lines {
			tell(l)
		}
		if err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// storeTogether stores accounts in one transaction, all or none.
func (w *Writer) storeTogether(ctx context.Context, all []*prepared) (Report, []Line, error) {
	batch, lines, err := w.storeAll(ctx, all, false)
	if errors.Is(err, errOne) {
		batch, lines, err = w.storeAll(ctx, all, true)
	}
	if errors.Is(err, errUndo) {
		w.undone.add(all)
		err = nil
	}
	batch.Read = len(all)
	return batch, lines, err
}

// errOne says that one account can't be stored, and with it the transaction.
var errOne = errors.New("an account can't be stored")

// storeAll stores accounts in one transaction. Apart gives each a savepoint, so that one that
// can't be stored does not take the others with it; savepoints cost as much as the rows.
func (w *Writer) storeAll(ctx context.Context, all []*prepared, apart bool) (batch Report, lines []Line, err error) {
	in := w.Store.InWhole
	if apart {
		in = w.Store.InTx
	}
	err = in(ctx, func(ctx context.Context) error {
		batch, lines = Report{}, nil // a transaction may be retried
		for _, p := range all {
			more, err := w.take(ctx, p, &batch, apart)
			if err != nil {
				return err
			}
			lines = append(lines, more...)
		}
		if w.DryRun {
			return errUndo
		}
		return nil
	})
	return batch, lines, err
}

func (w *Writer) present(ctx context.Context, records []Record) (map[string]*identity.Identity, error) {
	var ids []string
	for _, r := range records {
		ids = append(ids, r.Identity.ID)
	}
	there := map[string]*identity.Identity{}
	if len(ids) == 0 {
		return there, nil
	}
	found, err := w.Store.Identities(ctx, identity.Query{IDs: ids, Limit: len(ids)})
	if err != nil {
		return nil, fmt.Errorf("look for accounts: %w", err)
	}
	for _, i := range found {
		there[i.ID] = i
	}
	return there, nil
}

// take stores one record. What is wrong with it becomes lines; the error is the store's.
func (w *Writer) take(ctx context.Context, p *prepared, batch *Report, apart bool) ([]Line, error) {
	refuse := func(text string) []Line {
		batch.Refused++
		return []Line{{ID: p.identity.ID, Name: p.name, Refused: true, Text: text}}
	}
	p.stored, p.conflict = false, false // a transaction may be retried
	if p.refused != nil {
		return refuse(p.refused.Error()), nil
	}
	if conflict := w.undone.conflict(p); conflict != "" {
		return refuse(conflict), nil
	}
	var err error
	if apart {
		err = w.Store.InTx(ctx, func(ctx context.Context) error { return w.store(ctx, p) })
	} else {
		err = w.store(ctx, p)
	}
	switch {
	case err != nil && !apart && !errors.Is(err, errs.ErrUnavailable):
		return nil, fmt.Errorf("%w: %w", errOne, err)
	case errors.Is(err, errs.ErrConflict):
		p.conflict = true
		return refuse(belongs(w.taken(ctx, p))), nil
	case errors.Is(err, errs.ErrUnavailable):
		return nil, err
	case err != nil:
		return refuse(err.Error()), nil
	}
	p.stored = true
	batch.add(p)
	var lines []Line
	for _, text := range p.notes {
		lines = append(lines, Line{ID: p.identity.ID, Name: p.name, Text: text})
	}
	return lines, nil
}

func (w *Writer) store(ctx context.Context, p *prepared) error {
	i := p.identity
	if err := w.Store.CreateIdentity(ctx, &i, p.credentials); err != nil {
		return err
	}
	for _, a := range slices.Concat(i.Verifiable, i.Recovery) {
		if a.SentAt.IsZero() {
			continue
		}
		if err := w.Store.MarkSent(ctx, a.ID, a.SentAt); err != nil {
			return err
		}
	}
	for k := range p.sessions {
		s := p.sessions[k]
		s.IdentityID = i.ID
		if err := w.Store.CreateSession(ctx, &s); err != nil {
			return err
		}
	}
	for _, f := range p.flows {
		copied := *f
		if err := w.Store.CreateFlow(ctx, &copied); err != nil {
			return err
		}
	}
	return nil
}
