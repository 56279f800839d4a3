package argon2

import (
	"context"
	"encoding/binary"
	"errors"
	"hash"
	"sync"

	"golang.org/x/crypto/blake2b"
)

// Variant is the order in which memory is read. Its numbers are those of RFC 9106,
// section 3.1.
type Variant uint32

// The variants.
const (
	D  Variant = 0 // depends on the password: fastest to fill, open to side channels
	I  Variant = 1 // independent of the password
	ID Variant = 2 // as I for the first half of the first pass, then as D
)

// The versions of the algorithm.
const (
	Version10 uint32 = 0x10 // passes after the first overwrite blocks
	Version13 uint32 = 0x13 // passes after the first XOR into blocks
)

// Params are the parameters of a hash (RFC 9106, section 3.1).
type Params struct {
	Variant Variant
	Version uint32 // Version10 or Version13
	Time    uint32 // passes, at least 1
	Memory  uint32 // KiB, at least 8 for each lane
	Lanes   uint32 // 1 to 1<<24-1
}

// The errors of Key.
var (
	ErrParams = errors.New("argon2: impossible parameters")
	ErrMemory = errors.New("argon2: the memory is too small for the parameters")
)

const (
	slicesPerPass = 4 // synchronization points of a pass
	blockWords    = 128
	blockBytes    = 8 * blockWords
	minTag        = 4
	maxLanes      = 1<<24 - 1
	addressable   = blockWords // addresses in one block of them
	wiped         = 256        // blocks that are wiped at one time
)

// Block is one unit of memory: 1 KiB.
type Block = [blockWords]uint64

// Blocks returns how many blocks of memory Key needs: Memory rounded down to a
// multiple of four for each lane, at least eight for each lane.
func (p Params) Blocks() int {
	lanes := max(int(p.Lanes), 1)
	return max(int(p.Memory)/(slicesPerPass*lanes), 2) * slicesPerPass * lanes
}

func (p Params) check(tag int) error {
	if p.Variant > ID || (p.Version != Version10 && p.Version != Version13) || p.Time < 1 ||
		p.Lanes < 1 || p.Lanes > maxLanes || uint64(p.Memory) < 8*uint64(p.Lanes) || tag < minTag {
		return ErrParams
	}
	return nil
}

// Input is what a hash is made of. Secret and Data may be empty.
type Input struct {
	Password, Salt, Secret, Data []byte
}

// Hasher computes hashes one after the other. It holds a few KiB of working
// state that lasts, so that a hash allocates nothing. It is not safe for concurrent
// use.
type Hasher struct {
	compress compression
	absorb   hash.Hash // BLAKE2b with 64 bytes
	short    hash.Hash // BLAKE2b with shortSize bytes, for the end of a tag
	matrix   matrix    // of the hash being computed
	lanes    []lane
	seed     [blake2b.Size + 8]byte // H0, then the column and lane of a first block
	digest   [blake2b.Size]byte
	bytes    [blockBytes]byte
	word     [4]byte
	// trace sees each reference; it is for tests.
	trace func(pass, slice, column int, lane, refLane uint32, refColumn int)
}

// New returns a hasher that uses the fastest code that this processor runs.
func New() *Hasher { return newHasher(compressions()[0]) }

// NewPortable returns a hasher that uses no instruction of a particular processor.
func NewPortable() *Hasher { return newHasher(portable()) }

func newHasher(c compression) *Hasher {
	absorb, err := blake2b.New512(nil)
	if err != nil {
		panic(err) // a nil key is never too long
	}
	return &Hasher{compress: c, absorb: absorb}
}

// Key writes the tag for in to the whole of tag, 4 bytes or more. It fills memory,
// which must have p.Blocks() blocks or more and may hold anything, and wipes what
// it used. The error is ErrParams or ErrMemory, or that of ctx, which ends the
// computation within a quarter of a pass; tag is not written then.
func (h *Hasher) Key(ctx context.Context, tag []byte, in Input, p Params, memory []Block) error {
	if err := p.check(len(tag)); err != nil {
		return err
	}
	if len(memory) < p.Blocks() {
		return ErrMemory
	}
	h.matrix = matrix{Params: p, blocks: memory[:p.Blocks()], columns: p.Blocks() / int(p.Lanes)}
	defer h.wipe()
	h.start(in, len(tag))
	if err := h.fill(ctx); err != nil {
		return err
	}
	h.finish(tag)
	return nil
}

