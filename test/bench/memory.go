package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// limit bounds a process's memory: by a cgroup of its own where one can be made,
// else by GOMEMLIMIT, which the server respects but is not enforced.
type limit struct {
	how      string
	prefix   []string // command that starts its arguments inside the limit
	settings []string // environment
	group    string   // directory of the cgroup, if any
}

func newMemoryLimit(bytes int) *limit {
	kinds := []struct{ how, parent, file, swap string }{
		{"cgroup v2", "/sys/fs/cgroup", "memory.max", "memory.swap.max"},
		{"cgroup v1", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.swappiness"},
	}
	for _, kind := range kinds {
		group := filepath.Join(kind.parent, fmt.Sprintf("symbolon-bench-%d", os.Getpid()))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		if err := set(filepath.Join(group, kind.file), strconv.Itoa(bytes)); err != nil {
			_ = os.Remove(group)
			continue
		}
		_ = set(filepath.Join(group, kind.swap), "0")
		enter := `echo $$ > "$0" && exec "$@"`
		return &limit{how: kind.how, group: group, prefix: []string{"/bin/sh", "-c", enter, filepath.Join(group, "cgroup.procs")}}
	}
	return &limit{
		how:      "GOMEMLIMIT, as no cgroup can be made here",
		settings: []string{fmt.Sprintf("GOMEMLIMIT=%d", bytes)},
	}
}

// set writes to a file that exists: in a directory that is not a cgroup there is
// none.
func set(file, value string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// exceeded tells whether the kernel had to kill.
func (l *limit) exceeded() error {
	for _, file := range []string{"memory.events", "memory.oom_control"} {
		data, err := os.ReadFile(filepath.Join(l.group, file))
		if l.group == "" || err != nil {
			continue
		}
		for line := range bytes.Lines(data) {
			if count, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("oom_kill ")); ok && string(count) != "0" {
				return errors.New("the kernel killed for want of memory")
			}
		}
	}
	return nil
}

func (l *limit) close() {
	if l.group != "" {
		_ = os.Remove(l.group)
	}
}
