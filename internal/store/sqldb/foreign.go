package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Foreign is a database of another program, opened to read it.
type Foreign struct {
	DB      *sql.DB
	Dialect string // "SQLite", "PostgreSQL" or "MySQL"
	// Rebind gives a query with ? the placeholders of the database; nil keeps them.
	Rebind func(query string) string

	dialect Dialect
	pools   *pools
}

// OpenForeign opens the database of a DSN, also one whose tables belong to another program. It writes
// nothing; a SQLite file must exist.
func OpenForeign(ctx context.Context, schema Schema, c Config) (*Foreign, error) {
	src, err := parseDSN(c.DSN)
	if err != nil {
		return nil, err
	}
	d, err := dialectFor(src.scheme, schema)
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if d.Embedded {
		src.params.Set("mode", "rw")
	}
	p, err := d.Open(src, c)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	f := &Foreign{DB: p.read, Dialect: d.Name, Rebind: d.Rebind, dialect: d, pools: p}
	if err := p.read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", p.name, d.Classify(err)), f.Close())
	}
	return f, nil
}

// Close releases the database.
func (f *Foreign) Close() error {
	var write error
	if f.pools.write != f.pools.read {
		write = f.pools.write.Close()
	}
	return errors.Join(f.pools.read.Close(), write, closeLock(f.pools.lock))
}

// RenameTables gives all tables that rename changes their new names, or none of them.
// Foreign keys follow. Tables that strip names lose their indexes and triggers where
// others could not have the same names then. The name of a table that exists already is
// an error.
func (f *Foreign) RenameTables(ctx context.Context, rename func(table string) string, strip func(table string) bool) (renamed int, err error) {
	names, err := f.Tables(ctx)
	if err != nil {
		return 0, err
	}
	to := map[string]string{}
	for _, old := range names {
		if next := rename(old); next != old {
			to[old] = next
		}
	}
	var pairs, later [][2]string
	for _, old := range names {
		next, renames := to[old]
		_, gives := to[next] // the table that has the name now gets another
		switch {
		case !renames:
		case !slices.Contains(names, next):
			pairs = append(pairs, [2]string{old, next})
		case gives:
			later = append(later, [2]string{old, next})
		default:
			return 0, fmt.Errorf("rename table %s: there is a table %s already", old, next)
		}
	}
	pairs = append(pairs, later...)
	if len(pairs) == 0 {
		return 0, nil
	}
	return len(pairs), f.rename(ctx, pairs, strip)
}

// Tables names the tables of the database.
func (f *Foreign) Tables(ctx context.Context) (names []string, err error) {
	rows, err := f.DB.QueryContext(ctx, f.dialect.Tables)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// The indexes and triggers of a database whose names are unique among all tables, as rows
// (table, statement that drops it). Those that a constraint made have names of their own.
const (
	sqliteDrops = `SELECT tbl_name, 'DROP ' || type || ' "' || name || '"' FROM sqlite_schema
 WHERE type IN ('index', 'trigger') AND sql IS NOT NULL`
	postgresDrops = `SELECT t.relname, 'DROP INDEX ' || quote_ident(i.relname)
 FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
 WHERE t.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)`
)

// drops are the statements that strip tables.
func (f *Foreign) drops(ctx context.Context, pairs [][2]string, strip func(table string) bool) (statements []string, err error) {
	query := map[string]string{"SQLite": sqliteDrops, "PostgreSQL": postgresDrops}[f.Dialect]
	rows, err := f.DB.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, statement string
		if err := rows.Scan(&table, &statement); err != nil {
			return nil, fmt.Errorf("list indexes: %w", err)
		}
		if slices.ContainsFunc(pairs, func(p [2]string) bool { return p[0] == table }) && strip(table) {
			statements = append(statements, statement)
		}
	}
	return statements, rows.Err()
}

func (f *Foreign) rename(ctx context.Context, pairs [][2]string, strip func(table string) bool) error {
	quote := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	if f.Dialect == "MySQL" { // one statement, and undone if it fails
		var parts []string
		for _, p := range pairs {
			parts = append(parts, "`"+p[0]+"` TO `"+p[1]+"`")
		}
		_, err := f.pools.write.ExecContext(ctx, `RENAME TABLE `+strings.Join(parts, `, `))
		return err
	}
	statements, err := f.drops(ctx, pairs, strip)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		statements = append(statements, `ALTER TABLE `+quote(p[0])+` RENAME TO `+quote(p[1]))
	}
	tx, err := f.pools.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("rename tables: %w", err)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", statement, err), tx.Rollback())
		}
	}
	return tx.Commit()
}
