package databases

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

// The names of databases.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
	MariaDB  = "mariadb"
	// PgBouncer is PostgreSQL behind a pooler that shares connections transaction
	// by transaction.
	PgBouncer = "pgbouncer"
)

//nolint:gochecknoglobals // a flag of the tests
var chosen = flag.String("database", "", "the database that tests run on: "+strings.Join(Names(), ", "))

// Names lists them all.
func Names() []string { return []string{SQLite, Postgres, MariaDB, PgBouncer} }

// Servers lists those that can be started, killed and started again.
func Servers() []string { return []string{Postgres, MariaDB} }

// Chosen returns the DSN of an empty database of the sort that the flag -database
// names, and without it the other DSN.
func Chosen(t testing.TB, otherwise string) string {
	t.Helper()
	if *chosen == "" {
		return otherwise
	}
	return DSN(t, *chosen)
}

// DSN returns the DSN of an empty database, which is removed when the test ends.
func DSN(t testing.TB, name string) string {
	t.Helper()
	if name == SQLite {
		return "sqlite://" + filepath.ToSlash(t.TempDir()) + "/test.db?_fk=true&mode=rwc"
	}
	s := shared(t, name)
	if s.kind.behind == "" {
		return s.DSN(t)
	}
	behind := shared(t, s.kind.behind).DSN(t)
	return s.kind.named(s.admin, path.Base(strings.Split(behind, "?")[0])) + s.kind.options
}

//nolint:gochecknoglobals // as running, in which it can't refer to itself
var onPostgres = sync.OnceValues(func() (*Server, error) { return share(postgres(), "SYMBOLON_TEST_POSTGRES") })

// running are the servers of this process.
var running = map[string]func() (*Server, error){
	Postgres: onPostgres,
	MariaDB:  sync.OnceValues(func() (*Server, error) { return share(mariadb(), "SYMBOLON_TEST_MARIADB") }),
	PgBouncer: sync.OnceValues(func() (*Server, error) {
		behind, err := onPostgres()
		if err != nil {
			return nil, err
		}
		return launch(pgbouncer(behind.port), false)
	}),
}

func shared(t testing.TB, name string) *Server {
	t.Helper()
	get, ok := running[name]
	if !ok {
		t.Fatalf("there is no database called %q; there are %v", name, Names())
	}
	s, err := get()
	if err != nil {
		missing(t, name, err)
	}
	return s
}

// missing skips the test where it is a person's, and fails it where it must not
// be left out.
func missing(t testing.TB, name string, err error) {
	t.Helper()
	if !errors.Is(err, errMissing) || os.Getenv("CI") == "true" {
		t.Fatalf("no %s to test with: %v", name, err)
	}
	t.Skipf("no %s to test with: %v; scripts/databases.sh install brings it", name, err)
}

func share(k kind, variable string) (*Server, error) {
	if dsn := os.Getenv(variable); dsn != "" {
		return given(k, dsn)
	}
	return launch(k, false)
}

// given is a server that is there already.
func given(k kind, dsn string) (*Server, error) {
	u, err := url.Parse(strings.NewReplacer("@tcp(", "@", ")/", "/").Replace(dsn))
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(u.Port())
	return &Server{kind: k, admin: dsn, port: port}, err
}

// DSN creates an empty database on the server, which is removed when the test
// ends.
func (s *Server) DSN(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ReplaceAll(secret.NewID(), "-", "")
	if err := s.do(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.do(context.Background(), "DROP DATABASE "+name+s.kind.force); err != nil && !s.private {
			t.Errorf("remove database: %v", err)
		}
	})
	return s.kind.named(s.admin, name)
}

// Do runs a statement as administrator of the server.
func (s *Server) Do(t testing.TB, statement string) {
	t.Helper()
	if err := s.do(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// do runs a statement as administrator.
func (s *Server) do(ctx context.Context, statement string) error {
	db, err := s.kind.open(s.admin)
	if err != nil {
		return err
	}
	defer db.Close()
	return tell(ctx, db, statement)
}

func tell(ctx context.Context, db *sql.DB, statement string) error {
	_, err := db.ExecContext(ctx, statement)
	return err
}
