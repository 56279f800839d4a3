//go:build unix

package app

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/secret"
)

// The database is lost, and what was beside it is not.
func TestACopyIsPutBackWhereSecretsAreLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, copied := filepath.Join(dir, "a.db"), filepath.Join(dir, "copy.db")
	c, _, err := config.Load(config.Source{Environ: []string{"DSN=sqlite://" + file}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: c, Now: time.Now, Version: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if c, _, err = config.Load(config.Source{Environ: []string{"DSN=sqlite://" + file}}); err != nil { // as the command does
		t.Fatal(err)
	}
	if _, err := Backup(t.Context(), c, copied); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	const another = 65534
	if os.Geteuid() == 0 { // the server is another person
		if err := os.Chown(dir, another, another); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(t.Context(), c, copied); err != nil {
		t.Fatal(err)
	}
	for restored, from := range map[string]string{file: copied, file + ".secrets": copied + ".secrets"} {
		want, err := os.ReadFile(filepath.Clean(from))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Clean(restored)); err != nil || string(got) != string(want) {
			t.Errorf("%s is not %s, %v", restored, from, err)
		}
	}
	for _, restored := range []string{file, file + ".secrets", file + ".lock"} {
		if info, err := os.Stat(restored); err != nil || os.Geteuid() == 0 && ownerOf(info) != another {
			t.Errorf("%s is not of the owner of its folder, %v", restored, err)
		}
	}
}

func ownerOf(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// The drill of docs/operating.md: the machine is lost, and on another one people are still
// signed in.
func TestRestore_drill(t *testing.T) {
	t.Parallel()
	lost, found := t.TempDir(), t.TempDir()
	server := func(dir string) (*App, *config.Config) {
		t.Helper()
		c, _, err := config.Load(config.Source{Environ: []string{"DSN=sqlite://" + filepath.Join(dir, "a.db")}})
		if err != nil {
			t.Fatal(err)
		}
		loaded := *c // the server puts its secrets into c
		a, err := New(t.Context(), Options{Config: &loaded, Now: time.Now, Version: "test", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return a, c
	}
	a, c := server(lost)
	token := secret.Token()
	line := fmt.Sprintf(`{"format":"symbolon.identity/1","id":%q,"schema_id":"default","traits":{"email":"jane@example.org"},
 "sessions":[{"id":%q,"token_hash":%q,"issued_at":"2026-01-01T00:00:00Z","authenticated_at":"2026-01-01T00:00:00Z","expires_at":"2999-01-01T00:00:00Z"}]}`,
		secret.NewOrderedID(), secret.NewID(), secret.Hash(token))
	if _, err := a.current.Load().ImportExported(t.Context(), []byte(line)); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(found, "copy.db")
	if _, err := Backup(t.Context(), c, copied); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Close(), os.RemoveAll(lost)); err != nil {
		t.Fatal(err)
	}
	other, _, err := config.Load(config.Source{Environ: []string{"DSN=sqlite://" + filepath.Join(found, "a.db")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), other, copied); err != nil {
		t.Fatal(err)
	}
	restored, _ := server(found)
	defer restored.Close()
	held, err := restored.sessions.Check(t.Context(), token)
	if err != nil || string(held.Identity.Traits) != `{"email":"jane@example.org"}` {
		t.Errorf("after the restore the session is %v, %v", held, err)
	}
}
