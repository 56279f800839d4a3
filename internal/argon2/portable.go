package argon2

import "math/bits"

// compression is one way to compute G, the compression function (RFC 9106, section
// 3.5).
type compression struct {
	name string
	set  func(out, x, y *Block) // out = G(x, y)
	mix  func(out, x, y *Block) // out = out XOR G(x, y)
	// prefetch asks for a block that is read soon. Those where reading does not depend on the
	// password are asked for one step ahead.
	prefetch func(b *Block)
}

func portable() compression {
	return compression{name: "portable", set: setPortable, mix: mixPortable, prefetch: func(*Block) {}}
}

// setPortable computes G, which permutes R = x XOR y by rows, then by columns, and adds R
// again. R is not kept: to make it twice costs less than to store it. out may be x or y, since
// each word is read before it is written.
func setPortable(out, x, y *Block) {
	var z Block
	permuteRows(&z, x, y)
	for i := 0; i < rowWords; i += 2 {
		permuteColumn((*[columnWords]uint64)(out[i:]), (*[columnWords]uint64)(z[i:]), (*[columnWords]uint64)(x[i:]), (*[columnWords]uint64)(y[i:]))
	}
}

func mixPortable(out, x, y *Block) {
	var g Block
	setPortable(&g, x, y)
	for i := range out {
		out[i] ^= g[i]
	}
}

// A block is 8 x 8 registers of 16 bytes. A row has rowWords words in sequence, a column spans
// columnWords, so that all places in either are constants.
const (
	rowWords    = 16
	columnWords = 7*rowWords + 2
)

// permuteRows sets z to P of each row of x XOR y.
func permuteRows(z, x, y *Block) {
	for i := 0; i < blockWords; i += rowWords {
		permuteRow((*[rowWords]uint64)(z[i:]), (*[rowWords]uint64)(x[i:]), (*[rowWords]uint64)(y[i:]))
	}
}

// permuteRow is P, the round of BLAKE2b with multiplications (RFC 9106, section 3.6), of a
// row.
func permuteRow(z, x, y *[rowWords]uint64) {
	v0, v1, v2, v3 := x[0]^y[0], x[1]^y[1], x[2]^y[2], x[3]^y[3]
	v4, v5, v6, v7 := x[4]^y[4], x[5]^y[5], x[6]^y[6], x[7]^y[7]
	v8, v9, v10, v11 := x[8]^y[8], x[9]^y[9], x[10]^y[10], x[11]^y[11]
	v12, v13, v14, v15 := x[12]^y[12], x[13]^y[13], x[14]^y[14], x[15]^y[15]

	v0, v12 = mixWords(v0, v4, v12, 32)
	v8, v4 = mixWords(v8, v12, v4, 24)
	v0, v12 = mixWords(v0, v4, v12, 16)
	v8, v4 = mixWords(v8, v12, v4, 63)
	v1, v13 = mixWords(v1, v5, v13, 32)
	v9, v5 = mixWords(v9, v13, v5, 24)
	v1, v13 = mixWords(v1, v5, v13, 16)
	v9, v5 = mixWords(v9, v13, v5, 63)
	v2, v14 = mixWords(v2, v6, v14, 32)
	v10, v6 = mixWords(v10, v14, v6, 24)
	v2, v14 = mixWords(v2, v6, v14, 16)
	v10, v6 = mixWords(v10, v14, v6, 63)
	v3, v15 = mixWords(v3, v7, v15, 32)
	v11, v7 = mixWords(v11, v15, v7, 24)
	v3, v15 = mixWords(v3, v7, v15, 16)
	v11, v7 = mixWords(v11, v15, v7, 63)
	v0, v15 = mixWords(v0, v5, v15, 32)
	v10, v5 = mixWords(v10, v15, v5, 24)
	v0, v15 = mixWords(v0, v5, v15, 16)
	v10, v5 = mixWords(v10, v15, v5, 63)
	v1, v12 = mixWords(v1, v6, v12, 32)
	v11, v6 = mixWords(v11, v12, v6, 24)
	v1, v12 = mixWords(v1, v6, v12, 16)
	v11, v6 = mixWords(v11, v12, v6, 63)
	v2, v13 = mixWords(v2, v7, v13, 32)
	v8, v7 = mixWords(v8, v13, v7, 24)
	v2, v13 = mixWords(v2, v7, v13, 16)
	v8, v7 = mixWords(v8, v13, v7, 63)
	v3, v14 = mixWords(v3, v4, v14, 32)
	v9, v4 = mixWords(v9, v14, v4, 24)
	v3, v14 = mixWords(v3, v4, v14, 16)
	v9, v4 = mixWords(v9, v14, v4, 63)

	z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7] = v0, v1, v2, v3, v4, v5, v6, v7
	z[8], z[9], z[10], z[11], z[12], z[13], z[14], z[15] = v8, v9, v10, v11, v12, v13, v14, v15
}

