package lookup

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/passhash"
)

// hasher counts what a list costs; its hash is the text with a prefix.
type hasher struct{ hashes, verifies, nothings int }

func (h *hasher) Hash(_ context.Context, text string) (string, error) {
	h.hashes++
	return "hashed:" + text, nil
}

func (h *hasher) Verify(_ context.Context, encoded, text string) (passhash.Result, error) {
	h.verifies++
	return passhash.Result{Match: encoded == "hashed:"+text}, nil
}

func (h *hasher) VerifyNothing(context.Context, string) error {
	h.nothings++
	return nil
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	codes, hints := generate(), map[string]bool{}
	for _, c := range codes {
		if len(c) != length || strings.Trim(c, alphabet) != "" {
			t.Errorf("code %q is not %d characters of the alphabet", c, length)
		}
		hints[c[:hintLength]] = true
	}
	if len(codes) != count || len(hints) != count {
		t.Errorf("%d codes with %d hints, want %d of each", len(codes), len(hints), count)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	h := &hasher{}
	codes := generate()
	c, err := hashed(t.Context(), h, codes, time.Unix(1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if h.hashes != count {
		t.Errorf("%d hashes were made, want %d", h.hashes, count)
	}
	stored, err := read(&c)
	if err != nil {
		t.Fatal(err)
	}
	guesses := map[string]int{
		codes[7]:                         7,
		codes[0]:                         0,
		codes[3][:hintLength] + "000000": -1,
		"00000000":                       -1,
		"":                               -1,
		"a":                              -1,
		"hashed:" + codes[1]:             -1,
	}
	for typed, want := range guesses {
		before := h.verifies + h.nothings
		at, err := stored.find(t.Context(), h, typed)
		if at != want || err != nil {
			t.Errorf("find(%q) = %d, %v; want %d", typed, at, err, want)
		}
		if cost := h.verifies + h.nothings - before; cost != 1 {
			t.Errorf("find(%q) cost %d hashes, want 1 for each guess", typed, cost)
		}
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	h := &hasher{}
	c, err := hashed(t.Context(), h, generate(), time.Unix(1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := read(&c)
	if err != nil {
		t.Fatal(err)
	}
	c.Version = 4
	next, err := stored.use(c, 5, time.Unix(2000, 0))
	if err != nil {
		t.Fatal(err)
	}
	after, err := read(&next)
	if err != nil {
		t.Fatal(err)
	}
	if stored.left() != count || after.left() != count-1 || after.Codes[5].UsedAt == nil || next.Version != 4 {
		t.Errorf("left %d, then %d; version %d", stored.left(), after.left(), next.Version)
	}
	if strings.Contains(string(next.Config), "hashed:\"") {
		t.Error("a code is stored in clear")
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"abcd2345", " ABCD 2345 ", "abcd-2345", "Abcd\u00a02345"} {
		if got := normalize(typed); got != "abcd2345" {
			t.Errorf("normalize(%q) = %q", typed, got)
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	h, now := &hasher{}, time.Unix(5000, 0)
	c, err := Import(t.Context(), h, []string{"ABCDEFGH", "bbbbbbbb"}, []time.Time{{}, now}, now)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := read(&c)
	if err != nil || stored.left() != 1 {
		t.Errorf("%d codes are left (%v), want 1", stored.left(), err)
	}
	if at, err := stored.find(t.Context(), h, "abcdefgh"); at != 0 || err != nil {
		t.Errorf("an imported code is not found: %d, %v", at, err)
	}
	for name, codes := range map[string][]string{
		"none": nil, "short": {"abc"}, "long": {strings.Repeat("a", 65)}, "many": make([]string, maxImported+1),
	} {
		if _, err := Import(t.Context(), h, codes, nil, now); errs.Of(err) != errs.Invalid {
			t.Errorf("%s: %v, want an error of code Invalid", name, err)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	got, err := Shown([]byte(`{"recovery_codes":[{"hint":"ab","hash":"secret"},{"hint":"cd","hash":"secret","used_at":"2026-11-30T10:00:00Z"}]}`))
	const want = `{"recovery_codes":[{"code":"ab******","used_at":null},{"code":"cd******","used_at":"2026-11-30T10:00:00Z"}]}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
