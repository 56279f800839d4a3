package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
)

// Two servers on one file would not see each other's revocations (D2).
func TestOpenExclusiveByAnotherName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	db := open(t, store.Config{DSN: "sqlite://" + path, Exclusive: true})
	names := map[string]func(string) error{
		"symlink": func(name string) error { return os.Symlink(path, name) },
		"folder":  func(name string) error { return os.Symlink(dir, name) },
	}
	if runtime.GOOS == "linux" {
		names["hardlink"] = func(name string) error { return os.Link(path, name) }
	}
	elsewhere := t.TempDir()
	for name, link := range names {
		other := filepath.Join(elsewhere, name)
		if err := link(other); err != nil {
			t.Fatal(err)
		}
		if name == "folder" {
			other = filepath.Join(other, "a.db")
		}
		second, err := store.Open(t.Context(), store.Config{DSN: "sqlite://" + other, Exclusive: true, Now: time.Now})
		if !errors.Is(err, store.ErrLocked) {
			t.Errorf("%s: error is %v", name, err)
		}
		if err == nil {
			_ = second.Close()
		}
		if _, err := store.Restore(t.Context(), path, "sqlite://"+other, time.Now()); err == nil {
			t.Errorf("%s: the file is replaced although a server uses it", name)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, store.Config{DSN: "sqlite://" + filepath.Join(elsewhere, "symlink"), Exclusive: true})
}

func TestOpenWarnsOfFileModes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	if err := open(t, store.Config{DSN: "sqlite://" + path}).Close(); err != nil {
		t.Fatal(err)
	}
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o666: true, 0o660: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		db := open(t, store.Config{DSN: "sqlite://" + path, Exclusive: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "open to other users"); got != warned {
			t.Errorf("mode %v: warned %v, log:\n%s", mode, got, log.String())
		}
	}
}
