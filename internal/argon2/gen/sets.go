package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rotationMask is the order of bytes that rotates each word to the right.
func rotationMask(name string, bytes, words int) Mem {
	mask := GLOBL(name, attr.RODATA|attr.NOPTR)
	for word := range words {
		var order uint64
		for i := range 8 {
			order |= uint64(8*(word%2)+(i+bytes)%8) << (8 * i)
		}
		DATA(8*word, U64(order))
	}
	return mask
}

// ssse3 has operations of two operands, so results start as copies.
type ssse3 struct {
	mask24, mask16 Mem
}

func newSSSE3() *ssse3 {
	return &ssse3{mask24: rotationMask("rotate24", 3, 4), mask16: rotationMask("rotate16", 2, 4)}
}

func (s *ssse3) name() string           { return "SSSE3" }
func (s *ssse3) width() int             { return 16 }
func (s *ssse3) lanes() int             { return 1 }
func (s *ssse3) vector() reg.VecVirtual { return XMM() }
func (s *ssse3) wholeBlock() bool       { return false }
func (s *ssse3) end()                   {}

func (s *ssse3) load(dst reg.VecVirtual, from Mem) { MOVOU(from, dst) }
func (s *ssse3) store(to Mem, from reg.VecVirtual) { MOVOU(from, to) }
func (s *ssse3) transpose([]reg.VecVirtual)        {}

func (s *ssse3) copy(dst reg.VecVirtual, from Op) {
	if from, ok := from.(Mem); ok {
		MOVOU(from, dst)
		return
	}
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

func (s *ssse3) xorBoth(dst reg.VecVirtual, a, b Mem) {
	s.xor(dst, dst, a)
	s.xor(dst, dst, b)
}

func (s *ssse3) add(dst, a reg.VecVirtual, b Op) {
	if dst == a {
		PADDQ(b, dst)
		return
	}
	s.copy(dst, b)
	PADDQ(a, dst)
}

func (s *ssse3) multiply(dst, a reg.VecVirtual, b Op) {
	s.copy(dst, b)
	PMULULQ(a, dst)
}

func (s *ssse3) rotate(v reg.VecVirtual, bits int) {
	switch bits {
	case 32:
		PSHUFD(Imm(0b10_11_00_01), v, v)
	case 24:
		PSHUFB(s.mask24, v)
	case 16:
		PSHUFB(s.mask16, v)
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

// avx2 has operations of three operands on registers of two lanes.
type avx2 struct {
	mask24, mask16 Mem
}

func newAVX2(like *ssse3) *avx2 {
	return &avx2{mask24: like.mask24, mask16: like.mask16}
}

func (s *avx2) name() string           { return "AVX2" }
func (s *avx2) width() int             { return 32 }
func (s *avx2) lanes() int             { return 2 }
func (s *avx2) vector() reg.VecVirtual { return YMM() }
func (s *avx2) wholeBlock() bool       { return false }
func (s *avx2) end()                   { VZEROUPPER() }

func (s *avx2) load(dst reg.VecVirtual, from Mem)    { VMOVDQU(from, dst) }
func (s *avx2) store(to Mem, from reg.VecVirtual)    { VMOVDQU(from, to) }
func (s *avx2) xor(dst, a reg.VecVirtual, b Op)      { VPXOR(b, a, dst) }
func (s *avx2) add(dst, a reg.VecVirtual, b Op)      { VPADDQ(b, a, dst) }
func (s *avx2) multiply(dst, a reg.VecVirtual, b Op) { VPMULUDQ(b, a, dst) }
func (s *avx2) align(dst, high, low reg.VecVirtual)  { VPALIGNR(Imm(8), low, high, dst) }

func (s *avx2) xorBoth(dst reg.VecVirtual, a, b Mem) {
	s.xor(dst, dst, a)
	s.xor(dst, dst, b)
}

func (s *avx2) rotate(v reg.VecVirtual, bits int) {
	switch bits {
	case 32:
		VPSHUFD(Imm(0b10_11_00_01), v, v)
	case 24:
		VPSHUFB(s.mask24, v, v)
	case 16:
		VPSHUFB(s.mask16, v, v)
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

// avx512 has a rotation, and registers for a whole block beside what is needed to work on it.
type avx512 struct{}

func (avx512) name() string           { return "AVX512" }
func (avx512) width() int             { return 64 }
func (avx512) lanes() int             { return 4 }
func (avx512) wholeBlock() bool       { return true }
func (avx512) vector() reg.VecVirtual { return ZMM() }

func (avx512) load(dst reg.VecVirtual, from Mem)    { VMOVDQU64(from, dst) }
func (avx512) store(to Mem, from reg.VecVirtual)    { VMOVDQU64(from, to) }
func (avx512) xor(dst, a reg.VecVirtual, b Op)      { VPXORQ(b, a, dst) }
func (avx512) add(dst, a reg.VecVirtual, b Op)      { VPADDQ(b, a, dst) }
func (avx512) multiply(dst, a reg.VecVirtual, b Op) { VPMULUDQ(b, a, dst) }
func (avx512) rotate(v reg.VecVirtual, bits int)    { VPRORQ(Imm(uint64(bits)), v, v) }
func (avx512) align(dst, high, low reg.VecVirtual)  { VPALIGNR(Imm(8), low, high, dst) }

// xorBoth is one operation of three operands.
func (s avx512) xorBoth(dst reg.VecVirtual, a, b Mem) {
	const odd = 0b1001_0110 // of each bit, whether one or three operands have it
	t := ZMM()
	s.load(t, a)
	VPTERNLOGQ(Imm(odd), b, t, dst)
}

// end clears the upper registers, since no other code of the process writes to them.
func (avx512) end() {
	zero := ZMM()
	VPXOR(zero.AsX(), zero.AsX(), zero.AsX())
	for _, r := range highRegisters() {
		VMOVDQA64(zero, r)
	}
	VZEROUPPER()
}

func highRegisters() []reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
}

// transpose exchanges pairs of lanes, then lanes.
func (avx512) transpose(r []reg.VecVirtual) {
	half := make([]reg.VecVirtual, 4)
	for i, lanes := range []uint64{0b01_00_01_00, 0b11_10_11_10} {
		half[i], half[2+i] = ZMM(), ZMM()
		VSHUFI64X2(Imm(lanes), r[1], r[0], half[i])
		VSHUFI64X2(Imm(lanes), r[3], r[2], half[2+i])
	}
	for i, lanes := range []uint64{0b10_00_10_00, 0b11_01_11_01} {
		r[i], r[2+i] = ZMM(), ZMM()
		VSHUFI64X2(Imm(lanes), half[2], half[0], r[i])
		VSHUFI64X2(Imm(lanes), half[3], half[1], r[2+i])
	}
}
