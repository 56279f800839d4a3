package kratos

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/kratoskeys"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/traits"
)

// Records returns at most limit accounts, those with the least ids after the one given, in
// the order of their ids.
func (s *Source) Records(ctx context.Context, after string, limit int) ([]takeover.Record, error) {
	where, args := `1 = 1`, []any(nil)
	if after != "" {
		where, args = `id > ?`, append(args, after)
	}
	where, args = s.ofNetwork("identities", where, args)
	found, err := s.read(ctx, "identities", []string{
		"id", "schema_id", "traits", "created_at", "updated_at", "state", "state_changed_at", "metadata_public", "metadata_admin", "external_id",
		"organization_id",
	}, where+` ORDER BY id LIMIT ?`, append(args, limit))
	if err != nil {
		return nil, err
	}
	records := make([]takeover.Record, len(found))
	b := batch{Source: s, byID: map[string]*takeover.Record{}}
	for i, r := range found {
		records[i] = record(r)
		b.byID[records[i].Identity.ID] = &records[i]
		b.ids = append(b.ids, records[i].Identity.ID)
	}
	for _, part := range []func(context.Context) error{
		b.addresses, b.credentials, b.sessions, b.links, b.codes,
	} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func record(r row) takeover.Record {
	out := takeover.Record{Identity: identity.Identity{
		ID: r.text("id"), SchemaID: r.text("schema_id"), Traits: r.raw("traits"),
		CreatedAt: r.time("created_at"), UpdatedAt: r.time("updated_at"),
		State: identity.Active, StateChangedAt: r.time("state_changed_at"),
		MetadataPublic: r.raw("metadata_public"), MetadataAdmin: r.raw("metadata_admin"), ExternalID: r.text("external_id"),
	}}
	switch state := r.text("state"); state {
	case "", string(identity.Active): // version 0.5 has no states
	case string(identity.Inactive):
		out.Identity.State = identity.Inactive
	default:
		out.Identity.State = identity.Inactive
		out.Notes = append(out.Notes, "is inactive here: its state is "+state)
	}
	if o := r.text("organization_id"); o != "" && o != noID {
		out.Notes = append(out.Notes, "is not a member of organization "+o+" any more: there are no organizations here")
	}
	return out
}

// noID is how some versions write that there is no id.
const noID = "00000000-0000-0000-0000-000000000000"

// batch reads what belongs to some accounts, table by table.
type batch struct {
	*Source
	ids  []string
	byID map[string]*takeover.Record
	// found are addresses by the ids that links and codes name them by.
	found map[string]owned
}

type owned struct {
	record  *takeover.Record
	address identity.Address
}

func (b *batch) addresses(ctx context.Context) error {
	b.found = map[string]owned{}
	for table, purpose := range map[string]identity.Purpose{
		"identity_verifiable_addresses": identity.ForVerification, "identity_recovery_addresses": identity.ForRecovery,
	} {
		rows, err := b.readAmong(ctx, table, []string{"id", "identity_id", "via", "value", "verified", "verified_at", "status", "updated_at"},
			"identity_id", b.ids, "created_at, id")
		if err != nil {
			return err
		}
		for _, r := range rows {
			a := identity.Address{
				ID: r.text("id"), Via: r.text("via"), Value: r.text("value"), Normalized: traits.NormalizeAddress(r.text("via"), r.text("value")),
				Verified: r.boolCol("verified"), VerifiedAt: r.time("verified_at"),
			}
			if r.text("status") == "sent" {
				a.SentAt = r.time("updated_at")
			}
			owner := b.byID[r.text("identity_id")]
			owner.Addresses = append(owner.Addresses, takeover.Address{Purpose: purpose, Address: a})
			b.found[a.ID] = owned{owner, a}
		}
	}
	return nil
}

func (b *batch) credentials(ctx context.Context) error {
	rows, err := b.readAmong(ctx, "identity_credentials", []string{"id", "identity_id", "identity_credential_type_id", "config"}, "identity_id", b.ids, "id")
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.text("id"))
	}
	identifiers := map[string][]string{}
	named, err := b.readAmong(ctx, "identity_credential_identifiers", []string{"identity_credential_id", "identifier"}, "identity_credential_id", ids, "created_at, id")
	if err != nil {
		return err
	}
	for _, r := range named {
		id := r.text("identity_credential_id")
		identifiers[id] = append(identifiers[id], r.text("identifier"))
	}
	for _, r := range rows {
		owner, kind := b.byID[r.text("identity_id")], b.types[r.text("identity_credential_type_id")]
		if slices.ContainsFunc(owner.Credentials, func(c takeover.Credential) bool { return c.Type == kind }) {
			owner.Notes = append(owner.Notes, "a second credential of type "+kind+" is not taken")
			continue
		}
		owner.Credentials = append(owner.Credentials, takeover.Credential{
			Type: kind, Identifiers: identifiers[r.text("id")], Config: r.raw("config"),
		})
	}
	for _, id := range b.ids { // the same order in every run
		slices.SortFunc(b.byID[id].Credentials, func(x, y takeover.Credential) int { return strings.Compare(x.Type, y.Type) })
	}
	return nil
}

