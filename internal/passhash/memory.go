package passhash

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxBudget bounds what hashing takes of a large machine unasked.
const maxBudget = 1 << 30

// deriveBudget leaves three quarters of a process's memory to everything else.
func deriveBudget(limit int64) int64 { return min(limit/4, maxBudget) }

// largestHash is what a single hash may take. One that asks for more would have
// the kernel end the process, and anyone who knows its identifier could ask.
func largestHash(limit int64) int64 { return limit / 4 * 3 }

// memoryLimit returns how many bytes this process may use: the least of the
// limits of its control groups (versions 2 and 1), goLimit (GOMEMLIMIT) and the
// physical memory. root is where /proc and /sys are found, "/" outside of tests.
func memoryLimit(root string, goLimit int64) int64 {
	physical := physicalMemory(root)
	limit := min(physical, goLimit)
	for _, file := range limitFiles(root) {
		// A limit above the physical memory is how version 1 says "none".
		if n, ok := readLimit(file); ok && n <= physical {
			limit = min(limit, n)
		}
	}
	return limit
}

// limitFiles are the limits of the process's control groups and of all groups
// around them. Inside a container /proc may name a group by a path that is only
// valid outside; there the root of the mount is the container's own group.
func limitFiles(root string) []string {
	groups := []struct{ mount, file, path string }{
		{"sys/fs/cgroup", "memory.max", "/"},
		{"sys/fs/cgroup/memory", "memory.limit_in_bytes", "/"},
	}
	raw, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup")) // without it the roots of the mounts are left
	for line := range bytes.Lines(raw) {
		// hierarchy:controllers:path; version 2 has no controllers.
		fields := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		switch {
		case len(fields) != 3:
		case fields[1] == "":
			groups[0].path = fields[2]
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			groups[1].path = fields[2]
		}
	}
	var files []string
	for _, group := range groups {
		for path := filepath.Clean("/" + group.path); ; path = filepath.Dir(path) {
			files = append(files, filepath.Join(root, group.mount, path, group.file))
			if path == "/" {
				break
			}
		}
	}
	return files
}

func readLimit(file string) (int64, bool) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	return n, err == nil && n > 0 // "max" is not a number
}

// physicalMemory is the largest number where the system does not tell.
func physicalMemory(root string) int64 {
	file, err := os.Open(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return math.MaxInt64
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil && n > 0 {
				return n << 10
			}
		}
	}
	return math.MaxInt64
}
