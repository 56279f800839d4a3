// Command gen owns the generation of compress_amd64.s: the compression function G of
// Argon2 (RFC 9106, section 3.5) for SSSE3 and AVX2, from one description.
// It is a module of its own, so that the server does not depend on the generator.
//
// A block is 8 x 8 registers of 16 bytes. P is applied to the rows, then to the
// columns. It works on eight registers, R0 to R7, which are the words v0 to v15 of one
// row or column. A wider register holds the same pair of words of several rows or
// columns: each 128-bit lane is one instance of P.
package main

import (
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const blockBytes = 1024

func main() {
	ConstraintExpr("amd64")
	narrow := newSSSE3()
	for _, s := range []set{narrow, newAVX2(narrow)} {
		for _, mix := range []bool{false, true} {
			compress(s, mix)
		}
	}
	Generate()
}

// set is an instruction set. An operation writes its first operand and leaves the
// others as they are.
type set interface {
	name() string
	begin() // loads constants
	end()   // leaves the registers fit for other code
	width() int
	vector() reg.VecVirtual
	load(dst reg.VecVirtual, from Mem)
	store(to Mem, from reg.VecVirtual)
	xor(dst, a reg.VecVirtual, b Op)
	add(dst, a, b reg.VecVirtual)
	multiply(dst, a, b reg.VecVirtual) // the low halves of each word
	rotate(v reg.VecVirtual, bits int) // to the right
	// align takes the upper word of low and the lower word of high, in each lane.
	align(dst, high, low reg.VecVirtual)
	// transpose takes lanes (0 1) and (2 3) to (0 2) and (1 3), where there are two.
	transpose(pair []reg.VecVirtual)
}

// compress writes one function. The rows go to a copy on the stack; where a register
// holds two rows, two of them are transposed on the way in and again on the way to the
// columns.
func compress(s set, mix bool) {
	name := "set"
	doc := "out = G(x, y)"
	if mix {
		name, doc = "mix", "out = out XOR G(x, y)"
	}
	TEXT(name+s.name(), 0, "func(out, x, y *[128]uint64)")
	Doc(name + s.name() + " computes " + doc + ".")
	Pragma("noescape")
	out := Mem{Base: Load(Param("out"), GP64())}
	x := Mem{Base: Load(Param("x"), GP64())}
	y := Mem{Base: Load(Param("y"), GP64())}
	stack := AllocLocal(blockBytes)
	s.begin()

	rows := s.width() / 16 // rows, or columns, of a step
	for row := 0; row < 8; row += rows {
		Comment("rows from " + strconv.Itoa(row))
		r := vectors(s)
		for k := range r {
			// r[k] is a part of row+k%rows; after transposing it is one pair of each row.
			at := 128*(row+k%rows) + s.width()*(k/rows)
			s.load(r[k], x.Offset(at))
			s.xor(r[k], r[k], y.Offset(at))
		}
		transposePairs(s, r)
		permute(s, r)
		for k := range r {
			s.store(stack.Offset(128*row+s.width()*k), r[k])
		}
	}
	for column := 0; column < 8; column += rows {
		Comment("columns from " + strconv.Itoa(column))
		r := vectors(s)
		for k := range r {
			// Of the rows from k-k%rows, column+k%rows.
			s.load(r[k], stack.Offset(128*(k-k%rows)+s.width()*(column+k%rows)))
		}
		transposePairs(s, r)
		permute(s, r)
		for k := range r {
			at := 128*k + 16*column
			s.xor(r[k], r[k], x.Offset(at))
			s.xor(r[k], r[k], y.Offset(at))
			if mix {
				s.xor(r[k], r[k], out.Offset(at))
			}
			s.store(out.Offset(at), r[k])
		}
	}
	s.end()
	RET()
}

func vectors(s set) []reg.VecVirtual {
	r := make([]reg.VecVirtual, 8)
	for i := range r {
		r[i] = s.vector()
	}
	return r
}

func transposePairs(s set, r []reg.VecVirtual) {
	for k := 0; k < len(r); k += 2 {
		s.transpose(r[k : k+2])
	}
}

// permute is P on R0 to R7: GB on the columns of the 4 x 4 matrix of words, then on its
// diagonals. For these the words of the second and fourth row move by one and three
// places; the registers of the third row change places.
func permute(s set, r []reg.VecVirtual) {
	a, b, c, d := r[0:2], r[2:4], r[4:6], r[6:8]
	quarters(s, a, b, c, d)
	cross(s, b)
	swap(c)
	cross(s, d)
	swap(d)
	quarters(s, a, b, c, d)
	cross(s, b)
	swap(b)
	swap(c)
	cross(s, d)
}

// cross takes the words (0 1)(2 3) of two registers to (1 2)(3 0).
func cross(s set, r []reg.VecVirtual) {
	p, q := r[0], r[1]
	r[0], r[1] = s.vector(), s.vector()
	s.align(r[0], q, p)
	s.align(r[1], p, q)
}

func swap(r []reg.VecVirtual) { r[0], r[1] = r[1], r[0] }

// quarters is GB on two quadruples of registers in turn, so that neither waits for its
// own results.
func quarters(s set, a, b, c, d []reg.VecVirtual) {
	for _, step := range []struct {
		x, y, z []reg.VecVirtual
		bits    int
	}{{a, b, d, 32}, {c, d, b, 24}, {a, b, d, 16}, {c, d, b, 63}} {
		for i := range 2 {
			t := s.vector()
			s.multiply(t, step.x[i], step.y[i])
			s.add(t, t, t)
			s.add(step.x[i], step.x[i], step.y[i])
			s.add(step.x[i], step.x[i], t)
			s.xor(step.z[i], step.z[i], step.x[i])
			s.rotate(step.z[i], step.bits)
		}
	}
}
