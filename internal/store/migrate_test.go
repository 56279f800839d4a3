package store

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/errs"
)

func openEmpty(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{DSN: "sqlite://" + t.TempDir() + "/test.db", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestADatabaseIsReadyOnceItIsMigrated(t *testing.T) {
	t.Parallel()
	db := openEmpty(t)
	planned, err := db.Plan(t.Context())
	if err != nil || len(planned) == 0 || planned[0] != "0001_init" {
		t.Fatalf("plan is %v, %v", planned, err)
	}
	if err := db.Ready(t.Context()); !errors.Is(err, errs.ErrUnavailable) || !strings.Contains(err.Error(), planned[0]) {
		t.Errorf("error before is %v", err)
	}
	applied, err := db.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planned, applied); diff != "" {
		t.Errorf("not what was planned (-planned +applied):\n%s", diff)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("error after is %v", err)
	}
	if again, err := db.Migrate(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("once more it applies %v, %v", again, err)
	}
	if rest, err := db.Plan(t.Context()); err != nil || len(rest) != 0 {
		t.Errorf("plan is %v, %v", rest, err)
	}
}

func TestPlanAndStatusLeaveAnEmptyDatabaseEmpty(t *testing.T) {
	t.Parallel()
	db := openEmpty(t)
	if _, err := db.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	status, err := db.MigrationStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range status {
		if !m.AppliedAt.IsZero() {
			t.Errorf("%s is applied at %v", m.Name, m.AppliedAt)
		}
	}
	if tables, err := db.Tables(t.Context()); err != nil || len(tables) != 0 {
		t.Errorf("tables are %v, %v", tables, err)
	}
}

func TestStatusListsEveryMigration(t *testing.T) {
	t.Parallel()
	db := openEmpty(t)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(schema().Migrations, "sqlite/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	status, err := db.MigrationStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range status {
		names = append(names, "sqlite/"+m.Name+".sql")
		if m.AppliedAt.IsZero() {
			t.Errorf("%s is not applied", m.Name)
		}
	}
	if diff := cmp.Diff(files, names); diff != "" {
		t.Errorf("not the files there are (-files +status):\n%s", diff)
	}
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	db := openEmpty(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// What one dialect has and another has not would only be missed there.
func TestEveryDialectHasTheSameMigrations(t *testing.T) {
	t.Parallel()
	var want []string
	for _, folder := range []string{"sqlite", "postgres", "mysql"} {
		own, err := fs.Sub(schema().Migrations, folder)
		if err != nil {
			t.Fatal(err)
		}
		files, err := fs.Glob(own, "*")
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = files
		}
		if diff := cmp.Diff(want, files); diff != "" {
			t.Errorf("%s has others than sqlite (-sqlite +%s):\n%s", folder, folder, diff)
		}
	}
}

// A release must run on the schema of the next one.
func TestADatabaseOfANewerReleaseIsReady(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	_, err := db.Exec(t.Context(), `INSERT INTO symbolon_schema (version_id, is_applied) VALUES (?, ?)`, 9999, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if applied, err := db.Migrate(t.Context()); err != nil || len(applied) != 0 {
		t.Errorf("it applies %v, %v", applied, err)
	}
	status, err := db.MigrationStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last := status[len(status)-1]; last.Version != 9999 || last.Name != "" || last.AppliedAt.IsZero() {
		t.Errorf("status ends with %+v", last)
	}
}

// A later release may take something away once those before no longer run.
func TestADatabaseThatNeedsANewerReleaseIsRefused(t *testing.T) {
	t.Parallel()
	config := Config{DSN: "sqlite://" + t.TempDir() + "/test.db", Now: time.Now}
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO schema_needs (migration) VALUES (9999)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); !errors.Is(err, errs.ErrUnavailable) || !errors.Is(err, ErrNewer) {
		t.Errorf("a running node is told %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), config)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "it needs migration 9999") {
		t.Errorf("error is %v", err)
	}
}

func TestTableSizesCountRows(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	for range 3 {
		if err := db.CreateFlow(t.Context(), newFlow()); err != nil {
			t.Fatal(err)
		}
	}
	sizes, err := db.TableSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sizes["flows"] != 3 || sizes["sessions"] != 0 || len(sizes) < 8 {
		t.Errorf("sizes are %v", sizes)
	}
}
