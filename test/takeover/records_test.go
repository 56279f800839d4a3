package takeover

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/test/databases"
)

// records reads all accounts of a database of the original, in batches of a few.
func records(t *testing.T, dsn, network string) (all []takeover.Record) {
	t.Helper()
	source, err := app.OpenKratos(t.Context(), dsn, network)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}()
	for after := ""; ; after = all[len(all)-1].Identity.ID {
		batch, err := source.Records(t.Context(), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			return all
		}
		all = append(all, batch...)
	}
}

// sameRecords lets times differ by what a database rounds them to, and lists without an
// order come in any.
func sameRecords() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Second),
		cmpopts.SortSlices(func(x, y takeover.Address) bool { return x.ID < y.ID }),
		cmpopts.SortSlices(func(x, y takeover.Challenge) bool { return x.Hash < y.Hash }),
		cmpopts.SortSlices(func(x, y session.Session) bool { return x.ID < y.ID }),
		cmpopts.SortSlices(func(x, y string) bool { return x < y }),
	}
}

// TestRecords/MariaDB reads the same accounts of a copy in MariaDB, with the types of columns
// that the original has there: no zones, whole seconds, numbers for booleans.
func TestRecords(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v0.5.5", "v26.2.0"} {
		t.Run("MariaDB "+version, func(t *testing.T) {
			t.Parallel()
			want := records(t, copied(t, version), "")
			dsn := databases.DSN(t, databases.MariaDB)
			intoMariaDB(t, copied(t, version), dsn)
			got := records(t, dsn, "")
			if len(got) < 14 {
				t.Fatalf("%d accounts", len(got))
			}
			if diff := cmp.Diff(want, got, sameRecords()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A phone number is compared in the form in which it is looked for (E.164).
func TestRecords_phone(t *testing.T) {
	t.Parallel()
	dsn := copied(t, "v26.2.0")
	if _, err := sqliteFile(t, dsn).ExecContext(t.Context(),
		`UPDATE identity_verifiable_addresses SET via = 'sms', value = '+49 170 1234567' WHERE id = (SELECT min(id) FROM identity_verifiable_addresses)`); err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, r := range records(t, dsn, "") {
		for _, a := range r.Addresses {
			if a.Via == "sms" {
				numbers = append(numbers, a.Normalized)
			}
		}
	}
	if !slices.Contains(numbers, "+491701234567") {
		t.Errorf("the numbers are %q", numbers)
	}
}

func sqliteFile(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+strings.TrimPrefix(dsn, "sqlite://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// intoMariaDB copies the tables that hold accounts.
func intoMariaDB(t *testing.T, from, to string) {
	t.Helper()
	source := sqliteFile(t, from)
	target, err := sql.Open("mysql", strings.TrimPrefix(to, "mysql://"))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	for _, table := range texts(t, source, `SELECT name FROM sqlite_master WHERE type = 'table'`) {
		if !strings.HasPrefix(table, "identi") && !strings.HasPrefix(table, "session") && table != "networks" && !strings.HasSuffix(table, "ry_flows") {
			continue
		}
		names := texts(t, source, `SELECT name FROM pragma_table_info('`+table+`')`)
		kinds := texts(t, source, `SELECT type FROM pragma_table_info('`+table+`')`)
		columns := make([]string, len(names))
		for i, name := range names {
			columns[i] = "`" + name + "` " + mysqlType(table, name, kinds[i])
		}
		if _, err := target.ExecContext(t.Context(), "CREATE TABLE `"+table+"` ("+strings.Join(columns, ", ")+") CHARACTER SET utf8mb4"); err != nil {
			t.Fatal(err)
		}
		copyRows(t, source, target, table, len(names))
	}
}

// mysqlType is the type of a column of the original on MySQL.
func mysqlType(table, name, kind string) string {
	switch kind = strings.ToLower(kind); {
	case name == "traits", name == "config", name == "ui", name == "authentication_methods", kind == "jsonb":
		return "JSON"
	case kind == "datetime", kind == "timestamp":
		return "DATETIME NULL"
	case strings.HasPrefix(kind, "bool"), kind == "numeric":
		return "TINYINT(1)"
	case kind == "int", kind == "integer":
		return "INT"
	case name == "id", kind == "uuid", kind == "char(36)":
		return "CHAR(36)"
	case strings.HasPrefix(kind, "varchar"):
		return kind
	case name == "request_url", table == "identity_verification_codes":
		return "TEXT"
	}
	return "VARCHAR(255)"
}

func copyRows(t *testing.T, from, to *sql.DB, table string, columns int) {
	t.Helper()
	rows, err := from.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	insert := "INSERT INTO `" + table + "` VALUES (?" + strings.Repeat(", ?", columns-1) + ")"
	for rows.Next() {
		values, into := make([]any, columns), make([]any, columns)
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if at, ok := value.(time.Time); ok {
				values[i] = at.UTC().Format("2006-01-02 15:04:05")
			}
			if text, ok := value.(string); ok && (text == "true" || text == "false") {
				values[i] = text == "true"
			}
		}
		if _, err := to.ExecContext(t.Context(), insert, values...); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func texts(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return slices.Clip(all)
}
