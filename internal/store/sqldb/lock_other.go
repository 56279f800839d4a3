//go:build !unix

package sqldb

import (
	"errors"
	"io"
)

var errNoLocks = errors.New("locking a database file is not supported on this system")

func lockFile(string) (io.Closer, error) { return nil, errNoLocks }

// lockDatabase refuses: a server that cannot keep other processes out must not start.
func lockDatabase(string) (io.Closer, error) { return nil, errNoLocks }
