package wire05

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/message"
)

// Applications know messages by their numbers, so a difference is a break unless the
// line is new.
func TestNumbers(t *testing.T) {
	t.Parallel()
	keys := message.Keys()
	slices.Sort(keys)
	var got strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&got, "%s %d\n", key, number(message.Of(key)))
	}
	want, err := os.ReadFile("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("numbers.txt says\n%s\nand the wire\n%s", want, got.String())
	}
	for key := range numbers {
		if !slices.Contains(keys, key) {
			t.Errorf("%s has a number and is no message", key)
		}
	}
	if n := number(message.Schema("format", "x", nil)); n != reasonNumber {
		t.Errorf("what a schema objects to has the number %d", n)
	}
}
