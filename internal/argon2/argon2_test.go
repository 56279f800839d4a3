package argon2

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2" //nolint:depguard // seeded inputs, the same in each run
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// eachCompression runs a test with all code that this processor can run.
func eachCompression(t *testing.T, test func(t *testing.T, h *Hasher)) {
	t.Helper()
	for _, c := range compressions() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			test(t, newHasher(c))
		})
	}
}

func mustKey(t *testing.T, h *Hasher, size int, in Input, p Params) []byte {
	t.Helper()
	tag := make([]byte, size)
	if err := h.Key(t.Context(), tag, in, p, make([]Block, p.Blocks())); err != nil {
		t.Fatalf("Key(%+v) = %v", p, err)
	}
	return tag
}

func TestKey(t *testing.T) {
	t.Parallel()
	repeat := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	rfc := Input{Password: repeat(1, 32), Salt: repeat(2, 16), Secret: repeat(3, 8), Data: repeat(4, 12)}
	phc := Input{Password: []byte("password"), Salt: []byte("somesalt")}
	for _, c := range []struct {
		name string
		in   Input
		p    Params
		want string
	}{
		{
			"RFC 9106, 5.1", rfc,
			Params{D, Version13, 3, 32, 4},
			"512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
		},
		{
			"RFC 9106, 5.2", rfc,
			Params{I, Version13, 3, 32, 4},
			"c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
		},
		{
			"RFC 9106, 5.3", rfc,
			Params{ID, Version13, 3, 32, 4},
			"0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
		},
		{
			"version 1.0", phc,
			Params{I, Version10, 2, 1 << 16, 1},
			"f6c4db4a54e2a370627aff3db6176b94a2a209a62c8e36152711802f7b30c694",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachCompression(t, func(t *testing.T, h *Hasher) {
				t.Helper()
				for range 2 { // the state of the first is not in the second
					if got := hex.EncodeToString(mustKey(t, h, 32, c.in, c.p)); got != c.want {
						t.Errorf("Key() = %s, want %s", got, c.want)
					}
				}
			})
		})
	}
}

// differentialCases is ARGON2_CASES, for the long run, or a few.
func differentialCases(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("ARGON2_CASES"))
	if err != nil {
		return 300
	}
	return n
}

func TestKey_agreesWithXCrypto(t *testing.T) {
	t.Parallel()
	cases := differentialCases(t)
	eachCompression(t, func(t *testing.T, h *Hasher) {
		t.Helper()
		r := rand.New(rand.NewPCG(1, uint64(cases)))
		memory := make([]Block, 1<<12)
		for range cases {
			in := Input{Password: randomBytes(r, 80), Salt: randomBytes(r, 40)}
			p := Params{Variant: I + Variant(r.IntN(2)), Version: Version13, Time: 1 + r.Uint32N(4), Lanes: 1 + r.Uint32N(5)}
			p.Memory = 8*p.Lanes + r.Uint32N(60)
			if r.IntN(10) == 0 {
				p.Memory += r.Uint32N(900)
			}
			tag := make([]byte, 4+r.IntN(200))
			if err := h.Key(t.Context(), tag, in, p, memory); err != nil {
				t.Fatal(err)
			}
			if want := reference(in, p, len(tag)); !bytes.Equal(tag, want) {
				t.Fatalf("Key(%+v, %+v) = %x, want %x", in, p, tag, want)
			}
		}
	})
}

func reference(in Input, p Params, size int) []byte {
	key := argon2.IDKey
	if p.Variant == I {
		key = argon2.Key
	}
	return key(in.Password, in.Salt, p.Time, p.Memory, uint8(p.Lanes), uint32(size))
}

