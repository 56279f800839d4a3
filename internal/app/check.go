package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/metrics"
	"github.com/symbolon/symbolon/internal/revocation"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
)

// Check composes a server of a configuration as New does, on a database in memory,
// and starts nothing. The problems are those for which New refuses to start; the
// warnings are what it logs.
func Check(ctx context.Context, c *config.Config) (warnings []config.Problem, err error) {
	checked := *c
	if checked.Secrets.Unset() {
		checked.Secrets.Default = []config.Secret{"only-for-this-check-0123456789"}
	}
	var found config.Problems
	if err := store.CheckDSN(c.DSN.Reveal()); err != nil {
		found = append(found, newProblem("dsn", errors.New(strings.TrimPrefix(err.Error(), "read dsn: "))))
	} else if err := store.CheckFile(c.DSN.Reveal()); err != nil {
		found = append(found, newProblem("dsn", err))
	}
	found = append(found, checkListeners(ctx, c)...)
	b := &base{log: slog.New(slog.DiscardHandler), now: time.Now, metrics: metrics.New("check")}
	b.history = b.metrics.NewHistory(b.now)
	if b.db, err = store.Open(ctx, store.Config{DSN: "memory", Now: b.now}); err != nil {
		return nil, err
	}
	b.sessions = session.New(b.db, session.Config{Lifespan: c.Session.Lifespan, CacheSize: 1}, b.now)
	b.ended = revocation.New(b.db, b.now)
	if b.limiter, err = newLimits(&checked, false, b.now); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	composed, err := compose(b, &checked)
	found = append(found, problemsOf(err)...)
	if composed != nil {
		warnings = composed.warnings
	}
	if err := b.db.Close(); err != nil || len(found) == 0 {
		return warnings, err
	}
	return warnings, found
}

// newProblem returns a problem with one key.
func newProblem(key string, err error) config.Problem {
	return config.Problem{Key: key, Text: err.Error()}
}

// problemsOf splits an error into one problem for each key.
func problemsOf(err error) config.Problems {
	if err == nil {
		return nil
	}
	if many, ok := errors.AsType[config.Problems](err); ok {
		return many
	}
	if one, ok := errors.AsType[config.Problem](err); ok {
		return config.Problems{one}
	}
	return config.Problems{{Text: err.Error()}}
}

// checkListeners opens each listener at a free port and closes it, so that a server that runs now is not in the way. Ports
// that need a right are opened themselves.
func checkListeners(ctx context.Context, c *config.Config) (found config.Problems) {
	const firstForAll = 1024
	for _, l := range []struct {
		name, host string
		port       int
	}{{"public", c.Serve.Public.Host, c.Serve.Public.Port}, {"admin", c.Serve.Admin.Host, c.Serve.Admin.Port}} {
		if l.port >= firstForAll {
			l.port = 0
		}
		opened, err := listen(ctx, l.name, l.host, l.port)
		if err == nil {
			err = opened.Close()
		}
		refused, ok := errors.AsType[*listenError](err)
		switch {
		case err == nil, errors.Is(err, syscall.EADDRINUSE):
		case ok:
			found = append(found, newProblem(refused.key, fmt.Errorf("can't be used here: %w", refused.err)))
		default:
			found = append(found, problemsOf(err)...)
		}
	}
	return found
}

