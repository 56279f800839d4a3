package passhash

import (
	"syscall"
	"unsafe"

	"symbolon/internal/argon2"
)

// hugePage is the size of a huge page of amd64 and of arm64 with pages of 4 KiB.
const hugePage = 2 << 20

// newMemory returns memory that the system may back with huge pages: a hash reads here and
// there in all of it, and with pages of 4 KiB the processor looks up where most of them are.
// It took a tenth less time so; where the system has no huge pages to spare nothing changes.
func newMemory(blocks int) []argon2.Block {
	memory := make([]argon2.Block, blocks)
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(memory))), blocks*len(memory[0])*8) //nolint:gosec // the same memory as bytes
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(raw))) % hugePage)                         //nolint:gosec // where the first huge page can be
	if whole := (len(raw) - skip) &^ (hugePage - 1); whole > 0 {
		_ = syscall.Madvise(raw[skip:skip+whole], syscall.MADV_HUGEPAGE)
	}
	return memory
}
