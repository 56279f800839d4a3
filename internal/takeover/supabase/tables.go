package supabase

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// belongings are the links and factors of users, by the ids of these.
type belongings struct {
	links   map[string][]link
	factors map[string][]factor
}

func newBelongings() *belongings {
	return &belongings{links: map[string][]link{}, factors: map[string][]factor{}}
}

func (b *belongings) addLink(raw json.RawMessage) error {
	var l link
	err := json.Unmarshal(raw, &l)
	b.links[l.UserID] = append(b.links[l.UserID], l)
	return err
}

func (b *belongings) addFactor(raw json.RawMessage) error {
	var f factor
	err := json.Unmarshal(raw, &f)
	b.factors[f.UserID] = append(b.factors[f.UserID], f)
	return err
}

// convert reads a user, of that number in its file, with what belongs to it.
func (b *belongings) convert(raw json.RawMessage, n int, now time.Time) (takeover.User, error) {
	var u user
	err := json.Unmarshal(raw, &u)
	if err == nil && u.ID == "" {
		err = errors.New("it has no id")
	}
	if err != nil {
		return takeover.User{Key: fmt.Sprintf("number %d", n)}, fmt.Errorf("user number %d is no row of auth.users: %w", n, err)
	}
	links, factors := b.links[u.ID], b.factors[u.ID]
	delete(b.links, u.ID)
	delete(b.factors, u.ID)
	return u.neutral(append(u.Links, links...), append(u.Factors, factors...), now), nil
}

// orphans tells of links and factors whose user was not there.
func (b *belongings) orphans(yield func(takeover.User, error) bool) bool {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(b.links)), maps.Keys(b.factors))
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if !yield(takeover.User{Key: cmp.Or(id, "none")}, errors.New("has identities or factors, and no row among the users")) {
			return false
		}
	}
	return true
}

// Tables are the tables of a database, where each is in a file of its own.
type Tables struct {
	Now      time.Time
	belong   *belongings
	prepared int // tables of identities and factors that Prepare read and Users did not meet yet
}

// NewTables returns tables of which no file was read.
func NewTables(now time.Time) *Tables { return &Tables{Now: now, belong: newBelongings()} }

// Users reads one file: the document that holds all tables, a list of users, or a file with a table. Links and factors of a
// document are held in memory; users that stand before them are too, and others come one after the other. Links and factors
// without their user follow as errors.
func Users(r io.Reader, now time.Time) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		t := NewTables(now)
		for u, err := range t.Users(r) {
			if !yield(u, err) {
				return
			}
		}
		t.Orphans()(yield)
	}
}

// Users is Users for one of several files, which belong together: Orphans yields what is left after the last one. Files of
// identities and factors yield nothing if Prepare has read them, and otherwise an error.
func (t *Tables) Users(r io.Reader) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		buffered := bufio.NewReader(r)
		if isDocument(buffered) {
			d := reader{Decoder: json.NewDecoder(buffered), now: t.Now, belongings: t.belong, yield: yield}
			if err := d.document(); err != nil && !errors.Is(err, errStop) {
				yield(takeover.User{}, err)
			}
			return
		}
		n := 0
		for raw, err := range rows(buffered) {
			if err != nil {
				yield(takeover.User{}, fmt.Errorf("after %d users: %w", n, err))
				return
			}
			if n++; n == 1 && tableOf(raw) != users {
				if t.prepared--; t.prepared < 0 {
					yield(takeover.User{}, errors.New("identities and factors are read before users: give them as files, not by standard input"))
				}
				return
			}
			if !yield(t.belong.convert(raw, n, t.Now)) {
				return
			}
		}
		if n == 0 {
			yield(takeover.User{}, takeover.ErrNoUsers)
		}
	}
}

// Prepare reads a file if it has a table of identities or factors.
func (t *Tables) Prepare(r io.Reader) error {
	buffered := bufio.NewReader(r)
	if isDocument(buffered) {
		return nil
	}
	n, add := 0, t.belong.addLink
	for raw, err := range rows(buffered) {
		if n++; err == nil && n == 1 {
			switch tableOf(raw) {
			case users:
				return nil
			case factors:
				add = t.belong.addFactor
			case identities:
			}
			t.prepared++
		}
		if err == nil {
			err = add(raw)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return nil
}

// Orphans yields an error for each user of identities and factors that Prepare read and no file had.
func (t *Tables) Orphans() iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) { t.belong.orphans(yield) }
}

func rows(r io.Reader) iter.Seq2[json.RawMessage, error] { return takeover.Rows(r, "id", "user_id") }

type table int

const (
	users table = iota
	identities
	factors
)

// tableOf tells of which table a row is.
func tableOf(raw json.RawMessage) table {
	var row map[string]json.RawMessage
	_ = json.Unmarshal(raw, &row) // what is no row counts as a user that can't be read
	switch {
	case row["factor_type"] != nil:
		return factors
	case row["user_id"] != nil && row["provider"] != nil:
		return identities
	}
	return users
}

// isDocument reports whether a file is one object whose members are tables, or such as lists of the admin API.
func isDocument(r *bufio.Reader) bool {
	if !takeover.IsJSON(r) {
		return false
	}
	head, _ := r.Peek(200) // less where the file is short
	rest, isObject := strings.CutPrefix(string(head), "{")
	_, rest, _ = strings.Cut(rest, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	return isObject && !slices.Contains([]string{"id", "instance_id", "user_id", "provider_id"}, name)
}
