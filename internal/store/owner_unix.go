//go:build unix

package store

import (
	"os"
	"syscall"
)

// SameOwner gives a file to the owner of another one, if this process may: who
// restores as root must not leave files that the server can't open.
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
