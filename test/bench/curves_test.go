package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A part that fails takes nothing away from those before and after it.
func TestDrawParts(t *testing.T) {
	t.Parallel()
	into := filepath.Join(t.TempDir(), "images")
	if err := os.Mkdir(into, 0o755); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	finds := func(line string, err error) part {
		return func(context.Context) ([]measured, error) {
			return []measured{{Chart: timeBySize, Line: line, X: 1, Y: 1}, {Chart: timeBySize, Line: line, X: 10, Y: 2}}, err
		}
	}
	err := drawParts(t.Context(), into, []part{finds("before", nil), finds("until it failed", broken), finds("after", nil)})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"curves.json", "images/" + timeBySize + ".svg"} {
		got, err := os.ReadFile(filepath.Join(filepath.Dir(into), name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"before", "until it failed", "after"} {
			if !strings.Contains(string(got), line) {
				t.Errorf("no %q in %s", line, name)
			}
		}
	}
}
