package app

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/takeover"
)

// FromUsers takes the users of another system. An error of one user becomes a line of the
// report; one without a user ends the run.
func (t *Takeover) FromUsers(ctx context.Context, users iter.Seq2[takeover.User, error], s takeover.Shape, m takeover.Mapper) (takeover.Report, error) {
	return t.from(ctx, func(_ context.Context, yield func(portion) bool) {
		var p portion
		for u, err := range users {
			if err != nil && u.Key == "" {
				p.failed = err
				break
			}
			var record takeover.Record
			if err == nil {
				record, err = t.record(u, s, m)
			}
			if p.failed = t.seen.Err(); p.failed != nil {
				break
			}
			if err != nil {
				p.refused = append(p.refused, takeover.Line{ID: u.Key, Name: u.Name(), Refused: true, Text: err.Error()})
			} else {
				p.records = append(p.records, record)
				p.lost = append(p.lost, m.Lost(u)...)
			}
			if len(p.records)+len(p.refused) < t.batch() {
				continue
			}
			if !yield(p) {
				return
			}
			p = portion{}
		}
		yield(p)
	})
}

// record makes the record of a user, unless one of its id came before in this run.
func (t *Takeover) record(u takeover.User, s takeover.Shape, m takeover.Mapper) (takeover.Record, error) {
	record, err := s.Record(u, m)
	if err == nil && !t.first(record.Identity.ID) {
		err = fmt.Errorf("its id %q is that of an account that came before it in the files", u.Key)
	}
	return record, err
}

// first reports whether no account of that id was read before in this run. An error of seen makes the answer void.
func (t *Takeover) first(id string) bool {
	const ids = "ids"
	if _, again := t.seen.First(ids, id); again {
		return false
	}
	t.seen.Add(ids, id, nil)
	return true
}

// countProviders counts links that work only when their provider is configured.
func (t *Takeover) countProviders(records []takeover.Record) {
	known := t.app.current.Load().config.Selfservice.Methods.OIDC.Providers
	for _, r := range records {
		for _, c := range r.Credentials {
			for _, identifier := range c.Identifiers {
				provider, _, _ := strings.Cut(identifier, ":")
				if c.Type == identity.TypeOIDC && !slices.ContainsFunc(known, func(p config.Provider) bool { return p.ID == provider }) {
					takeover.Count(&t.report.Providers, provider)
				}
			}
		}
	}
}

// Mapper returns what makes traits of a system's claims: a Jsonnet program like those of
// providers, or, without one, the names in the schema.
func (t *Takeover) Mapper(ctx context.Context, schemaID, name, program string) (takeover.Mapper, error) {
	schema, err := t.app.current.Load().schemas.Schema(ctx, schemaID)
	if err != nil {
		return nil, err
	}
	if program == "" {
		return takeover.SchemaMapper{Schema: schema}, nil
	}
	compiled, err := claims.Compile(name, program)
	if err != nil {
		return nil, err
	}
	return programMapper{ctx, compiled}, nil
}

// programMapper is a mapper by Jsonnet, in the life of one command.
type programMapper struct {
	ctx     context.Context //nolint:containedctx // of the command that made it
	program *claims.Mapper
}

// Lost implements takeover.Mapper: only the program knows which claims it uses.
func (programMapper) Lost(takeover.User) []string { return nil }

// Traits implements takeover.Mapper.
func (m programMapper) Traits(u takeover.User) (json.RawMessage, error) {
	raw, err := json.Marshal(u.Claims)
	if err != nil {
		return nil, fmt.Errorf("its claims are not JSON: %w", err)
	}
	c, err := claims.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("its claims can't be read: %w", err)
	}
	made, err := m.program.Map(m.ctx, c)
	if err != nil {
		return nil, fmt.Errorf("the mapper refuses it: %w", err)
	}
	return made.Traits, nil
}
