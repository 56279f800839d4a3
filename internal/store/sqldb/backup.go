package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// errNotAFile says that this program cannot copy the database.
var errNotAFile = errors.New("the database is not a SQLite file: copy it with the tools of its server, see docs/databases.md")

// Backup writes a copy of the database as it is at one moment to a file that must
// not exist, readable by its owner alone. A server may go on reading and writing
// meanwhile. The copy is checked before it gets its name.
func Backup(ctx context.Context, schema Schema, dsn, file string) error {
	from, err := fileToCopy(dsn)
	if err != nil {
		return err
	}
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("back up: %s exists already", file), err)
	}
	partial := file + ".partial"
	if err := copyLive(ctx, from, partial); err != nil {
		return errors.Join(fmt.Errorf("back up: %w", err), removed(partial))
	}
	if err := errors.Join(checkCopy(ctx, schema, partial), syncFile(partial)); err != nil {
		return errors.Join(fmt.Errorf("check the copy: %w", err), removed(partial))
	}
	return errors.Join(os.Rename(partial, file), syncFile(filepath.Dir(file)))
}

// fileToCopy is the absolute path of the file of a DSN.
func fileToCopy(dsn string) (string, error) {
	path := FileOf(dsn)
	if path == "" {
		return "", errNotAFile
	}
	return filepath.Abs(filepath.FromSlash(path))
}

// copyLive has SQLite copy a database that may be in use: https://sqlite.org/lang_vacuum.html#vacuum_into
func copyLive(ctx context.Context, from, to string) error {
	if err := removed(to); err != nil { // of a copy that was interrupted
		return err
	}
	if err := createPrivate(to); err != nil {
		return err
	}
	pool, err := openPool(url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(from)}, "busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // it was only read
	if _, err := ownTables(ctx, pool, sqliteDialect().Tables); err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?`, to)
	return err
}

// checkCopy refuses a file that is damaged, not of this program, or for later releases alone.
func checkCopy(ctx context.Context, schema Schema, path string) error {
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "mode=ro"}
	pool, err := openPool(name, "query_only(1)", "trusted_schema(0)")
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // it was only read
	var verdict string
	if err := pool.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil || verdict != "ok" {
		return errors.Join(fmt.Errorf("%s is not an intact database: %s", path, verdict), err)
	}
	d := sqliteDialect()
	if err := d.load(schema); err != nil {
		return err
	}
	tables, err := ownTables(ctx, pool, d.Tables)
	if err != nil {
		return err
	}
	if !slices.Contains(tables, schemaTable) {
		return fmt.Errorf("%s is not a database of this program", path)
	}
	return d.checkCompatible(ctx, pool, tables)
}

// Restore replaces the database that a DSN names with a copy. It keeps the replaced file
// beside it and returns its new name; empty if there was none. The restored file gets the
// owner of the replaced one, or of the folder. A server that uses the database makes it
// fail with ErrLocked.
func Restore(ctx context.Context, schema Schema, file, dsn string, now time.Time) (replaced string, err error) {
	path, err := fileToCopy(dsn)
	if err != nil {
		return "", err
	}
	if err := checkCopy(ctx, schema, file); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	if _, err := os.Stat(path); err == nil {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", fmt.Errorf("restore: %w", err)
		}
	}
	lock, err := lockReplaced(path)
	if err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, closeLock(lock)) }()
	fresh := path + ".restoring"
	owner := path
	if _, err := os.Stat(path); err != nil {
		owner = filepath.Dir(path)
	}
	if err := errors.Join(copyFile(file, fresh), SameOwner(fresh, owner), SameOwner(path+".lock", owner)); err != nil {
		return "", errors.Join(fmt.Errorf("restore: %w", err), removed(fresh))
	}
	if replaced, err = renameReplaced(path, now); err != nil {
		return replaced, fmt.Errorf("restore: rename the present database: %w", err)
	}
	if err := errors.Join(os.Rename(fresh, path), syncFile(filepath.Dir(path))); err != nil {
		return replaced, fmt.Errorf("restore: %w", err)
	}
	return replaced, nil
}

// lockReplaced takes the locks of a database that may not exist yet.
func lockReplaced(path string) (io.Closer, error) {
	if _, err := os.Stat(path); err != nil {
		return lockFile(path + ".lock")
	}
	return lockDatabase(path)
}

// Replaced is the name under which a file is kept that was replaced at that time.
func Replaced(path string, now time.Time) string {
	return path + "." + strconv.FormatInt(now.Unix(), 10) + ".replaced"
}

// renameReplaced renames a database together with its write-ahead log.
func renameReplaced(path string, now time.Time) (replaced string, err error) {
	if _, err := os.Stat(path); err != nil {
		return "", ignoreMissing(err)
	}
	replaced = Replaced(path, now)
	for _, suffix := range []string{"-wal", indexSuffix, ""} {
		if err := ignoreMissing(os.Rename(path+suffix, replaced+suffix)); err != nil {
			return "", err
		}
	}
	return replaced, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncFile has a file, or the names in a directory, written to the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func removed(path string) error { return ignoreMissing(os.Remove(path)) }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
