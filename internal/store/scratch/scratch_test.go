package scratch_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/symbolon/symbolon/internal/store/scratch"
	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
)

var _ takeover.Scratch = (*scratch.Scratch)(nil)

func TestScratch(t *testing.T) {
	t.Parallel()
	s := scratchtest.New(t)
	for _, e := range [][2]string{{"b", "1"}, {"a\x00", "2"}, {"b", ""}, {"", "3"}, {"é", "4"}} {
		s.Add("one", e[0], []byte(e[1]))
	}
	s.Add("two", "b", nil)
	var all, values []string
	for key, value := range s.All("one") {
		all = append(all, key+"="+string(value))
		for _, v := range s.Values("one", key) { // the index is made in between
			values = append(values, string(v))
		}
		s.Add("three", key, value)
	}
	if !slices.Equal(all, []string{"b=1", "a\x00=2", "b=", "=3", "é=4"}) || !slices.Equal(values, []string{"1", "", "2", "1", "", "3", "4"}) {
		t.Errorf("%q, %q", all, values)
	}
	if keys := slices.Collect(s.Keys("one")); !slices.Equal(keys, []string{"", "a\x00", "b", "é"}) {
		t.Errorf("%q", keys)
	}
	if keys := slices.Collect(s.Keys("three")); len(keys) != 4 {
		t.Errorf("%q", keys)
	}
	if value, found := s.First("one", "b"); string(value) != "1" || !found {
		t.Errorf("%q, %t", value, found)
	}
	if _, found := s.First("two", "b"); !found {
		t.Error("a key without a value is not found")
	}
	if _, found := s.First("none", "b"); found || len(s.Values("none", "b")) > 0 {
		t.Error("found in a table that nothing was added to")
	}
	for range s.All("one") { // one that ends early
		break
	}
	s.Add("one", "b", []byte("5"))
	if got := s.Take("one", "b"); len(got) != 3 || string(got[2]) != "5" {
		t.Errorf("%q", got)
	}
	if keys := slices.Collect(s.Keys("one")); !slices.Equal(keys, []string{"", "a\x00", "é"}) || len(s.Take("one", "b")) > 0 {
		t.Errorf("%q after one was taken", keys)
	}
}

// What outgrows memory is in a file of the user's alone, which nothing else can open.
func TestScratch_file(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := scratchtest.New(t)
	for n := range 20_000 {
		s.Add("one", strconv.Itoa(n), make([]byte, 400))
	}
	if value, found := s.First("one", "19999"); len(value) != 400 || !found {
		t.Errorf("%d bytes, %t", len(value), found)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q, %v", left, err)
	}
}

// A scratch file that can't be written is an error that stays.
func TestScratch_noFile(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	s := &scratch.Scratch{}
	for n := range 20_000 {
		s.Add("one", strconv.Itoa(n), make([]byte, 400))
	}
	if s.Err() == nil {
		t.Error("no error")
	}
	if got := s.Values("one", "1"); got != nil {
		t.Errorf("%q after an error", got)
	}
	for range s.All("one") {
		t.Fatal("a value after an error")
	}
	_ = s.Close()
	if _, err := os.Stat(os.Getenv("TMPDIR")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
