package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/traits"
)

// maxSchema bounds a fetched schema.
const maxSchema = 1 << 20

// newSchemas makes the registry of identity schemas and reads them; without a
// configured default it is the embedded one.
func (a *composition) newSchemas(guard *netguard.Guard) error {
	var err error
	if a.schemas, err = a.registry(guard); err != nil {
		return newProblem("identity.schemas", err)
	}
	a.identities = identity.New(a.db, a.schemas, a.sessions.Invalidate, a.now)
	return a.readSchemas()
}

func (a *composition) registry(guard *netguard.Guard) (*traits.Registry, error) {
	c := a.config.Identity
	if c.DefaultSchemaURL == "" {
		c.DefaultSchemaURL = traits.DefaultURL
	}
	sources := []traits.Source{{ID: c.DefaultSchemaID, URL: c.DefaultSchemaURL}}
	for _, s := range c.Schemas {
		sources = append(sources, traits.Source{ID: s.ID, URL: s.URL})
	}
	return traits.NewRegistry(traits.Options{
		Sources: sources, Now: a.now,
		Fetch: func(ctx context.Context, url string) ([]byte, error) { return fetch(ctx, guard, url, url) },
		FetchReference: func(ctx context.Context, source, url string) ([]byte, error) {
			return fetch(ctx, guard, source, url)
		},
		OnStale: func(id string, err error) {
			a.log.Warn("identity schema could not be read again, the one before stays in use", slog.String("schema_id", id), slog.Any("error", err))
		},
	})
}

// schemasWithin bounds how long a start or a new configuration waits for the schemas
// of other servers.
const schemasWithin = 10 * time.Second

// readSchemas refuses schemas that can't be used. One on another server that can't
// be read is not one of them: this server has to start while that one is down. Nor is
// a file that is gone where the configuration is of v0.5, which starts with it too.
// Requests that need it try again.
func (a *composition) readSchemas() error {
	ctx, cancel := context.WithTimeout(context.Background(), schemasWithin)
	defer cancel()
	var found config.Problems
	for _, id := range a.schemas.IDs() {
		key, url := "identity.default_schema_url", a.config.Identity.DefaultSchemaURL
		for i, s := range a.config.Identity.Schemas {
			if s.ID == id {
				key, url = fmt.Sprintf("identity.schemas[%d].url", i), s.URL
			}
		}
		schema, err := a.schemas.Schema(ctx, id)
		switch _, unread := errors.AsType[*traits.UnreadableError](err); {
		case unread && (a.config.V05 || !strings.HasPrefix(url, "file://")):
			a.warnings = append(a.warnings, newProblem(key, fmt.Errorf("can't be read; requests that need it will try again: %w", err)))
		case err != nil:
			found = append(found, newProblem(key, errors.New(a.schemaMistake(ctx, id, err))))
		default:
			a.warnOfSchema(ctx, key, id)
			if missing := schema.Unfillable(); len(missing) > 0 && id == a.config.Identity.DefaultSchemaID {
				a.warnings = append(a.warnings, newProblem(key, fmt.Errorf("of schema %q requires %s, for which no form has an input: people can't sign up. "+
					"Give it one \"type\", beside an enum too", id, strings.Join(missing, ", "))))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// fetch gets a document; source is the URL that the operator wrote, empty where
// that is a file.
func fetch(ctx context.Context, guard *netguard.Guard, source, address string) ([]byte, error) {
	var named []string
	if source != "" {
		named = append(named, source)
	}
	client, err := guard.Client(named...)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL, which may be signed
		}
		return nil, fmt.Errorf("fetch: %w", err)
	}
	body, err := netguard.Read(response, maxSchema)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: the server answered %d", response.StatusCode)
	}
	return body, nil
}
