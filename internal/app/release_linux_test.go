package app

import (
	"os"
	"slices"
	"testing"
)

func TestProgramMappings(t *testing.T) {
	t.Parallel()
	const smaps = `00400000-014a3000 r-xp 00000000 fe:00 11183561                           /usr/bin/symbolon
Rss:               14924 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
014a3000-02a7b000 r--p 010a3000 fe:00 11183561                           /usr/bin/symbolon
Anonymous:             0 kB
02a7b000-02de5000 rw-p 0267b000 fe:00 11183561                           /usr/bin/symbolon
Anonymous:             0 kB
02de5000-02de6000 r--p 0267b000 fe:00 11183561                           /usr/bin/symbolon
Anonymous:             4 kB
02de6000-02de7000 ---p 0267b000 fe:00 11183561                           /usr/bin/symbolon
Anonymous:             0 kB
c3c19400000-c3c1b000000 rw-p 00000000 00:00 0
Anonymous:         12492 kB
7f5743700000-7f5743b00000 r--s 00000000 00:00 11                         /usr/share/zoneinfo
Anonymous:             0 kB
`
	want := []mapping{{0x400000, 0x10a3000}, {0x14a3000, 0x15d8000}}
	if got := programMappings([]byte(smaps), "/usr/bin/symbolon"); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if got := programMappings([]byte("garbage\nx-y r--p 0 0 0 a\nAnonymous: 0 kB\n"), "a"); got != nil {
		t.Errorf("%x", got)
	}
}

// The program runs on as it is.
func TestUnmapProgram(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/smaps"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := unmapProgram(); err != nil {
			t.Error(err)
		}
	}
}
