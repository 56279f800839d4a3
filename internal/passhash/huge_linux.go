package passhash

import (
	"reflect"
	"runtime"
	"syscall"

	"github.com/symbolon/symbolon/internal/argon2"
)

// hugePage is the size of a huge page of amd64 and of arm64 with pages of 4 KiB.
const hugePage = 2 << 20

// newMemory returns memory that the system may back with huge pages: a hash reads here and
// there in all of it, and with pages of 4 KiB the processor looks up where most of them are.
// It took a tenth less time so; where the system has no huge pages to spare nothing changes.
func newMemory(blocks int) []argon2.Block {
	memory := make([]argon2.Block, blocks)
	start := reflect.ValueOf(memory).Pointer()
	first := (start + hugePage - 1) &^ (hugePage - 1)
	end := (start + uintptr(blocks)<<10) &^ (hugePage - 1)
	if first < end {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, first, end-first, syscall.MADV_HUGEPAGE)
	}
	runtime.KeepAlive(memory)
	return memory
}
