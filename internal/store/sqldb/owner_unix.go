//go:build unix

package sqldb

import (
	"os"
	"syscall"
)

// SameOwner gives a file the owner of another one, if this process runs as root: a
// restore by root must not leave files that the server cannot open.
func SameOwner(file, as string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(as)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return os.Chown(file, int(owner.Uid), int(owner.Gid))
}
