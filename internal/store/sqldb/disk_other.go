//go:build !linux

package sqldb

import (
	"io"
	"os"
)

// lockInode locks nothing: where flock and the locks of SQLite are one kind, as on BSD,
// SQLite would wait for this process.
func lockInode(path string) (io.Closer, error) { return os.Open(path) }

// freeSpace does not know.
func freeSpace(string) (free uint64, ok bool) { return 0, false }
