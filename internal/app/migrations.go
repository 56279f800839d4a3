package app

import (
	"context"
	"time"

	"github.com/symbolon/symbolon/internal/store"
)

// Migrations changes the tables of a database while no server runs on it.
type Migrations struct{ db *store.DB }

// OpenMigrations opens the database of a DSN. The error says so when a running
// server holds it.
func OpenMigrations(ctx context.Context, dsn string) (*Migrations, error) {
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, Exclusive: true})
	if err != nil {
		return nil, err
	}
	return &Migrations{db: db}, nil
}

// Migration is one step of the database's tables.
type Migration = store.Migration

// Status lists the migrations that this program knows and those that a newer release
// has applied, in their order.
func (m *Migrations) Status(ctx context.Context) ([]Migration, error) {
	return m.db.MigrationStatus(ctx)
}

// Pending lists the migrations that are still to be applied.
func (m *Migrations) Pending(ctx context.Context) ([]string, error) { return m.db.Plan(ctx) }

// Apply applies them and returns their names.
func (m *Migrations) Apply(ctx context.Context) ([]string, error) { return m.db.Migrate(ctx) }

// Close releases the database.
func (m *Migrations) Close() error { return m.db.Close() }
