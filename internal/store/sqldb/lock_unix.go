//go:build unix

package sqldb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// A process that was killed still holds its locks for a moment, so a start tries again
// for a while.
const (
	lockWait  = time.Second
	lockEvery = 50 * time.Millisecond
)

// lockDatabase takes the locks of a database file: the one of its name, which Restore
// respects while the file is replaced, and the one of the file itself, which other names
// of the file (symbolic and hard links, bind mounts) share.
func lockDatabase(path string) (io.Closer, error) {
	name, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	inode, err := lockInode(path)
	if err != nil {
		return nil, errors.Join(err, name.Close())
	}
	return locks{inode, name}, nil
}

// locks are released in their order.
type locks []io.Closer

// Close implements io.Closer.
func (l locks) Close() error {
	var all error
	for _, lock := range l {
		all = errors.Join(all, lock.Close())
	}
	return all
}

// lockFile takes an advisory lock that ends with the process, however it ends.
// The file stays: deleting it would let two processes lock two files of the same
// name.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := flock(f); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("%w: %s is held by %s", ErrLocked, path, holder(f)), f.Close())
	} else if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	// For the message of another process; the lock does not depend on it.
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "process %d\n", os.Getpid())
	}
	return f, nil
}

// flock waits for lockWait at most; the error is then EWOULDBLOCK.
func flock(f *os.File) error {
	for tries := lockWait / lockEvery; ; tries-- {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || tries == 0 {
			return err
		}
		<-time.NewTimer(lockEvery).C
	}
}

func holder(f io.Reader) string {
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil || len(text) == 0 {
		return "another process"
	}
	return strings.TrimSpace(string(text))
}
