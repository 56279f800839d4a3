package argon2

import (
	"runtime"
	"testing"
)

// No other code of the process would overwrite the registers from 16 on.
func TestCompression_clearsUpperRegisters(t *testing.T) {
	t.Parallel()
	c := compressions()[0]
	if c.name != "avx512" {
		t.Skip("this processor has no such registers")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for name, compress := range map[string]func(out, x, y *Block){"set": c.set, "mix": c.mix} {
		out, x, y, held := Block{1}, Block{2}, Block{3}, Block{4}
		compress(&out, &x, &y)
		readHighAVX512(&held)
		if held != (Block{}) {
			t.Errorf("%s: the registers hold what was computed", name)
		}
	}
}
