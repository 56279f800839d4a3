package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// memory returns a figure of /proc/PID/status in MiB: VmRSS is the memory
// resident now, VmHWM the most there was.
func (s *server) memory(field string) (float64, error) { return memoryOf(s.cmd.Process.Pid, field) }

func memoryOf(pid int, field string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", field)
}

// watchMemory tells the most memory that a process had resident, once it has ended.
// What the kernel tells of an ended child would count the memory of its parent before
// the child became another program.
func watchMemory(pid int) <-chan float64 {
	most := make(chan float64, 1)
	go func() {
		var last float64
		for {
			now, err := memoryOf(pid, "VmHWM")
			if err != nil {
				most <- last
				return
			}
			last = now
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return most
}