// permuteColumn sets out to P of a column, with x XOR y added. It repeats the steps of permuteRow:
// a function for both would have to take and return 16 words, more than fit registers.
func permuteColumn(out, z, x, y *[columnWords]uint64) {
	v0, v1, v2, v3, v4, v5, v6, v7 := z[0], z[1], z[16], z[17], z[32], z[33], z[48], z[49]
	v8, v9, v10, v11, v12, v13, v14, v15 := z[64], z[65], z[80], z[81], z[96], z[97], z[112], z[113]

	v0, v12 = mixWords(v0, v4, v12, 32)
	v8, v4 = mixWords(v8, v12, v4, 24)
	v0, v12 = mixWords(v0, v4, v12, 16)
	v8, v4 = mixWords(v8, v12, v4, 63)
	v1, v13 = mixWords(v1, v5, v13, 32)
	v9, v5 = mixWords(v9, v13, v5, 24)
	v1, v13 = mixWords(v1, v5, v13, 16)
	v9, v5 = mixWords(v9, v13, v5, 63)
	v2, v14 = mixWords(v2, v6, v14, 32)
	v10, v6 = mixWords(v10, v14, v6, 24)
	v2, v14 = mixWords(v2, v6, v14, 16)
	v10, v6 = mixWords(v10, v14, v6, 63)
	v3, v15 = mixWords(v3, v7, v15, 32)
	v11, v7 = mixWords(v11, v15, v7, 24)
	v3, v15 = mixWords(v3, v7, v15, 16)
	v11, v7 = mixWords(v11, v15, v7, 63)
	v0, v15 = mixWords(v0, v5, v15, 32)
	v10, v5 = mixWords(v10, v15, v5, 24)
	v0, v15 = mixWords(v0, v5, v15, 16)
	v10, v5 = mixWords(v10, v15, v5, 63)
	v1, v12 = mixWords(v1, v6, v12, 32)
	v11, v6 = mixWords(v11, v12, v6, 24)
	v1, v12 = mixWords(v1, v6, v12, 16)
	v11, v6 = mixWords(v11, v12, v6, 63)
	v2, v13 = mixWords(v2, v7, v13, 32)
	v8, v7 = mixWords(v8, v13, v7, 24)
	v2, v13 = mixWords(v2, v7, v13, 16)
	v8, v7 = mixWords(v8, v13, v7, 63)
	v3, v14 = mixWords(v3, v4, v14, 32)
	v9, v4 = mixWords(v9, v14, v4, 24)
	v3, v14 = mixWords(v3, v4, v14, 16)
	v9, v4 = mixWords(v9, v14, v4, 63)

	out[0] = v0 ^ x[0] ^ y[0]
	out[1] = v1 ^ x[1] ^ y[1]
	out[16] = v2 ^ x[16] ^ y[16]
	out[17] = v3 ^ x[17] ^ y[17]
	out[32] = v4 ^ x[32] ^ y[32]
	out[33] = v5 ^ x[33] ^ y[33]
	out[48] = v6 ^ x[48] ^ y[48]
	out[49] = v7 ^ x[49] ^ y[49]
	out[64] = v8 ^ x[64] ^ y[64]
	out[65] = v9 ^ x[65] ^ y[65]
	out[80] = v10 ^ x[80] ^ y[80]
	out[81] = v11 ^ x[81] ^ y[81]
	out[96] = v12 ^ x[96] ^ y[96]
	out[97] = v13 ^ x[97] ^ y[97]
	out[112] = v14 ^ x[112] ^ y[112]
	out[113] = v15 ^ x[113] ^ y[113]
}

// mixWords is one of the four steps of GB (RFC 9106, section 3.6). It is small enough to be
// inlined, which GB as a whole is not. The sum does not wait for the product.
func mixWords(a, b, d uint64, right int) (uint64, uint64) {
	sum := a + b
	a = sum + 2*(uint64(uint32(a))*uint64(uint32(b)))
	return a, bits.RotateLeft64(d^a, -right)
}
