package app

import (
	"context"
	"fmt"
	"log/slog"

	"symbolon/internal/config"
	"symbolon/internal/netguard"
	"symbolon/internal/token"
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
			t.Keys = (&sourced[*token.Keys]{url: c.JWKSURL, compile: token.ParseKeys, guard: guard, now: a.now, log: log}).current
		}
		if c.ClaimsMapperURL != "" {
			t.Mapper = (&sourced[*token.Mapper]{url: c.ClaimsMapperURL, compile: token.ParseMapper, guard: guard, now: a.now, log: log}).current
		}
		templates[c.Name] = t
		a.checkTemplate(c, t)
	}
	a.issuer = token.NewIssuer(a.config.Serve.Public.BaseURL.String(), templates, a.now)
	return nil
}

// checkTemplate warns of a template that cannot make a token. Documents of other machines
// are not asked for: they may be up later.
func (a *composition) checkTemplate(c config.TokenTemplate, t token.Template) {
	ctx := context.Background()
	warn := func(key string, err error) {
		a.warnings = append(a.warnings, config.Problem{Key: "session.whoami.tokenizer.templates", Text: fmt.Sprintf("(%s): %s: %v", c.Name, key, err)})
	}
	if !remote(c.JWKSURL) {
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
