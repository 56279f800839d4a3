package keycloak

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/symbolon/symbolon/internal/takeover"
)

// ErrSettings says that a file is a realm without a list of users: an export into several files has them in others.
var ErrSettings = errors.New("the file has the settings of a realm and no users: name the files that have them, too")

// Users reads the accounts of a realm export, of an export of all realms, of one of the files of users that a directory
// export writes, or of a list of the admin API. realm names the realm to read; empty stands for the only one that has
// accounts. It stops with an error where the file is not such an export (of a realm's settings alone: ErrSettings), and
// where it has accounts of a second realm.
func Users(r io.Reader, realm string) iter.Seq2[takeover.User, error] {
	d := &document{wanted: realm, given: realm != ""}
	return takeover.Users(d.convert, func(yield func(json.RawMessage, error) bool) {
		d.yield = yield
		if err := d.read(r); err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	})
}

// Realms names the realms of a file that have accounts, in their order. The name is empty for a list without one.
func Realms(r io.Reader) (names []string, err error) {
	d := &document{scanning: true}
	d.yield = func(json.RawMessage, error) bool {
		if !slices.Contains(names, d.realm) {
			names = append(names, d.realm)
		}
		return true
	}
	return names, d.read(r)
}

// errStop says that the caller wants no more accounts.
var errStop = errors.New("stopped")

// document is a file while it is read: realms are larger than memory, and their accounts come one by one.
type document struct {
	*json.Decoder
	wanted    string // the realm that accounts are of; empty until the first one
	given     bool   // the caller named it
	skipped   string // a realm that has accounts and is not wanted
	taken     bool   // an account of the realm that is wanted was there
	realm     string // that is being read
	scanning  bool   // all realms are wanted
	found     bool   // a list of accounts was there
	settings  bool   // a realm was there
	federated bool   // the list is that of accounts of directories
	yield     func(json.RawMessage, error) bool
}

func (d *document) convert(raw json.RawMessage) (takeover.User, error) {
	return convert(raw, d.federated)
}

func (d *document) read(r io.Reader) error {
	d.Decoder = takeover.NewDecoder(r)
	first, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("the file is no JSON: %w", err)
	case first == json.Delim('{'):
		if err = d.object(false); err == nil {
			err = takeover.End(d.Decoder)
		}
	case first == json.Delim('['):
		for err == nil && d.More() {
			if first, err = d.Token(); err == nil && first != json.Delim('{') {
				err = takeover.ErrNoUsers
			}
			if err == nil {
				err = d.object(true)
			}
		}
		d.found = true
		if err == nil {
			_, err = d.Token()
		}
		if err == nil {
			err = takeover.End(d.Decoder)
		}
	}
	switch {
	case err == nil && !d.found && d.settings:
		err = ErrSettings
	case err == nil && !d.found:
		err = takeover.ErrNoUsers
	case err == nil && d.skipped != "" && !d.taken:
		err = fmt.Errorf("the file has no accounts of the realm %s, but of %s", d.wanted, d.skipped)
	}
	return err
}

// object reads an object that has begun: a realm, or an account of a list.
func (d *document) object(ofList bool) error {
	d.realm, d.federated = "", false
	members, isRealm := map[string]json.RawMessage{}, false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == "users" || name == "federatedUsers" {
			isRealm, d.federated = true, name == "federatedUsers"
			if err := d.list(); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if name == "realm" {
			isRealm, d.settings = true, true
			_ = json.Unmarshal(value, &d.realm) // a name that is not text counts as none
		}
		if member, ok := name.(string); ok && !isRealm {
			members[member] = value
		}
	}
	if _, err := d.Token(); err != nil || isRealm || !ofList {
		return err
	}
	d.federated = false
	raw, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return d.account(raw)
}

// list reads the accounts of a realm.
func (d *document) list() error {
	begin, err := d.Token()
	if err != nil || begin == nil { // null
		return err
	}
	if begin != json.Delim('[') {
		return takeover.ErrNoUsers
	}
	d.found = true
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if err := d.account(raw); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

func (d *document) account(raw json.RawMessage) error {
	switch {
	case d.scanning:
	case d.wanted == "":
		d.wanted = d.realm
	case d.realm == "" || d.realm == d.wanted:
	case d.given:
		d.skipped = d.realm
		return nil
	default:
		return fmt.Errorf("the file has accounts of the realms %s and %s: name one with --realm", d.wanted, d.realm)
	}
	d.taken = true
	if !d.yield(raw, nil) {
		return errStop
	}
	return nil
}
