// Command gen owns the generation of compress_amd64.s: the compression function G of
// Argon2 (RFC 9106, section 3.5) for SSSE3, AVX2 and AVX-512, from one description.
// It is a module of its own, so that the server does not depend on the generator.
//
// A block is 8 x 8 registers of 16 bytes. P is applied to the rows, then to the
// columns. It works on eight registers, R0 to R7, which are the words v0 to v15 of one
// row or column. A wider register holds the same pair of words of several rows or
// columns: each 128-bit lane is one instance of P.
package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const blockBytes = 1024

func main() {
	ConstraintExpr("amd64")
	narrow := newSSSE3()
	for _, s := range []set{narrow, newAVX2(narrow), avx512{}} {
		for _, mix := range []bool{false, true} {
			compress(s, mix)
		}
	}
	prefetch()
	readHigh()
	Generate()
}

// set is an instruction set. An operation writes its first operand and leaves the
// others as they are.
type set interface {
	name() string
	end() // leaves the registers fit for other code
	width() int
	lanes() int // of 128 bits
	// wholeBlock reports whether a block and what is needed to work on it fit the registers.
	wholeBlock() bool
	vector() reg.VecVirtual
	load(dst reg.VecVirtual, from Mem)
	store(to Mem, from reg.VecVirtual)
	xor(dst, a reg.VecVirtual, b Op)
	xorBoth(dst reg.VecVirtual, a, b Mem) // into dst
	add(dst, a reg.VecVirtual, b Op)
	multiply(dst, a reg.VecVirtual, b Op) // the low halves of each word
	rotate(v reg.VecVirtual, bits int)    // to the right
	// align takes the upper word of low and the lower word of high, in each lane.
	align(dst, high, low reg.VecVirtual)
	// transpose makes of registers, one for each lane, those with the first, second ... lanes of all.
	transpose(r []reg.VecVirtual)
}

// pair is a pair of words of one row or column, or of several, in a register or at its
// home in memory.
type pair struct {
	in    reg.VecVirtual // nil while it is at home
	home  Mem
	parks bool // goes home after each step
}

// operand is where the pair is.
func (p *pair) operand() Op {
	if p.in == nil {
		return p.home
	}
	return p.in
}

// state is what P works on: R0 to R7.
type state [8]*pair

// together is how many states are permuted in turns, since an operation of one state waits
// for the one before it longer than it takes.
const together = 2

// function is one that the program writes.
type function struct {
	set
	mix       bool // into what out holds
	out, x, y Mem
	block     []*pair
}

// compress writes one function. The rows go to a copy on the stack unless registers hold all
// of the block; where a register holds several rows, as many of them are transposed on the
// way in and again on the way to the columns.
func compress(s set, mix bool) {
	name := "set"
	doc := "out = G(x, y)"
	if mix {
		name, doc = "mix", "out = out XOR G(x, y)"
	}
	TEXT(name+s.name(), 0, "func(out, x, y *[128]uint64)")
	Doc(name + s.name() + " computes " + doc + ".")
	Pragma("noescape")
	f := function{set: s, mix: mix, block: make([]*pair, blockBytes/s.width())}
	f.out = Mem{Base: Load(Param("out"), GP64())}
	f.x = Mem{Base: Load(Param("x"), GP64())}
	f.y = Mem{Base: Load(Param("y"), GP64())}
	var stack Mem
	if !s.wholeBlock() {
		stack = AllocLocal(blockBytes)
	}
	for i := range f.block {
		f.block[i] = &pair{home: stack.Offset(s.width() * i)}
	}
	step := together * s.lanes()
	for row := 0; row < 8; row += step {
		f.rows(row)
	}
	for column := 0; column < 8; column += step {
		f.columns(column)
	}
	s.end()
	RET()
}

// rows applies P to rows of x XOR y.
func (f *function) rows(first int) {
	Comment("rows from " + strconv.Itoa(first))
	lanes := f.lanes()
	var states [together]state
	for i := range states {
		row := first + i*lanes
		copy(states[i][:], f.block[8*row/lanes:])
		f.enter(&states[i], i == 0, func(k int, p *pair) {
			// A part of row+k%lanes; after transposing it is one pair of each row.
			at := 128*(row+k%lanes) + f.width()*(k/lanes)
			p.in = f.vector()
			f.load(p.in, f.x.Offset(at))
			f.xor(p.in, p.in, f.y.Offset(at))
		})
	}
	f.permute(states)
	for i := range states {
		for _, p := range states[i] {
			p.parks = !f.wholeBlock()
			f.park(p)
		}
	}
}

