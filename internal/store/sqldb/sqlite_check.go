package sqldb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckFile fails if the file of a DSN can't be used: it is missing and is not to be made, it or its folder can't be written,
// or the folder is missing. SQLite keeps further files beside it, so a file is made in the folder and removed again. It is
// nil for databases in memory and on servers.
func CheckFile(dsn string) error {
	src, err := parseDSN(dsn)
	if err != nil || FileOf(dsn) == "" {
		return err
	}
	path, create, err := fileOf(src)
	if err != nil {
		return err
	}
	if path, err = resolve(path); err != nil {
		return fmt.Errorf("names a file that can't be used: %w", err)
	}
	own, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return fmt.Errorf("names %s, which is missing, and mode=rw makes no file; remove mode=rw", path)
	case err == nil && own.IsDir():
		return fmt.Errorf("names %s, which is a folder; name a file in it", path)
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("names %s, which this user can't read and write: %w", path, plainCause(err))
	}
	return file.Close()
}

// checkFolder fails if no file can be made in a folder.
func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("names a file in %s, which can't be used: %w", folder, plainCause(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("names a file in %s, which is not a folder", folder)
	}
	probe, err := os.CreateTemp(folder, ".symbolon-check-*")
	if err != nil {
		return fmt.Errorf("names a file in %s, where this user can't write: %w", folder, plainCause(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// resolve follows links to a file, which may be missing. It leaves a path whose folder is
// missing as it is.
func resolve(path string) (string, error) {
	const most = 40 // as on Linux
	for range most {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return path, nil //nolint:nilerr // what is wrong with the folder is found where it is used
		}
		path = filepath.Join(folder, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // it is no link
		}
		if path = target; !filepath.IsAbs(target) {
			path = filepath.Join(folder, target)
		}
	}
	return "", errors.New("too many links lead to it")
}

// plainCause drops the path from the errors of files.
func plainCause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}
