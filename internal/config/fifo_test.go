//go:build unix

package config

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A FIFO without a writer made every command wait for ever, deaf to SIGTERM (D8).
func TestReadBoundedSpecialFiles(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, "/dev/zero", t.TempDir()} {
		if _, err := readBounded(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
}
