package argon2

import "math/bits"

// compression is one way to compute G, the compression function (RFC 9106, section
// 3.5).
type compression struct {
	name string
	set  func(out, x, y *Block) // out = G(x, y)
	mix  func(out, x, y *Block) // out = out XOR G(x, y)
}

func portable() compression {
	return compression{name: "portable", set: setPortable, mix: mixPortable}
}

func setPortable(out, x, y *Block) {
	var r Block
	for i := range r {
		r[i] = x[i] ^ y[i]
	}
	z := r
	permuteAll(&z)
	for i := range out {
		out[i] = r[i] ^ z[i]
	}
}

func mixPortable(out, x, y *Block) {
	var r Block
	for i := range r {
		r[i] = x[i] ^ y[i]
	}
	z := r
	permuteAll(&z)
	for i := range out {
		out[i] ^= r[i] ^ z[i]
	}
}

// permuteAll applies P to the rows, then to the columns, of a block seen as 8 x 8
// registers of 16 bytes.
func permuteAll(z *Block) {
	for row := 0; row < blockWords; row += 16 {
		v := z[row : row+16 : row+16]
		permute(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7],
			&v[8], &v[9], &v[10], &v[11], &v[12], &v[13], &v[14], &v[15])
	}
	for c := 0; c < 16; c += 2 {
		permute(&z[c], &z[c+1], &z[c+16], &z[c+17], &z[c+32], &z[c+33], &z[c+48], &z[c+49],
			&z[c+64], &z[c+65], &z[c+80], &z[c+81], &z[c+96], &z[c+97], &z[c+112], &z[c+113])
	}
}

// permute is P, the round of BLAKE2b with multiplications (RFC 9106, section 3.6).
func permute(p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15 *uint64) {
	v0, v1, v2, v3, v4, v5, v6, v7 := *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7
	v8, v9, v10, v11, v12, v13, v14, v15 := *p8, *p9, *p10, *p11, *p12, *p13, *p14, *p15

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

	*p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7 = v0, v1, v2, v3, v4, v5, v6, v7
	*p8, *p9, *p10, *p11, *p12, *p13, *p14, *p15 = v8, v9, v10, v11, v12, v13, v14, v15
}

// mixWords is one of the four steps of GB (RFC 9106, section 3.6). It is small enough to be
// inlined, which GB as a whole is not.
func mixWords(a, b, d uint64, right int) (uint64, uint64) {
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	return a, bits.RotateLeft64(d^a, -right)
}
