package argon2

import "golang.org/x/sys/cpu"

// compressions returns what this processor runs, fastest first. The operating
// system must save the wide registers too; package cpu asks for that. Without AVX2
// there is no AVX-512 either, so that GODEBUG=cpu.avx2=off turns both off.
func compressions() []compression {
	var usable []compression
	if cpu.X86.HasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW {
		usable = append(usable, compression{name: "avx512", set: setAVX512, mix: mixAVX512, prefetch: prefetchBlock})
	}
	if cpu.X86.HasAVX2 {
		usable = append(usable, compression{name: "avx2", set: setAVX2, mix: mixAVX2, prefetch: prefetchBlock})
	}
	if cpu.X86.HasSSSE3 {
		usable = append(usable, compression{name: "ssse3", set: setSSSE3, mix: mixSSSE3, prefetch: prefetchBlock})
	}
	plain := portable()
	plain.prefetch = prefetchBlock // all of amd64 have the instruction
	return append(usable, plain)
}
