package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unmapProgram takes the pages of the program file out of this process's memory. The system
// maps each of them again from its cache when it is next used, which is only those
// that requests run. Nothing is lost: a mapping that may be written, or of which a page was
// changed, is left alone.
func unmapProgram() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return err
	}
	var failures []error
	for _, m := range programMappings(smaps, program) {
		if _, _, e := syscall.Syscall(syscall.SYS_MADVISE, m.start, m.length, syscall.MADV_DONTNEED); e != 0 {
			failures = append(failures, fmt.Errorf("madvise: %w", e))
		}
	}
	return errors.Join(failures...)
}

type mapping struct{ start, length uintptr }

// programMappings finds the mappings of a file that hold nothing but what is in the file,
// in the text of /proc/PID/smaps.
func programMappings(smaps []byte, file string) []mapping {
	var found []mapping
	var open *mapping
	for line := range bytes.Lines(smaps) {
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			continue
		}
		if !strings.HasSuffix(fields[0], ":") { // the first line of a mapping
			open = nil
			if len(fields) == 6 && fields[5] == file && !strings.Contains(fields[1], "w") && strings.HasPrefix(fields[1], "r") {
				open = readRange(fields[0])
			}
			continue
		}
		if open != nil && fields[0] == "Anonymous:" && fields[1] == "0" {
			found = append(found, *open)
		}
	}
	return found
}

func readRange(text string) *mapping {
	from, to, _ := strings.Cut(text, "-")
	start, err1 := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if errors.Join(err1, err2) != nil || end <= start {
		return nil
	}
	return &mapping{uintptr(start), uintptr(end - start)}
}
