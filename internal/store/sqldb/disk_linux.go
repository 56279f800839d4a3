package sqldb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockInode locks a database file itself. Linux keeps these locks (flock) apart from those
// that SQLite takes (open file descriptions), except on network file systems, where both
// become one kind and SQLite would wait for this process: there only the name is locked.
func lockInode(path string) (io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("lock database file: %w", err)
	}
	var system syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &system); err != nil || isNetwork(system.Type) {
		return f, nil
	}
	if err := flock(f); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("%w: another process has %s open, perhaps by another name", ErrLocked, path), f.Close())
	} else if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f, nil
}

// isNetwork knows the numbers of network file systems (statfs(2)).
func isNetwork(system int64) bool {
	switch uint32(system) {
	case 0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x564c, 0x01021997, 0x65735546: // NFS, SMB, CIFS, SMB2, NCP, 9P, FUSE
		return true
	}
	return false
}

// freeSpace is how many bytes this process may still write beside a file; false if the
// system does not say.
func freeSpace(path string) (free uint64, ok bool) {
	var system syscall.Statfs_t
	if syscall.Statfs(path, &system) != nil {
		return 0, false
	}
	return system.Bavail * uint64(system.Bsize), true
}
