package wire

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/test/databases"
)

// program is a running server, seen from outside.
type program struct {
	public, admin http.Handler
	// deliver sends the mail that is due and tells how many letters that were.
	deliver func(context.Context) (int, error)
}

// start composes a server that lasts until the test ends.
func start(t *testing.T, l launch, c *clock) program {
	t.Helper()
	source := config.Source{Files: []string{l.file}, Dev: l.dev}
	if dsn := databases.Chosen(t, ""); dsn != "" {
		source.Environ = append(source.Environ, "DSN="+dsn)
	}
	for name, value := range l.environ {
		source.Environ = append(source.Environ, name+"="+value)
	}
	settings, _, err := config.Load(source)
	if err != nil {
		t.Fatalf("load %s: %v", l.file, err)
	}
	a, err := app.New(t.Context(), app.Options{Config: settings, Now: c.now, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start %s: %v", l.file, err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return program{public: a.Public(), admin: a.Admin(), deliver: a.DeliverMail}
}
