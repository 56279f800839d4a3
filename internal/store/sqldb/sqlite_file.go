package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
)

// claimFile makes sure that the file exists, readable by its owner alone, and takes its
// lock if asked to. The path is that of the file itself, with links resolved.
func claimFile(src source, c Config) (path string, lock io.Closer, err error) {
	path, create, err := fileOf(src)
	if err != nil {
		return "", nil, err
	}
	if create {
		err = createPrivate(path)
	} else {
		_, err = os.Stat(path)
	}
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", nil, err
	}
	if c.Exclusive {
		if lock, err = lockDatabase(path); err != nil {
			return "", nil, err
		}
		warnOfModes(c.Logger, path)
	}
	if inWAL(path) {
		err = createPrivate(path + indexSuffix)
	}
	if err != nil {
		return "", nil, errors.Join(err, closeLock(lock))
	}
	return path, lock, nil
}

// fileOf is the path of a file, with the links to it, and whether it is made if it is missing.
func fileOf(src source) (path string, create bool, err error) {
	mode, err := oneOf(src.params.Get("mode"), "", "rwc", "rw")
	if err != nil {
		return "", false, fmt.Errorf("read dsn option \"mode\": %w", err)
	}
	if src.rest == "" {
		return "", false, errors.New("dsn names no file")
	}
	if path, err = filepath.Abs(filepath.FromSlash(src.rest)); err != nil {
		return "", false, fmt.Errorf("resolve path of dsn: %w", err)
	}
	return path, mode != "rw", nil
}

// warnOfModes warns of files that other users of the machine can read or write.
func warnOfModes(log *slog.Logger, path string) {
	const tooOpen = 0o026 // written by the group, or read or written by all
	for _, suffix := range []string{"", "-wal", indexSuffix} {
		info, err := os.Stat(path + suffix)
		if err == nil && info.Mode().Perm()&tooOpen != 0 {
			log.Warn("database file is open to other users; set its mode to 0600",
				slog.String("file", path+suffix), slog.String("mode", info.Mode().Perm().String()))
		}
	}
}

// indexSuffix ends the name of the index of the write-ahead log. SQLite itself
// would make it readable by all, so it is made here. Its content is remade by the
// first connection.
const indexSuffix = "-shm"

// useWAL turns the write-ahead log on, so that readers and the writer don't keep
// each other waiting. The file remembers it.
func useWAL(ctx context.Context, pool *sql.DB, path string) error {
	if err := createPrivate(path + indexSuffix); err != nil {
		return err
	}
	var mode string
	if err := pool.QueryRowContext(ctx, `PRAGMA journal_mode = wal`).Scan(&mode); err != nil {
		return fmt.Errorf("turn on write-ahead log: %w", err)
	}
	if mode != "wal" {
		return errors.New("the file system has no shared memory, which SQLite's write-ahead log needs; use a local one")
	}
	return nil
}

// inWAL reports whether a database file has its write-ahead log on: its header
// says so (https://sqlite.org/fileformat2.html, 1.3.3).
func inWAL(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var header [20]byte
	_, err = io.ReadFull(f, header[:])
	return err == nil && header[19] == 2
}

// createPrivate makes an empty file of mode 0600 if there is none.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
