package supabase

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// errStop says that the caller wants no more users.
var errStop = errors.New("stopped")

// reader reads the document that holds all tables.
type reader struct {
	*json.Decoder
	now time.Time
	belongings
	seen    [2]bool // the lists of links and of factors were there
	waiting string  // the table of users that came before what belongs to them
	n       int
	yield   func(takeover.User, error) bool
}

func (d *reader) document() error {
	first, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("the file is no JSON: %w", err)
	case first != json.Delim('{'):
		return errors.New("the file has no member users")
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("after %d users: %w", d.n, err)
		}
		found = found || name == "users"
		if err := d.member(name); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("after %d users: %w", d.n, err)
	}
	if err := takeover.End(d.Decoder); err != nil {
		return fmt.Errorf("after %d users: %w", d.n, err)
	}
	if !found {
		return errors.New("the file has no member users")
	}
	for _, raw := range d.All(d.waiting) {
		if err := d.user(raw); err != nil {
			return err
		}
	}
	return nil
}

func (d *reader) member(name json.Token) error {
	each := func(json.RawMessage) error { return nil }
	switch {
	case name == "users" && d.seen == [2]bool{true, true}:
		each = d.user
	case name == "users":
		each = func(raw json.RawMessage) error { d.Add(d.waiting, "", raw); return d.Err() }
	case name == "identities":
		d.seen[0] = true
		each = func(raw json.RawMessage) error {
			return d.addLink(raw)
		}
	case name == "mfa_factors":
		d.seen[1] = true
		each = func(raw json.RawMessage) error {
			return d.addFactor(raw)
		}
	}
	begin, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("after %d users: %w", d.n, err)
	case begin == json.Delim('['):
		return d.elements(each)
	case begin == json.Delim('{'):
		return fmt.Errorf("%v is no list", name)
	}
	return nil // null, for a table without rows
}

// elements reads the array that has begun.
func (d *reader) elements(each func(json.RawMessage) error) error {
	for d.More() {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if err == nil {
			err = each(raw)
		}
		if errors.Is(err, errStop) {
			return err
		}
		if err != nil {
			return fmt.Errorf("after %d users: %w", d.n, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("after %d users: %w", d.n, err)
	}
	return nil
}

func (d *reader) user(raw json.RawMessage) error {
	d.n++
	if !d.yield(d.convert(raw, d.n, d.now)) {
		return errStop
	}
	return nil
}
