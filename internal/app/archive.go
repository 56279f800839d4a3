package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/symbolon/symbolon/internal/archive"
	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/passkey"
	"github.com/symbolon/symbolon/internal/method/totp"
	"github.com/symbolon/symbolon/internal/method/webauthn"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// ExportIdentities returns identities with everything that belongs to them, in the
// order of their ids, from the one after the id given, with their valid sessions if sessions
// is set. It stops after limit identities or once the lines exceed size bytes; next is then
// the id of the last one, and otherwise empty.
func (a *composition) ExportIdentities(ctx context.Context, after string, limit, size int, sessions bool) (lines []json.RawMessage, next string, err error) {
	page, _, err := a.identities.List(ctx, identity.Query{After: after, Limit: limit, NoTotal: true})
	if err != nil {
		return nil, "", err
	}
	lines = make([]json.RawMessage, 0, len(page))
	for _, i := range page {
		line, err := a.exportIdentity(ctx, i, sessions)
		if err != nil {
			return nil, "", fmt.Errorf("export identity %s: %w", i.ID, err)
		}
		raw, err := json.Marshal(line)
		if err != nil {
			return nil, "", fmt.Errorf("export identity %s: %w", i.ID, err)
		}
		lines = append(lines, raw)
		size -= len(raw)
		if size < 0 || len(lines) == limit {
			next = i.ID
			break
		}
	}
	if len(lines) == 0 {
		return lines, "", nil
	}
	// Exports are audited (OWASP Logging Vocabulary).
	return lines, next, a.db.RecordEvent(ctx, event.Event{Name: event.SensitiveRead, Details: map[string]string{
		"identities": strconv.Itoa(len(lines)), "first": page[0].ID, "last": page[len(lines)-1].ID, "sessions": strconv.FormatBool(sessions),
	}})
}

func (a *composition) exportIdentity(ctx context.Context, i *identity.Identity, sessions bool) (archive.Line, error) {
	var valid []*session.Session
	if sessions {
		all, err := a.db.Sessions(ctx, i.ID)
		if err != nil {
			return archive.Line{}, err
		}
		for _, s := range all {
			if s.Valid(a.now()) {
				valid = append(valid, s)
			}
		}
	}
	line := archive.Of(i, valid)
	at, err := a.db.DeletionOf(ctx, i.ID)
	if err != nil {
		return line, err
	}
	line.DeleteAt = at.UTC()
	credentials, err := a.identities.Credentials(ctx, i.ID)
	if err != nil {
		return line, err
	}
	for _, c := range credentials {
		config, err := a.unseal(i.ID, c)
		if err != nil {
			line.Lost = append(line.Lost, fmt.Sprintf("the credential of type %s can't be opened: %v", c.Type, err))
			continue
		}
		line.Credentials = append(line.Credentials, archive.Credential{Type: c.Type, Identifiers: c.Identifiers, Config: config})
	}
	return line, nil
}

// portableTokens is the configuration of a credential of providers with their tokens
// in clear.
type portableTokens struct {
	Providers []providerTokens `json:"providers,omitempty"`
}

// unseal returns the configuration of a credential with nothing sealed.
func (a *composition) unseal(identityID string, c identity.Credential) (json.RawMessage, error) {
	switch c.Type {
	case totp.ID:
		return totp.Reveal(a.seals, identityID, c.Config)
	case identity.TypeOIDC:
		var kept sealedTokens
		if err := json.Unmarshal(c.Config, &kept); err != nil || kept.Tokens == "" {
			return c.Config, err
		}
		plain, err := a.tokens.Open(kept.Tokens, identityID)
		if err != nil {
			return nil, err
		}
		var out portableTokens
		if err := json.Unmarshal([]byte(plain), &out.Providers); err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	return c.Config, nil
}

// ImportExported stores an identity that an export wrote, under its id, and returns
// that. The error is of code errs.Invalid or errs.Conflict where the line is at fault.
func (a *composition) ImportExported(ctx context.Context, raw []byte) (string, error) {
	line, err := archive.Parse(raw)
	if err != nil {
		return "", err
	}
	if _, err := a.schemas.Schema(ctx, line.SchemaID); err != nil {
		if _, ok := errors.AsType[*traits.UnknownError](err); ok {
			return "", errs.New(errs.Invalid, "schema_unknown", fmt.Sprintf("The schema %q is not configured.", line.SchemaID))
		}
		return "", err
	}
	credentials := make([]identity.Credential, 0, len(line.Credentials))
	for k, c := range line.Credentials {
		config, err := a.seal(line.ID, c)
		if err != nil {
			return "", errs.New(errs.Invalid, "credential_invalid", fmt.Sprintf("credentials[%d] of type %s can't be used: %v", k, c.Type, reasonOf(err)))
		}
		credentials = append(credentials, identity.Credential{Type: c.Type, Identifiers: c.Identifiers, Config: config})
	}
	return line.ID, a.db.InTx(ctx, func(ctx context.Context) error { return a.storeExported(ctx, &line, credentials) })
}

func (a *composition) storeExported(ctx context.Context, line *archive.Line, credentials []identity.Credential) error {
	i := line.Identity(a.now())
	if err := a.db.CreateIdentity(ctx, i, credentials); err != nil {
		return err
	}
	for _, list := range [][]identity.Address{i.Verifiable, i.Recovery} {
		for _, address := range list {
			if address.SentAt.IsZero() {
				continue
			}
			if err := a.db.MarkSent(ctx, address.ID, address.SentAt); err != nil {
				return err
			}
		}
	}
	seen := map[string]time.Time{}
	for _, s := range line.Live(a.now()) {
		if err := a.db.CreateSession(ctx, &s); err != nil {
			return err
		}
		if !s.SeenAt.IsZero() {
			seen[s.ID] = s.SeenAt
		}
	}
	if err := a.db.MarkSeen(ctx, seen); err != nil {
		return err
	}
	if line.DeleteAt.IsZero() {
		return nil
	}
	return a.db.ScheduleDeletion(ctx, i.ID, line.DeleteAt)
}

// seal is the reverse of unseal. It rejects a credential type that no method of this server
// uses.
func (a *composition) seal(identityID string, c archive.Credential) (json.RawMessage, error) {
	if a.converters()[c.Type] == nil {
		return nil, errors.New("this server has no such method")
	}
	if len(c.Config) == 0 {
		c.Config = json.RawMessage(`{}`)
	}
	switch c.Type {
	case totp.ID:
		return totp.Conceal(a.seals, identityID, c.Config)
	case identity.TypePassword:
		var in struct {
			Hash string `json:"hashed_password"`
		}
		if err := json.Unmarshal(c.Config, &in); err != nil || in.Hash == "" {
			return c.Config, err
		}
		return c.Config, a.hasher.Check(in.Hash)
	case webauthn.ID, passkey.ID:
		_, err := ceremony.ParseKeys(c.Config)
		return c.Config, err
	case identity.TypeOIDC:
		var in portableTokens
		if err := json.Unmarshal(c.Config, &in); err != nil || len(in.Providers) == 0 {
			return json.RawMessage(`{}`), err
		}
		return sealProviders(a.tokens, identityID, in.Providers)
	}
	return c.Config, nil
}

func sealProviders(tokens *secret.Sealer, identityID string, list []providerTokens) (json.RawMessage, error) {
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sealedTokens{Tokens: tokens.Seal(string(raw), identityID)})
}

// reasonOf returns the reason of an error if it has one, and otherwise its text.
func reasonOf(err error) string {
	if known, ok := errors.AsType[*errs.Error](err); ok && known.Reason != "" {
		return known.Reason
	}
	return err.Error()
}
