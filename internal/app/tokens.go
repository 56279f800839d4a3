package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/revocation"
	"github.com/symbolon/symbolon/internal/token"
)

// newTokens makes what signs the tokens of session checks. Sets and programs that cannot
// be read at start are warned of: they are read again when a token is asked for.
func (a *composition) newTokens(guard *netguard.Guard) error {
	derived, err := token.DeriveKeys(a.sealingSecrets())
	if err != nil {
		return err
	}
	templates := map[string]token.Template{}
	for _, c := range a.config.Session.Whoami.Tokenizer.Templates {
		t := token.Template{TTL: c.TTL, ExternalSubject: c.SubjectSource == "external_id"}
		log := a.log.With(slog.String("template", c.Name))
		t.Keys = func(context.Context) (*token.Keys, error) { return derived, nil }
		if c.JWKSURL != "" {
			t.Keys = (&sourced[*token.Keys]{url: c.JWKSURL.Reveal(), compile: token.ParseKeys, guard: guard, now: a.now, log: log}).current
		}
		if c.ClaimsMapperURL != "" {
			t.Mapper = (&sourced[*token.Mapper]{url: c.ClaimsMapperURL, compile: token.ParseMapper, guard: guard, now: a.now, log: log}).current
		}
		templates[c.Name] = t
		a.checkTemplate(c, t)
	}
	a.issuer = token.NewIssuer(a.config.Serve.Public.BaseURL.String(), templates, a.now)
	return a.checkKeptEvents()
}

// checkKeptEvents refuses to forget the end of a session while tokens of it are valid: a
// verifier that starts then would take them.
func (a *composition) checkKeptEvents() error {
	longest, kept := a.issuer.Longest(), a.config.Cleanup.KeepEvents
	if least := longest + revocation.ClockSlack; longest > 0 && kept > 0 && kept < least {
		return newProblem("cleanup.keep_events", fmt.Errorf("is %v, but tokens of sessions are valid for up to %v, and the feed of ended sessions is made of the events; "+
			"set it to at least %v, or to 0s, which keeps them for ever", kept, longest, least))
	}
	return nil
}

// checkTemplate warns of a template that cannot make a token, or not as it says. Documents of other machines
// are not asked for: they may be up later.
func (a *composition) checkTemplate(c config.TokenTemplate, t token.Template) {
	ctx := context.Background()
	warn := func(key string, err error) {
		a.warnings = append(a.warnings, config.Problem{Key: "session.whoami.tokenizer.templates", Text: fmt.Sprintf("(%s): %s: %v", c.Name, key, err)})
	}
	if c.TTL > token.MaxTTL {
		warn("ttl", fmt.Errorf("is %v, which counts as %v: no token is valid for longer", c.TTL, token.MaxTTL))
	}
	if !remote(c.JWKSURL.Reveal()) {
		keys, err := t.Keys(ctx)
		if err == nil {
			err = keys.Check()
		}
		if err != nil {
			warn("jwks_url", err)
		}
	}
	if t.Mapper != nil && !remote(c.ClaimsMapperURL) {
		if _, err := t.Mapper(ctx); err != nil {
			warn("claims_mapper_url", err)
		}
	}
}
