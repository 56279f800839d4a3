package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/store/kratos"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// asidePrefix begins the names of the original's tables where they are taken over in place.
const asidePrefix = "kratos_"

// ownPrefix begins the names of this program's tables where those of the original were put
// back, followed by a number for each time.
const ownPrefix = "replaced_"

// Kratos is a database of the original server.
type Kratos struct {
	*kratos.Source
	foreign *sqldb.Foreign
}

// OpenKratos opens a database of the original to read it, whether its tables have their own
// names or were set aside. network names a tenant, and may be empty where there is one.
func OpenKratos(ctx context.Context, dsn, network string) (*Kratos, error) {
	f, err := sqldb.OpenForeign(ctx, schema(), sqldb.Config{DSN: dsn})
	if err != nil {
		return nil, err
	}
	d, err := kratosDialect(ctx, f)
	if err == nil {
		var source *kratos.Source
		if source, err = kratos.Open(ctx, f.DB, d, network); err == nil {
			return &Kratos{Source: source, foreign: f}, nil
		}
	}
	_ = f.Close() // the first error says more
	return nil, err
}

func kratosDialect(ctx context.Context, f *sqldb.Foreign) (kratos.Dialect, error) {
	d := map[string]kratos.Dialect{"SQLite": kratos.SQLite, "PostgreSQL": kratos.PostgreSQL, "MySQL": kratos.MySQL}[f.Dialect]
	d.Rebind = f.Rebind
	names, err := f.Tables(ctx)
	if err != nil {
		return d, err
	}
	if slices.Contains(names, asidePrefix+"identity_credential_types") {
		d.Prefix = asidePrefix
	}
	return d, nil
}

// Close releases the database.
func (k *Kratos) Close() error { return k.foreign.Close() }

// SetAside renames the tables of the original in a database, so that the tables of this
// program have room beside them. It does nothing where that was done, and where there are
// none of them.
func SetAside(ctx context.Context, dsn string) (renamed int, err error) {
	return renameTables(ctx, dsn, func(names []string) func(string) string {
		if !slices.Contains(names, "identity_credential_types") {
			return nil
		}
		return func(table string) string {
			if strings.HasPrefix(table, asidePrefix) || strings.HasPrefix(table, ownPrefix) {
				return table
			}
			return asidePrefix + table
		}
	})
}

// IsAside reports whether SetAside has renamed the tables of the original in a database.
func IsAside(ctx context.Context, dsn string) (bool, error) {
	f, err := sqldb.OpenForeign(ctx, schema(), sqldb.Config{DSN: dsn})
	if err != nil {
		return false, err
	}
	names, err := f.Tables(ctx)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return slices.Contains(names, asidePrefix+"identity_credential_types") && !slices.Contains(names, "identity_credential_types"), err
}

// PutBack gives the tables of the original their names again, and sets aside those of
// this program, under a prefix and without indexes, so that no data is lost either way.
func PutBack(ctx context.Context, dsn string) (renamed int, err error) {
	return renameTables(ctx, dsn, func(names []string) func(string) string {
		if !slices.Contains(names, asidePrefix+"identity_credential_types") {
			return nil
		}
		prefix := ""
		for n := 1; ; n++ {
			prefix = ownPrefix + strconv.Itoa(n) + "_"
			if !slices.ContainsFunc(names, func(table string) bool { return strings.HasPrefix(table, prefix) }) {
				break
			}
		}
		return func(table string) string {
			if own, ok := strings.CutPrefix(table, asidePrefix); ok {
				return own
			}
			if strings.HasPrefix(table, ownPrefix) {
				return table
			}
			return prefix + table
		}
	})
}

func renameTables(ctx context.Context, dsn string, plan func(names []string) func(string) string) (renamed int, err error) {
	f, err := sqldb.OpenForeign(ctx, schema(), sqldb.Config{DSN: dsn, Exclusive: true})
	if err != nil {
		return 0, err
	}
	names, err := f.Tables(ctx)
	if rename := plan(names); err == nil && rename != nil {
		own := func(table string) bool { return strings.HasPrefix(rename(table), ownPrefix) }
		renamed, err = f.RenameTables(ctx, rename, own)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, fmt.Errorf("rename the original's tables: %w", err)
	}
	return renamed, nil
}
