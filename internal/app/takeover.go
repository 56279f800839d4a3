package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/kratoskeys"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/scratch"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/traits"
)

// How many accounts one transaction stores. Ids are random, so each account writes a page of each index of a large file, and
// many accounts share pages: 1,000 take a quarter less processor time than 200. On a server a transaction has five seconds.
const (
	takeoverBatch       = 1000
	takeoverBatchServer = 200
)

// TakeoverOptions say how accounts are taken over.
type TakeoverOptions struct {
	DryRun   bool
	Progress func(takeover.Report) // after each batch, with the totals alone
	Tell     func(takeover.Line)   // what is not taken
}

// Takeover stores accounts of another system while no server runs on the database.
type Takeover struct {
	app     *App
	writer  *takeover.Writer
	options TakeoverOptions
	report  takeover.Report

	seen scratch.Scratch // the ids of users that were read
}

// OpenTakeover opens the database of a configuration, brings its tables up to date and
// prepares to store accounts in it.
func OpenTakeover(ctx context.Context, o Options, t TakeoverOptions) (*Takeover, error) {
	migrations, err := OpenMigrations(ctx, o.Config.DSN.Reveal())
	if err != nil {
		return nil, err
	}
	if t.DryRun {
		o.Config, err = dryConfig(ctx, migrations, o.Config)
	} else {
		_, err = migrations.Apply(ctx)
	}
	if err = errors.Join(err, migrations.Close()); err != nil {
		return nil, err
	}
	a, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	c := a.current.Load()
	return &Takeover{app: a, options: t, writer: &takeover.Writer{
		Store: a.db, Drafts: c.identities, Converters: c.converters(), Challenge: c.pendingChallenge, Now: a.now, DryRun: t.DryRun,
	}}, nil
}