func randomBytes(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// All parameters, in all code: what golang.org/x/crypto computes too (Argon2i and Argon2id of
// version 1.3, without secret and data) is compared with it, and the rest with the
// portable code.
func FuzzKey(f *testing.F) {
	f.Add([]byte("password"), []byte("somesalt"), []byte(nil), uint8(2), uint16(64), uint8(1), uint8(32), uint8(2))
	f.Add([]byte(""), []byte(""), []byte(nil), uint8(3), uint16(333), uint8(4), uint8(65), uint8(1))
	f.Add([]byte("password"), []byte("somesalt"), []byte("more"), uint8(1), uint16(100), uint8(2), uint8(64), uint8(0))
	f.Add([]byte("password"), []byte("somesalt"), []byte(nil), uint8(1), uint16(100), uint8(2), uint8(4), uint8(4))
	f.Fuzz(func(t *testing.T, password, salt, data []byte, passes uint8, memory uint16, lanes, size, kind uint8) {
		in := Input{Password: password, Salt: salt, Secret: data[:len(data)/2], Data: data[len(data)/2:]}
		p := Params{Variant(kind % 3), Version13, 1 + uint32(passes%4), uint32(memory % 2048), 1 + uint32(lanes%6)}
		if kind/3%2 == 1 {
			p.Version = Version10
		}
		p.Memory = max(p.Memory, 8*p.Lanes)
		tag := max(int(size), minTag)
		want := mustKey(t, NewPortable(), tag, in, p)
		if p.Variant != D && p.Version == Version13 && len(data) == 0 {
			want = reference(in, p, tag)
		}
		for _, c := range compressions() {
			if got := mustKey(t, newHasher(c), tag, in, p); !bytes.Equal(got, want) {
				t.Errorf("%s: Key(%+v, %+v) = %x, want %x", c.name, in, p, got, want)
			}
		}
	})
}

// All code computes the same function, also of blocks that no hash would make.
func TestCompression(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 3))
	for range 200 {
		var x, y, old, set, mix Block
		for i := range x {
			x[i], y[i], old[i] = r.Uint64(), r.Uint64(), r.Uint64()
			if i%7 == 0 {
				x[i], y[i] = ^uint64(0), 0
			}
		}
		mix = old
		setPortable(&set, &x, &y)
		mixPortable(&mix, &x, &y)
		for i := range set {
			if mix[i] != set[i]^old[i] {
				t.Fatalf("portable: mix is not set XOR what was there, word %d", i)
			}
		}
		for _, c := range compressions() {
			gotSet, gotMix := old, old
			c.set(&gotSet, &x, &y)
			c.mix(&gotMix, &x, &y)
			if gotSet != set || gotMix != mix {
				t.Fatalf("%s differs from the portable code", c.name)
			}
		}
	}
}

// RFC 9106, section 3.4.1.2: where reading does not depend on the password, two
// passwords read the same blocks in the same order; where it does, they do not.
func TestKey_dataIndependentAccess(t *testing.T) {
	t.Parallel()
	type access struct{ pass, slice, column, refColumn int }
	trace := func(p Params, password string) (independent, dependent []access) {
		h := New()
		h.trace = func(pass, slice, column int, _, _ uint32, refColumn int) {
			a := access{pass, slice, column, refColumn}
			if p.Variant == I || p.Variant == ID && pass == 0 && slice < 2 {
				independent = append(independent, a)
			} else {
				dependent = append(dependent, a)
			}
		}
		mustKey(t, h, 32, Input{Password: []byte(password), Salt: []byte("saltsalt")}, p)
		return independent, dependent
	}
	for name, p := range map[string]Params{"id": {ID, Version13, 2, 600, 1}, "i": {I, Version13, 2, 600, 1}, "d": {D, Version13, 2, 600, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i1, d1 := trace(p, "one")
			i2, d2 := trace(p, "two")
			if !slices.Equal(i1, i2) {
				t.Error("the order of reading depends on the password")
			}
			if len(d1) > 0 && slices.Equal(d1, d2) {
				t.Error("the order of reading should depend on the password here")
			}
			if wantIndependent := p.Variant != D; (len(i1) > 0) != wantIndependent {
				t.Errorf("%d independent accesses", len(i1))
			}
		})
	}
}

