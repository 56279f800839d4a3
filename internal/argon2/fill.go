package argon2

import "encoding/binary"

// matrix is the memory as rows (lanes) of columns.
type matrix struct {
	Params
	blocks  []Block
	columns int
}

func (m *matrix) at(lane, column int) *Block { return &m.blocks[lane*m.columns+column] }

// independent reports whether the order of reading depends on the parameters alone.
func (m *matrix) independent(pass, slice int) bool {
	return m.Variant == I || m.Variant == ID && pass == 0 && slice < slicesPerPass/2
}

// lane is the state with which one lane makes its addresses (RFC 9106, section
// 3.4.1.2).
type lane struct {
	zero, input, addresses Block
}

// begin prepares the input block of a segment.
func (l *lane) begin(m *matrix, pass, slice, index int) {
	l.input = Block{uint64(pass), uint64(index), uint64(slice), uint64(len(m.blocks)), uint64(m.Time), uint64(m.Variant)}
}

// next makes the next 128 addresses.
func (l *lane) next(c compression) {
	l.input[6]++
	c.set(&l.addresses, &l.zero, &l.input)
	c.set(&l.addresses, &l.zero, &l.addresses)
}

// fillSegment computes the blocks of one lane in one slice (RFC 9106, sections 3.2
// and 3.4).
func (h *Hasher) fillSegment(pass, slice, index int) {
	var (
		m           = &h.matrix
		length      = m.columns / slicesPerPass
		first       = slice * length
		state       = &h.lanes[index]
		independent = m.independent(pass, slice)
		combine     = h.compress.set
		begin       = 0
	)
	if pass > 0 && m.Version == Version13 {
		combine = h.compress.mix
	}
	if independent {
		state.begin(m, pass, slice, index)
	}
	if pass == 0 && slice == 0 {
		begin = 2 // start made them
		if independent {
			state.next(h.compress)
		}
	}
	previous := m.at(index, (first+begin+m.columns-1)%m.columns)
	for i := begin; i < length; i++ {
		random := previous[0]
		if independent {
			if i%addressable == 0 {
				state.next(h.compress)
			}
			random = state.addresses[i%addressable]
			if next := (i + 1) % addressable; next != 0 {
				h.compress.prefetch(m.at(m.reference(state.addresses[next], pass, slice, index, i+1)))
			}
		}
		refLane, refColumn := m.reference(random, pass, slice, index, i)
		if h.trace != nil {
			h.trace(pass, slice, first+i, uint32(index), uint32(refLane), refColumn)
		}
		block, ref := m.at(index, first+i), m.at(refLane, refColumn)
		if !independent {
			h.compress.prefetch(ref)
		}
		combine(block, previous, ref)
		previous = block
	}
}

// reference maps 64 pseudo-random bits to the block that the i-th of a segment is
// combined with (RFC 9106, section 3.4.2).
func (m *matrix) reference(random uint64, pass, slice, index, i int) (lane, column int) {
	length := m.columns / slicesPerPass
	lane = index
	if m.Lanes > 1 && (pass > 0 || slice > 0) {
		lane = int(uint32(random>>32) % m.Lanes)
	}
	// The blocks that may be read: the segments of this lane or another that are
	// complete, and in this lane those of this segment but the previous one.
	available, start := slice*length, 0
	if pass > 0 {
		available = (slicesPerPass - 1) * length
		start = (slice + 1) % slicesPerPass * length
	}
	switch {
	case lane == index:
		available += i - 1
	case i == 0:
		available--
	}
	x := random & 0xffffffff
	x = x * x >> 32
	x = uint64(available) * x >> 32
	column = start + available - 1 - int(x)
	if column >= m.columns {
		column -= m.columns
	}
	return lane, column
}

func xorBlock(b, other *Block) {
	for i := range b {
		b[i] ^= other[i]
	}
}

func readBlock(b *Block, from *[blockBytes]byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(from[8*i:])
	}
}

func writeBlock(to *[blockBytes]byte, b *Block) {
	for i, word := range b {
		binary.LittleEndian.PutUint64(to[8*i:], word)
	}
}