func (b *batch) sessions(ctx context.Context) error {
	rows, err := b.readAmong(ctx, "sessions", []string{
		"id", "identity_id", "token", "active", "issued_at", "authenticated_at", "expires_at", "authentication_methods", "aal",
	}, "identity_id", b.ids, "issued_at, id")
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.text("id"))
	}
	devices, err := b.devices(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s, err := b.session(r)
		owner := b.byID[r.text("identity_id")]
		if err != nil {
			owner.Notes = append(owner.Notes, "session "+r.text("id")+" "+err.Error())
			continue
		}
		s.UserAgent, s.Address = devices[s.ID].text("user_agent"), devices[s.ID].text("ip_address")
		owner.Sessions = append(owner.Sessions, s)
	}
	return nil
}

func (b *batch) devices(ctx context.Context, sessions []string) (map[string]row, error) {
	rows, err := b.readAmong(ctx, "session_devices", []string{"session_id", "user_agent", "ip_address"}, "session_id", sessions, "created_at, id")
	if err != nil {
		return nil, err
	}
	devices := map[string]row{}
	for _, r := range rows {
		if devices[r.text("session_id")] == nil { // where it began
			devices[r.text("session_id")] = r
		}
	}
	return devices, nil
}

// session reads one session. Version 0.5 does not say how it was authenticated.
func (b *batch) session(r row) (session.Session, error) {
	s := session.Session{
		ID: r.text("id"), IdentityID: r.text("identity_id"), Active: r.boolCol("active"),
		IssuedAt: r.time("issued_at"), AuthenticatedAt: r.time("authenticated_at"), ExpiresAt: r.time("expires_at"),
	}
	token := kratoskeys.Bare(r.text("token"))
	if token == "" {
		return s, errors.New("has no token")
	}
	s.TokenHash = secret.Hash(token)
	var methods []struct {
		Method      string    `json:"method"`
		AAL         string    `json:"aal"`
		Provider    string    `json:"provider"`
		CompletedAt time.Time `json:"completed_at"`
	}
	if raw := r.raw("authentication_methods"); raw != nil {
		if err := json.Unmarshal(raw, &methods); err != nil {
			return s, errors.New("says in an unknown form how it was authenticated")
		}
	}
	for _, m := range methods {
		f := session.Factor{Method: m.Method, AAL: session.AAL1, Provider: m.Provider, At: m.CompletedAt}
		if f.At.IsZero() {
			f.At = s.AuthenticatedAt
		}
		if m.AAL == "aal2" {
			f.AAL = session.AAL2
		}
		s.Factors = append(s.Factors, f)
	}
	if len(methods) == 0 {
		s.Factors = []session.Factor{{Method: identity.TypePassword, AAL: session.AAL1, At: s.AuthenticatedAt}}
	}
	return s, nil
}

