package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processors tells whether the bench had the machine for itself: others' work
// on the same cores makes every figure worse, and not all by the same share.
type processors struct {
	busy, all time.Duration // of all programs, since the machine started
}

func newProcessors() processors {
	busy, all := machineTime()
	return processors{busy, all}
}

// others returns the share of the processors that programs other than this one
// and those that it started and that have ended used since p was taken.
func (p processors) others() float64 {
	busy, all := machineTime()
	ours := usage(syscall.RUSAGE_SELF) + usage(syscall.RUSAGE_CHILDREN)
	return max(0, float64(busy-p.busy-ours)/float64(all-p.all))
}

func usage(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// worked returns a function that tells how much processor time a process and this program
// have used since.
func worked(pid int) func() time.Duration {
	before := processTime(pid) + usage(syscall.RUSAGE_SELF)
	return func() time.Duration { return processTime(pid) + usage(syscall.RUSAGE_SELF) - before }
}

// processTime reads /proc/PID/stat: fields 14 and 15 are hundredths of a second.
func processTime(pid int) time.Duration {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ") // the name may have blanks
	var took time.Duration
	for i, field := range strings.Fields(after) {
		if i == 11 || i == 12 {
			ticks, _ := strconv.ParseInt(field, 10, 64)
			took += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return took
}

// machineTime reads the first line of /proc/stat: user, nice, system, idle,
// iowait and more, in hundredths of a second, all processors together.
func machineTime() (busy, all time.Duration) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line) {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i > 8 { // the name; guests are counted as users already
			continue
		}
		took := time.Duration(ticks) * 10 * time.Millisecond
		all += took
		if i != 4 && i != 5 { // idle, waiting for disks
			busy += took
		}
	}
	return busy, all
}
