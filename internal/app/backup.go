package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/store"
)

// secretsSuffix ends the name of the file with the secrets that a server made for
// itself, beside its database and beside each copy of that.
const secretsSuffix = ".secrets"

// Backup writes a copy of the database to a file that must not exist, and the secrets
// that the server made for itself, if it did, to the file beside it. It returns the
// names of what was written. The server may run.
func Backup(ctx context.Context, c *config.Config, file string) ([]string, error) {
	dsn := c.DSN.Reveal()
	kept := ownSecrets(c)
	if kept != "" { // first, so that no copy is without its secrets
		if err := copySecrets(kept, file+secretsSuffix); err != nil {
			return nil, fmt.Errorf("back up secrets: %w", err)
		}
	}
	if err := store.Backup(ctx, dsn, file); err != nil {
		if kept != "" {
			err = errors.Join(err, os.Remove(file+secretsSuffix))
		}
		return nil, err
	}
	if kept == "" {
		return []string{file}, nil
	}
	return []string{file, file + secretsSuffix}, nil
}

// ownSecrets is the file with the secrets that a server made for itself; empty if
// there is none.
func ownSecrets(c *config.Config) string {
	path := store.FileOf(c.DSN.Reveal())
	if !c.Secrets.Unset() || !c.Embedded || path == "" {
		return ""
	}
	if _, err := os.Stat(path + secretsSuffix); err != nil {
		return ""
	}
	return path + secretsSuffix
}

// copySecrets copies a file of secrets to one that must not exist.
func copySecrets(from, to string) error {
	text, err := os.ReadFile(filepath.Clean(from))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Clean(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Restore puts a copy in the place of the database, which no server may have, with the
// secrets beside it, if there are. What was there is kept; its name is returned, empty if nothing was.
func Restore(ctx context.Context, c *config.Config, file string) (replaced string, err error) {
	path := store.FileOf(c.DSN.Reveal())
	now := time.Now()
	replaced, err = store.Restore(ctx, file, c.DSN.Reveal(), now)
	if err != nil || !c.Secrets.Unset() || !c.Embedded {
		return replaced, err
	}
	if _, err := os.Stat(file + secretsSuffix); errors.Is(err, fs.ErrNotExist) {
		return replaced, nil
	}
	aside := replaced
	if aside == "" { // secrets may be left of a database that was lost
		aside = store.Replaced(path, now)
	}
	if err := os.Rename(path+secretsSuffix, aside+secretsSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return replaced, fmt.Errorf("set secrets aside: %w", err)
	}
	err = errors.Join(copySecrets(file+secretsSuffix, path+secretsSuffix), store.SameOwner(path+secretsSuffix, path))
	if err != nil {
		return replaced, fmt.Errorf("restore secrets: %w", err)
	}
	return replaced, nil
}