// links reads the links of mails that were not opened yet.
func (b *batch) links(ctx context.Context) error {
	for _, l := range []struct{ table, kind, address, flow string }{
		{"identity_recovery_tokens", "recovery", "identity_recovery_address_id", "selfservice_recovery_flow_id"},
		{"identity_verification_tokens", "verification", "identity_verifiable_address_id", "selfservice_verification_flow_id"},
	} {
		rows, err := b.pending(ctx, l.table, l.address, []string{"id", "token", "used", "expires_at", "identity_id", l.address, l.flow})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !r.boolCol("used") {
				b.challenge(r, l.address, takeover.Challenge{Kind: l.kind, Hash: r.text("token"), Expires: r.time("expires_at")})
			}
		}
	}
	return nil
}

// codes reads codes of recovery and verification that wait to be typed.
func (b *batch) codes(ctx context.Context) error {
	for _, l := range []struct{ table, kind, address, flow, flows string }{
		{"identity_recovery_codes", "recovery", "identity_recovery_address_id", "selfservice_recovery_flow_id", "selfservice_recovery_flows"},
		{"identity_verification_codes", "verification", "identity_verifiable_address_id", "selfservice_verification_flow_id", "selfservice_verification_flows"},
	} {
		hash := b.codeColumn(l.table)
		rows, err := b.pending(ctx, l.table, l.address, []string{"id", hash, "used_at", "issued_at", "expires_at", "identity_id", l.address, l.flow})
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r row) bool { return !r.time("used_at").IsZero() })
		slices.SortStableFunc(rows, func(x, y row) int { return y.time("issued_at").Compare(x.time("issued_at")) })
		open, err := b.openFlows(ctx, l.flows, l.flow, rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f := open[r.text(l.flow)]
			if f == nil {
				continue
			}
			delete(open, f.text("id")) // the newest code of a flow counts
			c := takeover.Challenge{
				Kind: l.kind, Code: true, Hash: r.text(hash), Expires: r.time("expires_at"),
				FlowID: f.text("id"), API: f.text("type") == "api", Tries: int(f.number("submit_count")),
			}
			if ends := f.time("expires_at"); ends.Before(c.Expires) {
				c.Expires = ends
			}
			b.challenge(r, l.address, c)
		}
	}
	return nil
}

// openFlows reads the flows, by id, that rows name in a column and that are not done.
func (b *batch) openFlows(ctx context.Context, table, column string, rows []row) (map[string]row, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.text(column))
	}
	found, err := b.readAmong(ctx, table, []string{"id", "type", "state", "submit_count", "expires_at"}, "id", ids, "id")
	if err != nil {
		return nil, err
	}
	open := map[string]row{}
	for _, f := range found {
		if f.text("state") != "passed_challenge" {
			open[f.text("id")] = f
		}
	}
	return open, nil
}

// pending reads rows that belong to an account by its id, where the table has one, or by
// one of its addresses.
func (b *batch) pending(ctx context.Context, table, address string, columns []string) ([]row, error) {
	var addresses []string
	for id := range b.found {
		addresses = append(addresses, id)
	}
	slices.Sort(addresses)
	found, err := b.readAmong(ctx, table, columns, address, addresses, "id")
	if err != nil || !slices.Contains(b.columns[table], "identity_id") {
		return found, err
	}
	more, err := b.readAmong(ctx, table, columns, "identity_id", b.ids, "id")
	found = append(found, more...)
	slices.SortStableFunc(found, func(x, y row) int { return strings.Compare(x.text("id"), y.text("id")) })
	return slices.CompactFunc(found, func(x, y row) bool { return x.text("id") == y.text("id") }), err
}

// challenge adds a pending link or code to its account. One that an operator made names
// no address.
func (b *batch) challenge(r row, address string, c takeover.Challenge) {
	owner := b.byID[r.text("identity_id")]
	if known, ok := b.found[r.text(address)]; ok {
		owner, c.Address = known.record, known.address
	}
	if owner != nil {
		owner.Challenges = append(owner.Challenges, c)
	}
}
