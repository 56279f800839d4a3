package lookup

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/secret"
)

const (
	// count is how many codes a list has.
	count = 12
	// length is how many characters a code has: 40 bits, of which the hint shows 10.
	length = 8
	// hintLength is how many characters of a code are stored in clear, so that one hash at most is verified for a guess
	// and a person can tell the codes apart.
	hintLength = 2
	// alphabet has no characters that look alike on paper.
	alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
	// maxImported bounds the codes of an imported list, each of which costs a hash.
	maxImported = 64
)

// Hasher makes and judges salted hashes in a memory budget. *passhash.Hasher satisfies it.
type Hasher interface {
	Hash(ctx context.Context, text string) (string, error)
	Verify(ctx context.Context, encoded, text string) (passhash.Result, error)
	VerifyNothing(ctx context.Context, text string) error
}

// code is one stored code.
type code struct {
	Hint   string     `json:"hint"`
	Hash   string     `json:"hash"` // PHC format
	UsedAt *time.Time `json:"used_at,omitempty"`
}

// list is the stored form of a lookup_secret credential.
type list struct {
	Codes      []code     `json:"recovery_codes"`
	AddedAt    time.Time  `json:"added_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

// generate draws a list of codes whose hints differ.
func generate() []string {
	codes, hints := make([]string, 0, count), map[string]bool{}
	for len(codes) < count {
		var text strings.Builder
		for range length {
			text.WriteByte(alphabet[secret.Below(int64(len(alphabet)))])
		}
		if hint := text.String()[:hintLength]; !hints[hint] {
			hints[hint] = true
			codes = append(codes, text.String())
		}
	}
	return codes
}

// normalize is a code as it was printed: people add spaces and dashes, and phones capital letters.
func normalize(typed string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "").Replace(typed))
}

// hashed is the credential of a list of codes.
func hashed(ctx context.Context, h Hasher, codes []string, now time.Time) (identity.Credential, error) {
	stored := list{AddedAt: now.UTC()}
	for _, text := range codes {
		hash, err := h.Hash(ctx, text)
		if err != nil {
			return identity.Credential{}, err
		}
		stored.Codes = append(stored.Codes, code{Hint: text[:hintLength], Hash: hash})
	}
	return stored.credential()
}

func (l list) credential() (identity.Credential, error) {
	raw, err := json.Marshal(l)
	if err != nil {
		return identity.Credential{}, fmt.Errorf("write recovery codes: %w", err)
	}
	return identity.Credential{Type: ID, Config: raw}, nil
}

func read(c *identity.Credential) (list, error) {
	var stored list
	if err := json.Unmarshal(c.Config, &stored); err != nil {
		return list{}, fmt.Errorf("read recovery codes: %w", err)
	}
	return stored, nil
}

// left counts the codes that have not been used.
func (l list) left() int {
	n := 0
	for _, c := range l.Codes {
		if c.UsedAt == nil {
			n++
		}
	}
	return n
}

// find returns the index of the code that was typed, used or not, and -1 for none. It costs one hash where no hint is
// shared, whether the code is right or not.
func (l list) find(ctx context.Context, h Hasher, typed string) (int, error) {
	verified := false
	for i, c := range l.Codes {
		if len(typed) < hintLength || c.Hint != typed[:hintLength] {
			continue
		}
		verified = true
		result, err := h.Verify(ctx, c.Hash, typed)
		if err != nil {
			return -1, err
		}
		if result.Match {
			return i, nil
		}
	}
	if !verified {
		return -1, h.VerifyNothing(ctx, typed)
	}
	return -1, nil
}

// use returns the credential with that code marked as used.
func (l list) use(c identity.Credential, at int, now time.Time) (identity.Credential, error) {
	now = now.UTC()
	l.Codes = append([]code(nil), l.Codes...)
	l.Codes[at].UsedAt, l.LastUsedAt = &now, &now
	next, err := l.credential()
	c.Config = next.Config
	return c, err
}

// Import is the credential of codes that another system made, in clear, of which some may be used. The error is of
// code errs.Invalid where they can not be taken.
func Import(ctx context.Context, h Hasher, codes []string, used []time.Time, now time.Time) (identity.Credential, error) {
	if len(codes) == 0 || len(codes) > maxImported {
		return identity.Credential{}, errs.New(errs.Invalid, "recovery_codes_invalid", fmt.Sprintf("lookup_secret needs 1 to %d recovery_codes.", maxImported))
	}
	clean := make([]string, len(codes))
	for i, text := range codes {
		if clean[i] = normalize(text); len(clean[i]) < 6 || len(clean[i]) > 64 {
			return identity.Credential{}, errs.New(errs.Invalid, "recovery_codes_invalid", "A recovery code must have 6 to 64 characters.")
		}
	}
	c, err := hashed(ctx, h, clean, now)
	if err != nil || len(used) == 0 {
		return c, err
	}
	stored, err := read(&c)
	if err != nil {
		return c, err
	}
	for i, at := range used[:min(len(used), len(stored.Codes))] {
		if !at.IsZero() {
			stored.Codes[i].UsedAt = &at
		}
	}
	return stored.credential()
}

// Shown returns a stored configuration as operators see it: which codes there are, by their first characters, and when
// each was used.
func Shown(config json.RawMessage) (json.RawMessage, error) {
	stored, err := read(&identity.Credential{Config: config})
	if err != nil {
		return nil, err
	}
	type shown struct {
		Code   string     `json:"code"`
		UsedAt *time.Time `json:"used_at"`
	}
	codes := make([]shown, len(stored.Codes))
	for i, c := range stored.Codes {
		codes[i] = shown{c.Hint + strings.Repeat("*", length-hintLength), c.UsedAt}
	}
	return json.Marshal(map[string]any{"recovery_codes": codes})
}