// start computes H0 and the first two blocks of each lane (RFC 9106, section 3.2,
// steps 1 to 4).
func (h *Hasher) start(in Input, tag int) {
	m := &h.matrix
	h.absorb.Reset()
	for _, n := range [...]uint32{m.Lanes, uint32(tag), m.Memory, m.Time, m.Version, uint32(m.Variant)} {
		h.write32(n)
	}
	for _, b := range [...][]byte{in.Password, in.Salt, in.Secret, in.Data} {
		h.write32(uint32(len(b)))
		h.absorb.Write(b)
	}
	h.absorb.Sum(h.seed[:0])
	for lane := range int(m.Lanes) {
		for column := range 2 {
			binary.LittleEndian.PutUint32(h.seed[blake2b.Size:], uint32(column))
			binary.LittleEndian.PutUint32(h.seed[blake2b.Size+4:], uint32(lane))
			h.expand(h.bytes[:], h.seed[:])
			readBlock(m.at(lane, column), &h.bytes)
		}
	}
}

// finish XORs the last column and hashes it to the tag (steps 7 and 8).
func (h *Hasher) finish(tag []byte) {
	m := &h.matrix
	last := m.at(0, m.columns-1)
	for lane := 1; lane < int(m.Lanes); lane++ {
		xorBlock(last, m.at(lane, m.columns-1))
	}
	writeBlock(&h.bytes, last)
	h.expand(tag, h.bytes[:])
}

// expand is H', the hash with output of any length (RFC 9106, section 3.3).
func (h *Hasher) expand(out, in []byte) {
	if len(out) <= blake2b.Size {
		short := h.shortHash(len(out))
		h.prefix(short, len(out))
		short.Write(in)
		short.Sum(out[:0])
		return
	}
	h.absorb.Reset()
	h.write32(uint32(len(out)))
	h.absorb.Write(in)
	h.absorb.Sum(h.digest[:0])
	out = out[copy(out, h.digest[:blake2b.Size/2]):]
	for len(out) > blake2b.Size {
		h.absorb.Reset()
		h.absorb.Write(h.digest[:])
		h.absorb.Sum(h.digest[:0])
		out = out[copy(out, h.digest[:blake2b.Size/2]):]
	}
	last := h.shortHash(len(out))
	last.Reset()
	last.Write(h.digest[:])
	last.Sum(out[:0])
}

func (h *Hasher) shortHash(size int) hash.Hash {
	if size == blake2b.Size {
		return h.absorb
	}
	if h.short == nil || h.short.Size() != size {
		short, err := blake2b.New(size, nil)
		if err != nil {
			panic(err) // 1 to 64 is what its contract allows
		}
		h.short = short
	}
	return h.short
}

func (h *Hasher) prefix(to hash.Hash, n int) {
	to.Reset()
	binary.LittleEndian.PutUint32(h.word[:], uint32(n))
	to.Write(h.word[:])
}

func (h *Hasher) write32(n uint32) {
	binary.LittleEndian.PutUint32(h.word[:], n)
	h.absorb.Write(h.word[:])
}

// wipe clears what a reader of this process's memory could test guesses with.
func (h *Hasher) wipe() {
	// From the end: the last blocks are still in the caches, and so are the first when the
	// next hash begins with them.
	for b := h.matrix.blocks; len(b) > 0; {
		rest := b[:max(0, len(b)-wiped)]
		clear(b[len(rest):])
		b = rest
	}
	h.matrix = matrix{}
	clear(h.seed[:])
	clear(h.digest[:])
	clear(h.bytes[:])
	for i := range h.lanes {
		h.lanes[i] = lane{}
	}
	h.absorb.Reset()
	if h.short != nil {
		h.short.Reset()
	}
}

// fill runs the passes, slice by slice (steps 5 and 6).
func (h *Hasher) fill(ctx context.Context) error {
	m := &h.matrix
	if len(h.lanes) < int(m.Lanes) {
		h.lanes = make([]lane, m.Lanes)
	}
	for pass := range int(m.Time) {
		for slice := range slicesPerPass {
			if err := ctx.Err(); err != nil {
				return err
			}
			if m.Lanes == 1 {
				h.fillSegment(pass, slice, 0)
			} else {
				h.fillSlice(pass, slice)
			}
		}
	}
	return nil
}

// fillSlice computes the segments of a slice, which do not depend on each other, at the
// same time.
func (h *Hasher) fillSlice(pass, slice int) {
	var running sync.WaitGroup
	for lane := range int(h.matrix.Lanes) {
		running.Go(func() { h.fillSegment(pass, slice, lane) })
	}
	running.Wait()
}
