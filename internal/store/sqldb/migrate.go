package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// schemaTable is where applied migrations are recorded.
const schemaTable = "symbolon_schema"

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string    // of the file, without the extension; empty if this program does not know it
	AppliedAt time.Time // zero while it waits to be applied
}

// Migrate applies the migrations that are missing, each in a transaction where the
// database supports that, and returns their names. A database of a newer release is left
// as it is. Migrations wait only briefly for locks, because other transactions queue up
// behind them, and are retried.
func (db *DB) Migrate(ctx context.Context) (applied []string, err error) {
	err = db.writes.exclusive(ctx, func(pool *sql.DB) error {
		if db.dialect.Lock == nil {
			applied, err = db.upAsync(ctx, pool)
			return err
		}
		// The lock takes a connection that nothing else may wait for.
		limit := pool.Stats().MaxOpenConnections
		pool.SetMaxOpenConns(limit + 1)
		defer pool.SetMaxOpenConns(limit)
		unlock, err := db.dialect.Lock(ctx, pool)
		if err != nil {
			return fmt.Errorf("wait for the migration of another node: %w", db.classify(err))
		}
		applied, err = db.up(ctx, pool)
		return errors.Join(err, unlock())
	})
	if err != nil {
		return applied, fmt.Errorf("migrate database: %w", err)
	}
	if len(applied) > 0 {
		db.logger.InfoContext(ctx, "database migrated", slog.Any("applied", applied))
	}
	return applied, nil
}

// upAsync is up on the one connection of SQLite, with commits that do not wait for the disk:
// a migration that a crash of the machine undoes is applied by the next start, and the first
// commit that waits makes those before it safe. A start in an empty directory waited a dozen times.
func (db *DB) upAsync(ctx context.Context, pool *sql.DB) (applied []string, err error) {
	if db.dialect.Async == "" {
		return db.up(ctx, pool)
	}
	if _, err := pool.ExecContext(ctx, db.dialect.Async); err != nil {
		return nil, db.classify(err)
	}
	applied, err = db.up(ctx, pool)
	_, reset := pool.ExecContext(context.WithoutCancel(ctx), db.dialect.Sync)
	return applied, errors.Join(err, db.classify(reset))
}

func (db *DB) up(ctx context.Context, pool *sql.DB) (applied []string, err error) {
	p, err := db.dialect.provider(pool)
	if err != nil {
		return nil, err
	}
	if err := db.repairVersionTable(ctx, pool); err != nil {
		return nil, db.classify(err)
	}
	for tries := 1; ; tries++ {
		results, err := p.Up(ctx)
		if part, ok := errors.AsType[*goose.PartialError](err); ok {
			results = part.Applied
		}
		for _, r := range results {
			applied = append(applied, migrationName(r.Source))
		}
		err = db.classify(err)
		if !errors.Is(err, errRetryable) || tries == migrationTries || !pause(ctx, migrationPause) {
			return applied, err
		}
		db.logger.WarnContext(ctx, "migration blocked by locks, retrying", slog.Any("error", err))
	}
}

// How often a migration is tried that is blocked by locks.
const (
	migrationTries = 60
	migrationPause = 2 * time.Second
)

// repairVersionTable adds the row of version zero to the table of migrations, without
// which goose does nothing. Goose makes both in one transaction, but MySQL commits the
// table at once, and a node that is killed then leaves it empty.
func (db *DB) repairVersionTable(ctx context.Context, pool *sql.DB) error {
	names, err := db.Tables(ctx)
	if err != nil || !slices.Contains(names, schemaTable) {
		return err
	}
	_, err = pool.ExecContext(ctx, `INSERT INTO `+schemaTable+` (version_id, is_applied)
 SELECT 0, TRUE WHERE NOT EXISTS (SELECT 1 FROM `+schemaTable+`)`)
	if err != nil {
		return fmt.Errorf("repair table of migrations: %w", err)
	}
	return nil
}

// MigrationStatus lists the migrations that this program knows, in their order, and
// then those that a newer release has applied. It writes nothing.
func (db *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	all, err := db.dialect.migrations()
	if err != nil {
		return nil, err
	}
	done, err := db.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	for k, m := range all {
		all[k].AppliedAt = done[m.Version]
		delete(done, m.Version)
	}
	newest := all[len(all)-1].Version
	for _, version := range slices.Sorted(maps.Keys(done)) {
		if version > newest { // zero is a mark of goose
			all = append(all, Migration{Version: version, AppliedAt: done[version]})
		}
	}
	return all, nil
}

// Plan returns the names of the migrations that Migrate would apply. It writes
// nothing.
func (db *DB) Plan(ctx context.Context) ([]string, error) {
	all, err := db.MigrationStatus(ctx)
	var pending []string
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			pending = append(pending, m.Name)
		}
	}
	return pending, err
}

// applied returns the versions that the database has, and since when.
func (db *DB) applied(ctx context.Context) (map[int64]time.Time, error) {
	names, err := db.Tables(ctx)
	if err != nil || !slices.Contains(names, schemaTable) {
		return nil, err
	}
	done := map[int64]time.Time{}
	err = db.List(ctx, func(scan ScanFunc) error {
		var version int64
		var since time.Time
		err := scan(&version, &since)
		done[version] = since.UTC()
		return err
	}, `SELECT version_id, tstamp FROM `+schemaTable+` WHERE is_applied`)
	return done, err
}

// Tables names all tables except those of the database system itself.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	var names []string
	err := db.List(ctx, func(scan ScanFunc) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, db.dialect.Tables)
	return names, err
}

// migrations lists what the dialect brings, from the names of the files.
func (d *Dialect) migrations() ([]Migration, error) {
	p, err := d.provider(&sql.DB{})
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, source := range p.ListSources() {
		all = append(all, Migration{Version: source.Version, Name: migrationName(source)})
	}
	return all, nil
}

func (d *Dialect) provider(pool *sql.DB) (*goose.Provider, error) {
	return goose.NewProvider(d.Goose, pool, d.Migrations,
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

func migrationName(s *goose.Source) string {
	return strings.TrimSuffix(path.Base(s.Path), ".sql")
}
