package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rotationMask is the order of bytes that rotates each word to the right.
func rotationMask(name string, bytes int) Mem {
	mask := GLOBL(name, attr.RODATA|attr.NOPTR)
	for word := range 2 {
		var order uint64
		for i := range 8 {
			order |= uint64(8*word+(i+bytes)%8) << (8 * i)
		}
		DATA(8*word, U64(order))
	}
	return mask
}

// ssse3 has operations of two operands, so results start as copies.
type ssse3 struct {
	mask24, mask16     Mem
	rotate24, rotate16 reg.VecVirtual
}

func newSSSE3() *ssse3 {
	return &ssse3{mask24: rotationMask("rotate24", 3), mask16: rotationMask("rotate16", 2)}
}

func (s *ssse3) name() string           { return "SSSE3" }
func (s *ssse3) width() int             { return 16 }
func (s *ssse3) vector() reg.VecVirtual { return XMM() }
func (s *ssse3) end()                   {}

func (s *ssse3) begin() {
	s.rotate24, s.rotate16 = XMM(), XMM()
	MOVOU(s.mask24, s.rotate24)
	MOVOU(s.mask16, s.rotate16)
}

func (s *ssse3) load(dst reg.VecVirtual, from Mem) { MOVOU(from, dst) }
func (s *ssse3) store(to Mem, from reg.VecVirtual) { MOVOU(from, to) }
func (s *ssse3) transpose([]reg.VecVirtual)        {}

func (s *ssse3) copy(dst, from reg.VecVirtual) {
	if dst != from {
		MOVOA(from, dst)
	}
}

func (s *ssse3) xor(dst, a reg.VecVirtual, b Op) {
	if m, ok := b.(Mem); ok { // PXOR wants aligned memory
		b = XMM()
		MOVOU(m, b)
	}
	s.copy(dst, a)
	PXOR(b, dst)
}

func (s *ssse3) add(dst, a, b reg.VecVirtual) {
	s.copy(dst, a)
	PADDQ(b, dst)
}

func (s *ssse3) multiply(dst, a, b reg.VecVirtual) {
	s.copy(dst, a)
	PMULULQ(b, dst)
}

func (s *ssse3) rotate(v reg.VecVirtual, bits int) {
	switch bits {
	case 32:
		PSHUFD(Imm(0b10_11_00_01), v, v)
	case 24:
		PSHUFB(s.rotate24, v)
	case 16:
		PSHUFB(s.rotate16, v)
	case 63:
		t := XMM()
		s.add(t, v, v)
		PSRLQ(Imm(63), v)
		PXOR(t, v)
	default:
		panic(fmt.Sprintf("rotation by %d", bits))
	}
}

func (s *ssse3) align(dst, high, low reg.VecVirtual) {
	s.copy(dst, high)
	PALIGNR(Imm(8), low, dst)
}

// avx2 has operations of three operands on registers of two lanes. AVX-512VL would add a
// rotation, but was no faster where it was measured.
type avx2 struct {
	mask24, mask16     Mem
	rotate24, rotate16 reg.VecVirtual
}

func newAVX2(like *ssse3) *avx2 {
	return &avx2{mask24: like.mask24, mask16: like.mask16}
}

func (s *avx2) name() string           { return "AVX2" }
func (s *avx2) width() int             { return 32 }
func (s *avx2) vector() reg.VecVirtual { return YMM() }
func (s *avx2) end()                   { VZEROUPPER() }

func (s *avx2) begin() {
	s.rotate24, s.rotate16 = YMM(), YMM()
	VBROADCASTI128(s.mask24, s.rotate24)
	VBROADCASTI128(s.mask16, s.rotate16)
}

func (s *avx2) load(dst reg.VecVirtual, from Mem)   { VMOVDQU(from, dst) }
func (s *avx2) store(to Mem, from reg.VecVirtual)   { VMOVDQU(from, to) }
func (s *avx2) xor(dst, a reg.VecVirtual, b Op)     { VPXOR(b, a, dst) }
func (s *avx2) add(dst, a, b reg.VecVirtual)        { VPADDQ(b, a, dst) }
func (s *avx2) multiply(dst, a, b reg.VecVirtual)   { VPMULUDQ(b, a, dst) }
func (s *avx2) align(dst, high, low reg.VecVirtual) { VPALIGNR(Imm(8), low, high, dst) }

func (s *avx2) rotate(v reg.VecVirtual, bits int) {
	switch bits {
	case 32:
		VPSHUFD(Imm(0b10_11_00_01), v, v)
	case 24:
		VPSHUFB(s.rotate24, v, v)
	case 16:
		VPSHUFB(s.rotate16, v, v)
	case 63:
		t := YMM()
		s.add(t, v, v)
		VPSRLQ(Imm(63), v, v)
		s.xor(v, v, t)
	default:
		panic(fmt.Sprintf("rotation by %d", bits))
	}
}

func (s *avx2) transpose(pair []reg.VecVirtual) {
	a, b := pair[0], pair[1]
	pair[0], pair[1] = YMM(), YMM()
	VPERM2I128(Imm(0x20), b, a, pair[0])
	VPERM2I128(Imm(0x31), b, a, pair[1])
}
