package passhash

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// maxBudget and minBudget bound what hashing gets of a process's memory.
const (
	maxBudget = 1 << 30
	minBudget = 32 << 20
)

// MemoryBudget returns a quarter of a memory limit, within bounds.
func MemoryBudget(limit int64) int64 { return min(max(limit/4, minBudget), maxBudget) }

// MemoryLimit returns how many bytes this process may use: the least of its
// control group's limit (versions 2 and 1), GOMEMLIMIT and the physical memory.
// root is where /proc and /sys are found, "/" outside of tests.
func MemoryLimit(root string) int64 {
	physical := physicalMemory(root)
	limit := min(physical, debug.SetMemoryLimit(-1))
	for _, file := range cgroupFiles(root) {
		// A limit above the physical memory is how version 1 says "none".
		if n, ok := readLimit(file); ok && n <= physical {
			limit = min(limit, n)
		}
	}
	return limit
}

// cgroupFiles are the limits of the process's control groups and of all groups
// around them.
func cgroupFiles(root string) []string {
	raw, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	var files []string
	for line := range bytes.Lines(raw) {
		fields := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(fields) != 3 {
			continue
		}
		base, name := "sys/fs/cgroup", "memory.max"
		if strings.Contains(fields[1], "memory") {
			base, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if fields[1] != "" {
			continue
		}
		for group := filepath.Clean("/" + fields[2]); ; group = filepath.Dir(group) {
			files = append(files, filepath.Join(root, base, group, name))
			if group == "/" {
				break
			}
		}
	}
	return files
}

func readLimit(file string) (int64, bool) {
	raw, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	return n, err == nil && n > 0 // "max" is no number
}

func physicalMemory(root string) int64 {
	file, err := os.Open(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return math.MaxInt64
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return n << 10
			}
		}
	}
	return math.MaxInt64
}
