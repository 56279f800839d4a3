package passhash

import "testing"

func TestNewMemory(t *testing.T) {
	t.Parallel()
	for _, blocks := range []int{1, 8, 2047, 2048, 4097, 19456} {
		memory := newMemory(blocks)
		if len(memory) != blocks || cap(memory) != blocks {
			t.Errorf("%d blocks, want %d", len(memory), blocks)
		}
		memory[0][0], memory[blocks-1][127] = 1, 1 // they are there
	}
}
