//go:build !unix

package sqldb

import (
	"errors"
	"io"
)

// lockFile refuses: a server that can't keep others out must not start.
func lockFile(string) (io.Closer, error) {
	return nil, errors.New("locking a database file is not supported on this system")
}
