package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// bench is what the measurements share: the built server and the report.
type bench struct {
	plan   plan
	dir    string // everything that is made, removed at the end
	binary string
	dsn    string // of a PostgreSQL; empty if there is none
	report report
	// cert and key are the files with which listeners speak TLS; empty if they do not.
	cert, key string
}

func newBench(ctx context.Context, p plan, dsn string) (*bench, error) {
	dir, err := os.MkdirTemp("", "symbolon-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{plan: p, dir: dir, dsn: dsn, binary: filepath.Join(dir, "symbolon")}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.binary, "./cmd/symbolon")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		b.close()
		return nil, fmt.Errorf("build the server: %w", err)
	}
	return b, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// newDir returns a new empty directory.
func (b *bench) newDir() (string, error) { return os.MkdirTemp(b.dir, "run-") }
