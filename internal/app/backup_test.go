//go:build unix

package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"symbolon/internal/config"
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