func TestKey_wipesMemory(t *testing.T) {
	t.Parallel()
	eachCompression(t, func(t *testing.T, h *Hasher) {
		t.Helper()
		p := Params{ID, Version13, 2, 64, 1}
		memory := make([]Block, p.Blocks())
		if err := h.Key(t.Context(), make([]byte, 32), Input{Password: []byte("secret"), Salt: []byte("saltsalt")}, p, memory); err != nil {
			t.Fatal(err)
		}
		for i, b := range memory {
			if b != (Block{}) {
				t.Fatalf("block %d holds what was computed", i)
			}
		}
		if h.seed != [len(h.seed)]byte{} || h.digest != [len(h.digest)]byte{} || h.bytes != [blockBytes]byte{} || h.lanes[0] != (lane{}) {
			t.Error("the hasher holds what was computed")
		}
	})
}

func TestKey_allocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of other tests too
	h, p := New(), Params{ID, Version13, 1, 64, 1}
	memory, tag := make([]Block, p.Blocks()), make([]byte, 32)
	in := Input{Password: []byte("password"), Salt: []byte("saltsalt")}
	if n := testing.AllocsPerRun(20, func() { _ = h.Key(t.Context(), tag, in, p, memory) }); n != 0 {
		t.Errorf("a hash makes %v allocations", n)
	}
}

func TestKey_refusesImpossibleParameters(t *testing.T) {
	t.Parallel()
	good := Params{ID, Version13, 1, 64, 1}
	for name, change := range map[string]func(p *Params, tag *int, memory *int) error{
		"variant":      func(p *Params, _, _ *int) error { p.Variant = 3; return ErrParams },
		"version":      func(p *Params, _, _ *int) error { p.Version = 0x12; return ErrParams },
		"no pass":      func(p *Params, _, _ *int) error { p.Time = 0; return ErrParams },
		"no lane":      func(p *Params, _, _ *int) error { p.Lanes = 0; return ErrParams },
		"many lanes":   func(p *Params, _, _ *int) error { p.Lanes = 1 << 24; return ErrParams },
		"lanes > m/8":  func(p *Params, _, _ *int) error { p.Lanes = 9; return ErrParams },
		"short tag":    func(_ *Params, tag, _ *int) error { *tag = 3; return ErrParams },
		"small memory": func(_ *Params, _, memory *int) error { *memory = 63; return ErrMemory },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, tag, memory := good, 32, good.Blocks()
			want := change(&p, &tag, &memory)
			if err := New().Key(t.Context(), make([]byte, tag), Input{}, p, make([]Block, memory)); !errors.Is(err, want) {
				t.Errorf("Key() = %v, want %v", err, want)
			}
		})
	}
}

func TestKey_endsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h, p := New(), Params{ID, Version13, 1000, 64, 1}
	h.trace = func(pass, _, _ int, _, _ uint32, _ int) {
		if pass == 2 {
			cancel()
		}
		if pass > 2 {
			t.Error("the computation went on")
			h.trace = nil
		}
	}
	tag := make([]byte, 32)
	if err := h.Key(ctx, tag, Input{}, p, make([]Block, p.Blocks())); !errors.Is(err, context.Canceled) {
		t.Errorf("Key() = %v, want the error of the context", err)
	}
	if !bytes.Equal(tag, make([]byte, 32)) {
		t.Error("a tag was written")
	}
}

func BenchmarkKey(b *testing.B) {
	for _, c := range compressions() {
		for _, p := range []Params{{ID, Version13, 1, 16 << 10, 1}, {ID, Version13, 2, 19 << 10, 1}} {
			b.Run(strings.Join([]string{c.name, strconv.Itoa(int(p.Memory>>10)) + "MiB", strconv.Itoa(int(p.Time))}, "/"), func(b *testing.B) {
				h, memory, tag := newHasher(c), make([]Block, p.Blocks()), make([]byte, 32)
				for b.Loop() {
					_ = h.Key(b.Context(), tag, Input{Password: []byte("password"), Salt: []byte("saltsaltsaltsalt")}, p, memory)
				}
			})
		}
	}
	b.Run("xcrypto/16MiB/1", func(b *testing.B) {
		for b.Loop() {
			argon2.IDKey([]byte("password"), []byte("saltsaltsaltsalt"), 1, 16<<10, 1, 32)
		}
	})
	b.Run("xcrypto/19MiB/2", func(b *testing.B) {
		for b.Loop() {
			argon2.IDKey([]byte("password"), []byte("saltsaltsaltsalt"), 2, 19<<10, 1, 32)
		}
	})
}