// checkTLS loads the certificates of the listeners.
func (a *composition) checkTLS() error {
	var found config.Problems
	for _, l := range []struct {
		name  string
		files config.TLS
	}{{"serve.public.tls", a.config.Serve.Public.TLS}, {"serve.admin.tls", a.config.Serve.Admin.TLS}} {
		if !l.files.Enabled() {
			continue
		}
		if _, err := tls.LoadX509KeyPair(l.files.CertFile, l.files.KeyFile); err != nil {
			found = append(found, newProblem(l.name+".cert_file", fmt.Errorf("and key_file can't be used: %w", err)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// schemaMistake returns what is wrong with a schema: the line of malformed JSON, otherwise the
// deepest validation errors.
func (a *composition) schemaMistake(ctx context.Context, id string, err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		if raw, rawErr := a.schemas.Raw(ctx, id); rawErr == nil {
			before := raw[:min(int(syntax.Offset), len(raw))]
			return fmt.Sprintf("of schema %q is not valid JSON in line %d: %v", id, 1+bytes.Count(before, []byte{'\n'}), syntax)
		}
	}
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if rules, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			return fmt.Sprintf("of schema %q is not a JSON Schema: %s", id, strings.Join(innermost(rules), "; "))
		}
	}
	return fmt.Sprintf("of schema %q can't be used: %v", id, err)
}

// innermost lists the deepest faults of a validation, without repetition. Where a
// schema offers alternatives, the first fault of each place is enough.
func innermost(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		place := "/" + strings.Join(e.InstanceLocation, "/")
		lines := strings.Split(e.Error(), "\n")
		text := lines[len(lines)-1]
		if _, after, ok := strings.Cut(text, ": "); ok {
			text = after
		}
		return []string{place + ": " + text}
	}
	var found []string
	places := map[string]bool{}
	for _, cause := range e.Causes {
		for _, text := range innermost(cause) {
			place, _, _ := strings.Cut(text, ": ")
			if !places[place] {
				places[place] = true
				found = append(found, text)
			}
		}
	}
	return found
}

// warnOfSchema warns where a schema does not fit the flows and methods that are enabled.
func (a *composition) warnOfSchema(ctx context.Context, key, id string) {
	raw, err := a.schemas.Raw(ctx, id)
	if err != nil {
		return
	}
	var document struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Ref        string                     `json:"$ref"`
		AllOf      []json.RawMessage          `json:"allOf"`
	}
	if json.Unmarshal(raw, &document) != nil || document.Ref != "" || len(document.AllOf) > 0 {
		return
	}
	warn := func(key, text string, args ...any) {
		a.warnings = append(a.warnings, config.Problem{Key: key, Text: fmt.Sprintf(text, args...)})
	}
	if document.Properties["traits"] == nil {
		warn(key, "of schema %q has no properties.traits: registration and sign-in are impossible with it. Put the fields of an identity below properties.traits", id)
		return
	}
	used := annotations(raw)
	flows, methods := a.config.Selfservice.Flows, a.config.Selfservice.Methods
	if methods.Password.Enabled && !used["credentials"] && !bytes.Contains(raw, []byte(`"$ref"`)) {
		warn(key, `of schema %q has no login identifier: no account of it can sign in with a password. Mark one with "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}}`, id)
	}
	if used["recovery"] && !flows.Recovery.Enabled {
		warn("selfservice.flows.recovery.enabled", "is false, although schema %q has recovery addresses: people who forget their password are locked out", id)
	}
	if used["verification"] && !flows.Verification.Enabled {
		warn("selfservice.flows.verification.enabled", "is false, although schema %q has addresses to verify: they stay unverified", id)
	}
	if !used["recovery"] && flows.Recovery.Enabled && !bytes.Contains(raw, []byte(`"$ref"`)) {
		warn("selfservice.flows.recovery.enabled", "is true, but schema %q has no recovery address: its accounts can't be recovered", id)
	}
	for _, name := range []string{"recovery", "verification"} {
		for via := range viaValues(raw, name) {
			if !slices.Contains([]string{"email", "sms"}, via) {
				warn(key, "of schema %q says %s via %q, which has no effect; write email", id, name, via)
			}
		}
	}
}

// annotations returns the names below "ory.sh/kratos" anywhere in a schema.
func annotations(raw []byte) map[string]bool {
	names := map[string]bool{}
	eachExtension(raw, func(extension map[string]any) {
		for name := range extension {
			names[name] = true
		}
	})
	return names
}

// viaValues returns the values of via below recovery or verification.
func viaValues(raw []byte, name string) map[string]bool {
	found := map[string]bool{}
	eachExtension(raw, func(extension map[string]any) {
		if group, ok := extension[name].(map[string]any); ok {
			if via, ok := group["via"].(string); ok {
				found[via] = true
			}
		}
	})
	return found
}

// eachExtension calls f with every "ory.sh/kratos" object of a schema.
func eachExtension(raw []byte, f func(extension map[string]any)) {
	var document any
	if json.Unmarshal(raw, &document) != nil {
		return
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if extension, ok := v["ory.sh/kratos"].(map[string]any); ok {
				f(extension)
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(document)
}