// dryConfig is the configuration for a dry run, which makes no tables: where there are none, it runs on a database in
// memory.
func dryConfig(ctx context.Context, m *Migrations, c *config.Config) (*config.Config, error) {
	pending, err := m.Pending(ctx)
	if err != nil || len(pending) == 0 {
		return c, err
	}
	all, err := m.Status(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(all, func(one Migration) bool { return !one.AppliedAt.IsZero() }) {
		return nil, errors.New("the tables are those of an earlier release, and a dry run changes nothing: bring them up to date with 'symbolon migrate sql' first")
	}
	copied := *c
	copied.DSN = config.SecretURL("memory")
	return &copied, nil
}

// Close releases the database.
func (t *Takeover) Close() error { return errors.Join(t.seen.Close(), t.app.Close()) }

// FromKratos takes all accounts of a database of the original. It may be stopped at any
// moment and run again.
func (t *Takeover) FromKratos(ctx context.Context, from *store.Kratos) (takeover.Report, error) {
	return t.from(ctx, func(ctx context.Context, yield func(portion) bool) {
		after := ""
		for {
			batch, err := from.Records(ctx, after, t.batch())
			if err != nil {
				yield(portion{failed: fmt.Errorf("read accounts: %w", err)})
				return
			}
			if len(batch) == 0 || !yield(portion{records: batch}) {
				return
			}
			after = batch[len(batch)-1].Identity.ID
		}
	})
}

func (t *Takeover) batch() int {
	if t.app.db.MultiNode() {
		return takeoverBatchServer
	}
	return takeoverBatch
}

// portion is what one transaction stores.
type portion struct {
	records []takeover.Record
	refused []takeover.Line // users that make no record
	failed  error           // what ended the reading behind these
	lost    []string        // claims that no trait got, by name
}

// from stores what is read. While a portion is stored the next one is read, on another
// processor.
func (t *Takeover) from(ctx context.Context, read func(ctx context.Context, yield func(portion) bool)) (takeover.Report, error) {
	ctx, stop := context.WithCancel(ctx)
	pages := make(chan portion)
	go func() {
		defer close(pages)
		read(ctx, func(p portion) bool {
			select {
			case pages <- p:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	defer func() {
		stop()
		for range pages { // the caller closes what is read from
			continue
		}
	}()
	for p := range pages {
		t.report.Read += len(p.refused)
		t.report.Refused += len(p.refused)
		takeover.Count(&t.report.Claims, p.lost...)
		t.countProviders(p.records)
		for _, line := range p.refused {
			t.options.Tell(line)
		}
		if err := errors.Join(t.write(ctx, p.records), p.failed); err != nil {
			return t.report, err
		}
	}
	return t.report, ctx.Err()
}

func (t *Takeover) write(ctx context.Context, batch []takeover.Record) error {
	if err := t.writer.Write(ctx, batch, &t.report, t.options.Tell); err != nil {
		return err
	}
	t.options.Progress(t.report.Totals())
	return nil
}

// converters turn credentials as other systems store them into those of the methods.
func (a *composition) converters() map[string]takeover.Converter {
	all := map[string]takeover.Converter{
		identity.TypePassword: a.convertPassword,
		identity.TypeOIDC:     a.convertProviders,
		code.ID:               convertCode,
	}
	for _, typ := range factorTypes() {
		all[typ] = a.convertFactor
	}
	return all
}

// convertCode takes the addresses that codes may be sent to.
func convertCode(_ context.Context, _ string, c takeover.Credential) (identity.Credential, []string, error) {
	type address struct {
		Channel string `json:"channel"`
		Address string `json:"address"`
	}
	var stored struct {
		Addresses []address `json:"addresses"`
		Type      string    `json:"address_type"` // of the identifiers, before there were addresses
	}
	if len(c.Config) > 0 {
		if err := json.Unmarshal(c.Config, &stored); err != nil {
			return identity.Credential{}, nil, errors.New("its configuration can't be read")
		}
	}
	if stored.Type = strings.TrimSpace(stored.Type); len(stored.Addresses) == 0 && stored.Type != "" {
		for _, identifier := range c.Identifiers {
			channel := map[string]string{"email": "email", "phone": "sms", "sms": "sms"}[stored.Type]
			if channel == "" {
				return identity.Credential{}, nil, errors.New("it is for addresses of the type " + stored.Type)
			}
			stored.Addresses = append(stored.Addresses, address{channel, identifier})
		}
		config, err := json.Marshal(map[string]any{"addresses": stored.Addresses})
		if err != nil {
			return identity.Credential{}, nil, err
		}
		c.Config = config
	}
	made := identity.Credential{Type: c.Type, Config: c.Config}
	for _, a := range stored.Addresses {
		made.Identifiers = append(made.Identifiers, traits.NormalizeAddress(a.Channel, a.Address))
	}
	if len(made.Identifiers) == 0 {
		return identity.Credential{}, nil, nil
	}
	return made, nil, nil
}

func (a *composition) convertPassword(_ context.Context, _ string, c takeover.Credential) (identity.Credential, []string, error) {
	made := identity.Credential{Type: c.Type, Config: json.RawMessage(`{}`)}
	for _, identifier := range c.Identifiers {
		made.Identifiers = append(made.Identifiers, traits.Normalize(identifier))
	}
	var stored struct {
		Hash   string `json:"hashed_password"`
		ByHook bool   `json:"use_password_migration_hook"`
	}
	if len(c.Config) > 0 {
		if err := json.Unmarshal(c.Config, &stored); err != nil {
			return made, nil, errors.New("its configuration can't be read")
		}
	}
	if stored.Hash == "" && stored.ByHook {
		made.Config = identity.PasswordElsewhere().Config
		return made, []string{"the password is asked for by selfservice.methods.password.config.migrate_hook; without it the owner has to recover the account"}, nil
	}
	if stored.Hash == "" {
		return made, nil, nil
	}
	if err := a.hasher.Check(stored.Hash); err != nil {
		return made, []string{"the password is not taken, and its owner has to recover the account: " + err.Error()}, nil
	}
	config, err := json.Marshal(map[string]string{"hashed_password": stored.Hash})
	made.Config = config
	return made, nil, err
}

// providerTokens are what a provider handed out when its account was linked.
type providerTokens struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
	ID       string `json:"initial_id_token"`
	Access   string `json:"initial_access_token"`
	Refresh  string `json:"initial_refresh_token"`
}

// importedProvider is a link to a provider as the original stores it.
type importedProvider struct {
	providerTokens
	Organization string `json:"organization"`
}

// sealedTokens is the configuration of a credential of providers: their tokens, sealed.
type sealedTokens struct {
	Tokens string `json:"tokens,omitempty"`
}

// convertProviders keeps the subjects at providers, which are case-sensitive, and the
// tokens that came with them.
func (a *composition) convertProviders(_ context.Context, identityID string, c takeover.Credential) (identity.Credential, []string, error) {
	made := identity.Credential{Type: c.Type, Identifiers: c.Identifiers, Config: json.RawMessage(`{}`)}
	var stored struct {
		Providers []importedProvider `json:"providers"`
	}
	if len(c.Config) > 0 {
		if err := json.Unmarshal(c.Config, &stored); err != nil {
			return made, []string{"tokens of providers are not taken: they can't be read"}, nil
		}
	}
	secrets, lost, found := config.Reveal(a.config.Secrets.Cipher), []string(nil), false
	tokens := make([]providerTokens, len(stored.Providers))
	for i, imported := range stored.Providers {
		if imported.Organization != "" {
			lost = append(lost, "the account at provider "+imported.Provider+" is not one of organization "+imported.Organization+" any more: there are no organizations here")
		}
		tokens[i] = imported.providerTokens
		p := &tokens[i]
		for _, token := range []*string{&p.ID, &p.Access, &p.Refresh} {
			plain, ok := kratoskeys.Decrypt(secrets, *token)
			if !ok {
				lost = append(lost, "a token of provider "+p.Provider+" is not taken: secrets.cipher does not open it")
			}
			*token, found = plain, found || plain != ""
		}
	}
	if !found {
		return made, lost, nil
	}
	var err error
	made.Config, err = sealProviders(a.tokens, identityID, tokens)
	return made, lost, err
}

// providerConfig is the configuration of a credential of providers as administrators see
// it: their tokens in clear.
func (a *composition) providerConfig(identityID string, c identity.Credential) json.RawMessage {
	known := map[string]providerTokens{}
	var sealed sealedTokens
	if json.Unmarshal(c.Config, &sealed) == nil && sealed.Tokens != "" {
		var all []providerTokens
		if plain, err := a.tokens.Open(sealed.Tokens, identityID); err == nil && json.Unmarshal([]byte(plain), &all) == nil {
			for _, p := range all {
				known[p.Provider+":"+p.Subject] = p
			}
		}
	}
	list := []providerTokens{}
	for _, id := range c.Identifiers {
		p := known[id]
		p.Provider, p.Subject, _ = strings.Cut(id, ":")
		list = append(list, p)
	}
	raw, err := json.Marshal(map[string]any{"providers": list})
	if err != nil {
		return nil
	}
	return raw
}

// Kratos is a database of the original server, opened to read it.
type Kratos = store.Kratos

// OpenKratos opens the database of the original; see store.OpenKratos.
func OpenKratos(ctx context.Context, dsn, network string) (*Kratos, error) {
	return store.OpenKratos(ctx, dsn, network)
}

// SetKratosAside makes room beside the tables of the original; see store.SetAside.
func SetKratosAside(ctx context.Context, dsn string) (renamed int, err error) {
	return store.SetAside(ctx, dsn)
}

// KratosIsAside reports whether the original's tables were set aside; see store.IsAside.
func KratosIsAside(ctx context.Context, dsn string) (bool, error) {
	return store.IsAside(ctx, dsn)
}

// PutKratosBack undoes SetKratosAside; see store.PutBack.
func PutKratosBack(ctx context.Context, dsn string) (renamed int, err error) {
	return store.PutBack(ctx, dsn)
}
