package revocation

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Position is the offset of a reader: for each chain, the number of the last event that it read.
type Position map[int]int64

// maxChains bounds what is read of a position that a client sends.
const maxChains = 256

var errPosition = errors.New("is not a position of the feed")

// String returns pairs "chain.number" joined by "-", as clients send them back.
func (p Position) String() string {
	parts := make([]string, 0, len(p))
	for _, chain := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, strconv.Itoa(chain)+"."+strconv.FormatInt(p[chain], 10))
	}
	return cmp.Or(strings.Join(parts, "-"), "0.0")
}

// ParsePosition reads what String made.
func ParsePosition(text string) (Position, error) {
	parts := strings.Split(text, "-")
	if len(parts) > maxChains {
		return nil, errPosition
	}
	p := Position{}
	for _, part := range parts {
		name, number, ok := strings.Cut(part, ".")
		chain, err := strconv.ParseUint(name, 10, 16)
		seq, numberErr := strconv.ParseUint(number, 10, 62)
		if !ok || err != nil || numberErr != nil {
			return nil, errPosition
		}
		p[int(chain)] = int64(seq)
	}
	return p, nil
}
