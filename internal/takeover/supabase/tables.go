package supabase

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// The tables of the scratch. That of users who came before what belongs to them is named after their file.
const (
	tableLinks   = "links"   // by the id of their user
	tableFactors = "factors" // likewise
	tableOwners  = "owners"  // ids of both
)

// belongings are the links and factors of users.
type belongings struct{ takeover.Scratch }

func (b belongings) addLink(raw json.RawMessage) error {
	var l link
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	b.add(tableLinks, l.UserID, raw)
	return nil
}

func (b belongings) addFactor(raw json.RawMessage) error {
	var f factor
	if err := json.Unmarshal(raw, &f); err != nil {
		return err
	}
	b.add(tableFactors, f.UserID, raw)
	return nil
}

func (b belongings) add(table, owner string, raw json.RawMessage) {
	b.Add(table, owner, raw)
	b.Add(tableOwners, owner, nil)
}

// convert reads a user, of that number in its file, with what belongs to it.
func (b belongings) convert(raw json.RawMessage, n int, now time.Time) (takeover.User, error) {
	var u user
	err := json.Unmarshal(raw, &u)
	if err == nil && u.ID == "" {
		err = errors.New("it has no id")
	}
	if err != nil {
		return takeover.User{Key: fmt.Sprintf("number %d", n)}, fmt.Errorf("user number %d is no row of auth.users: %w", n, err)
	}
	if len(b.Take(tableOwners, u.ID)) > 0 {
		u.Links = append(u.Links, restored[link](b.Take(tableLinks, u.ID))...)
		u.Factors = append(u.Factors, restored[factor](b.Take(tableFactors, u.ID))...)
	}
	return u.neutral(u.Links, u.Factors, now), nil
}

// restored are rows that add kept.
func restored[Row any](raws [][]byte) []Row {
	rows := make([]Row, len(raws))
	for i, raw := range raws {
		_ = json.Unmarshal(raw, &rows[i]) // before add it could be
	}
	return rows
}

// orphans tells of links and factors whose user was not there.
func (b belongings) orphans(yield func(takeover.User, error) bool) {
	for id := range b.Keys(tableOwners) {
		if !yield(takeover.User{Key: cmp.Or(id, "none")}, errors.New("has identities or factors, and no row among the users")) {
			return
		}
	}
}

// Tables are the tables of a database, where each is in a file of its own.
type Tables struct {
	Now      time.Time
	belong   belongings
	prepared int // tables of identities and factors that Prepare read and Users did not meet yet
	files    int // that Users read
}

// NewTables returns tables of which no file was read. What belongs to users is kept in the scratch, which has to be empty.
func NewTables(now time.Time, s takeover.Scratch) *Tables {
	return &Tables{Now: now, belong: belongings{s}}
}

// Users reads one file: the document that holds all tables, a list of users, or a file with a table. Links and factors of a
// document are kept in the scratch; users that stand before them are too, and others come one after the other. Links and factors
// without their user follow as errors.
func Users(r io.Reader, now time.Time, s takeover.Scratch) iter.Seq2[takeover.User, error] {
	return takeover.Checked(s, func(yield func(takeover.User, error) bool) {
		t := NewTables(now, s)
		for u, err := range t.Users(r) {
			if !yield(u, err) {
				return
			}
		}
		t.Orphans()(yield)
	})
}

// Users is Users for one of several files, which belong together: Orphans yields what is left after the last one. Files of
// identities and factors yield nothing if Prepare has read them, and otherwise an error.
func (t *Tables) Users(r io.Reader) iter.Seq2[takeover.User, error] {
	t.files++
	waiting := fmt.Sprintf("users of file %d", t.files)
	return takeover.Checked(t.belong, func(yield func(takeover.User, error) bool) {
		buffered := bufio.NewReader(r)
		if isDocument(buffered) {
			d := reader{Decoder: json.NewDecoder(buffered), now: t.Now, belongings: t.belong, waiting: waiting, yield: yield}
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
	})
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
		if err == nil {
			err = t.belong.Err()
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return nil
}

// Orphans yields an error for each user of identities and factors that Prepare read and no file had.
func (t *Tables) Orphans() iter.Seq2[takeover.User, error] {
	return takeover.Checked(t.belong, t.belong.orphans)
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