// columns applies P to columns of the block and adds x XOR y.
func (f *function) columns(first int) {
	Comment("columns from " + strconv.Itoa(first))
	lanes := f.lanes()
	var states [together]state
	for i := range states {
		column := first + i*lanes
		for k := range states[i] {
			// Of the rows from k-k%lanes, column+k%lanes.
			states[i][k] = f.block[8*(k/lanes)+column+k%lanes]
		}
		f.enter(&states[i], i == 0, func(_ int, p *pair) { f.fetch(p) })
	}
	f.permute(states)
	for i := range states {
		for k, p := range states[i] {
			at := 128*k + 16*(first+i*lanes)
			r := f.fetch(p)
			f.xorBoth(r, f.x.Offset(at), f.y.Offset(at))
			if f.mix {
				f.xor(r, r, f.out.Offset(at))
			}
			f.store(f.out.Offset(at), r)
		}
	}
}

// enter fetches and transposes the pairs of a state. Where registers do not hold all of the
// block, there is one too few for what is permuted together and what a step needs: a pair that
// is added to in the first step and one of the second have one in turns, since each is left
// alone for a step. They are of the first state, whose steps come first: to be stored and
// loaded again takes longer than a step. To park more of them takes longer for the same reason.
func (f *function) enter(st *state, first bool, fetch func(k int, p *pair)) {
	for k, p := range st {
		p.parks = first && !f.wholeBlock() && (k == 0 || k == 4)
	}
	n := max(f.lanes(), 2)
	for i := 0; i < len(st); i += n {
		pairs, r := st[i:i+n], make([]reg.VecVirtual, n)
		for k, p := range pairs {
			fetch(i+k, p)
			r[k] = p.in
		}
		f.transpose(r)
		for k, p := range pairs {
			p.in = r[k]
			f.park(p)
		}
	}
}

// fetch returns the register that the pair is in.
func (f *function) fetch(p *pair) reg.VecVirtual {
	if p.in == nil {
		p.in = f.vector()
		f.load(p.in, p.home)
	}
	return p.in
}

// park frees the register of the pair if it is one that parks.
func (f *function) park(p *pair) {
	if p.in != nil && p.parks {
		f.store(p.home, p.in)
		p.in = nil
	}
}

// permute is P on R0 to R7: GB on the columns of the 4 x 4 matrix of words, then on its
// diagonals. For these the words of the second and fourth row move by one and three
// places; the registers of the third row change places.
func (f *function) permute(states [together]state) {
	var rows [4][]*pair
	for _, st := range states {
		for i := range rows {
			rows[i] = append(rows[i], st[2*i], st[2*i+1])
		}
	}
	a, b, c, d := rows[0], rows[1], rows[2], rows[3]
	f.quarters(a, b, c, d)
	f.cross(b)
	f.cross(d)
	for i := 0; i < len(c); i += 2 {
		c[i], c[i+1] = c[i+1], c[i]
		d[i].in, d[i+1].in = d[i+1].in, d[i].in
	}
	f.quarters(a, b, c, d)
	f.cross(b)
	f.cross(d)
	for i := 0; i < len(b); i += 2 {
		b[i].in, b[i+1].in = b[i+1].in, b[i].in
	}
}

// cross takes the words (0 1)(2 3) of two registers to (1 2)(3 0).
func (f *function) cross(r []*pair) {
	for i := 0; i < len(r); i += 2 {
		p, q := r[i].in, r[i+1].in
		r[i].in, r[i+1].in = f.vector(), f.vector()
		f.align(r[i].in, q, p)
		f.align(r[i+1].in, p, q)
	}
}

// quarters is GB on all quadruples of registers in turn, so that none waits for its own
// results.
func (f *function) quarters(a, b, c, d []*pair) {
	for _, step := range []struct {
		x, y, z []*pair
		bits    int
	}{{a, b, d, 32}, {c, d, b, 24}, {a, b, d, 16}, {c, d, b, 63}} {
		for i, x := range step.x {
			y, z, product, sum := step.y[i], step.z[i], f.vector(), x.in
			if sum == nil {
				sum = f.vector()
			}
			f.multiply(product, y.in, x.operand())
			f.add(product, product, product)
			f.add(sum, y.in, x.operand())
			f.add(sum, sum, product)
			f.xor(z.in, z.in, sum)
			f.rotate(z.in, step.bits)
			x.in = sum
			f.park(x)
		}
	}
}

// prefetch writes the function that asks for a block before it is read: the rows are read one
// after the other, and those of a block outside the caches would be waited for one by one.
func prefetch() {
	TEXT("prefetchBlock", attr.NOSPLIT, "func(b *[128]uint64)")
	Doc("prefetchBlock asks for the lines of b.")
	Pragma("noescape")
	b := Mem{Base: Load(Param("b"), GP64())}
	for at := 0; at < blockBytes; at += 64 {
		PREFETCHT0(b.Offset(at))
	}
	RET()
}

// readHigh writes the function with which a test looks for what was computed.
func readHigh() {
	TEXT("readHighAVX512", 0, "func(out *[128]uint64)")
	Doc("readHighAVX512 copies the registers from 16 to 31; it is for tests.")
	Pragma("noescape")
	out := Mem{Base: Load(Param("out"), GP64())}
	for i, r := range highRegisters() {
		VMOVDQU64(r, out.Offset(64*i))
	}
	VZEROUPPER()
	RET()
}
