package session

import (
	"fmt"
	"testing"
)

func entry(i int, read uint64) *Cached {
	return &Cached{Session: &Session{TokenHash: fmt.Sprint("token ", i), IdentityID: fmt.Sprint("identity ", i)}, read: read}
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	const size = 100
	c := newCache(size)
	for i := range 50 * size {
		c.put(entry(i, c.now()))
	}
	c.entries.CleanUp()
	if n := c.entries.EstimatedSize(); n == 0 || n > size {
		t.Errorf("%d entries of at most %d", n, size)
	}
}

func TestAnEntryIsGoodWhileItIsYoungerThanBothItsMarks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		drop   string
		before bool // the drop comes before the reading
		want   bool
	}{
		"nothing dropped":             {"", false, true},
		"its token dropped after":     {"token 1", false, false},
		"its identity dropped after":  {"identity 1", false, false},
		"its token dropped before":    {"token 1", true, true},
		"its identity dropped before": {"identity 1", true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCache(10)
			if test.before {
				c.drop(test.drop)
			}
			read := c.now()
			if test.drop != "" && !test.before {
				c.drop(test.drop)
			}
			c.put(entry(1, read))
			for range 2 {
				if _, ok := c.get("token 1"); ok != test.want {
					t.Errorf("served: %v, want %v", ok, test.want)
				}
			}
		})
	}
}

// Marks are shared by all ids that fall on the same stripe, which may cost a read
// and must never serve what is old.
func TestALaterDropOnTheSameStripeKeepsTheEarlierOne(t *testing.T) {
	t.Parallel()
	c := newCache(10)
	stale := entry(1, c.now())
	c.drop(stale.IdentityID)
	for i := range 4 * stripes {
		c.drop(fmt.Sprint("other ", i))
	}
	c.put(stale)
	if _, ok := c.get(stale.TokenHash); ok {
		t.Error("a stale entry was served")
	}
	fresh := entry(1, c.now())
	c.put(fresh)
	if got, ok := c.get(fresh.TokenHash); !ok || got != fresh {
		t.Error("a fresh entry was not served")
	}
}

func TestAnEntryThatWasDroppedGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	c := newCache(10)
	c.put(entry(1, c.now()))
	c.drop("token 1")
	c.get("token 1")
	c.entries.CleanUp()
	if n := c.entries.EstimatedSize(); n != 0 {
		t.Errorf("%d entries left", n)
	}
}
