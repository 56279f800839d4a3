package takeover

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// ErrNoUsers says that a document is JSON and has no users.
var ErrNoUsers = errors.New("the file has no users where this kind of export has them")

// Convert reads one user of an export.
type Convert func(json.RawMessage) (User, error)

// Array reads the users of a JSON document one by one: the elements of the member of that
// name, or of a document that is an array itself. An error of convert comes with a user
// that has a key alone, and the next user follows; any other error is the last element.
func Array(r io.Reader, member string, convert Convert) iter.Seq2[User, error] {
	return Users(convert, Elements(r, member))
}

// Elements reads the elements of the member of that name of a JSON document, or of a document
// that is an array itself, one by one. An error is the last element.
func Elements(r io.Reader, member string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		d := NewDecoder(r)
		switch first, err := d.Token(); {
		case err != nil:
			yield(nil, fmt.Errorf("the file is no JSON: %w", err))
		case first == json.Delim('['):
			each(d, nil, yield)
		case first == json.Delim('{') && seek(d, member):
			each(d, closeObject, yield)
		default:
			yield(nil, ErrNoUsers)
		}
	}
}

// NewDecoder returns a decoder of a JSON file, which may begin with a byte order mark.
func NewDecoder(r io.Reader) *json.Decoder {
	buffered := bufio.NewReader(r)
	SkipMark(buffered)
	return json.NewDecoder(buffered)
}

// SkipMark skips the byte order mark that editors put before UTF-8.
func SkipMark(r *bufio.Reader) {
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		_, _ = r.Discard(3)
	}
}

// Users converts the users that raws yields and numbers them, so that an error can say which one it means. Errors come as
// those of Array do.
func Users(convert Convert, raws iter.Seq2[json.RawMessage, error]) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		n := 0
		for raw, err := range raws {
			if err != nil {
				yield(User{}, fmt.Errorf("after %d users: %w", n, err))
				return
			}
			n++
			u, err := convert(raw)
			if err != nil {
				u, err = User{Key: fmt.Sprintf("number %d", n)}, fmt.Errorf("user number %d: %w", n, err)
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// seek moves to the elements of the array that the object has under that name.
func seek(d *json.Decoder, member string) bool {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false
		}
		if name == member {
			begin, err := d.Token()
			return err == nil && begin == json.Delim('[')
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}

// each yields the elements of the array that has begun, and an error if the rest of the file is not as it has to be.
func each(d *json.Decoder, rest func(*json.Decoder) error, yield func(json.RawMessage, error) bool) {
	for d.More() {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if !yield(raw, err) || err != nil {
			return
		}
	}
	_, err := d.Token()
	if err == nil && rest != nil {
		err = rest(d)
	}
	if err == nil {
		err = End(d)
	}
	if err != nil {
		yield(nil, err)
	}
}

// closeObject reads the other members of the object that has begun.
func closeObject(d *json.Decoder) error {
	for d.More() {
		var skipped json.RawMessage
		if _, err := d.Token(); err != nil {
			return err
		}
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// ErrGoesOn says that a file has more than the document that was read.
var ErrGoesOn = errors.New("the file goes on after its first document: give each a file of its own")

// End returns ErrGoesOn if anything but blanks follows the document that d has read.
func End(d *json.Decoder) error {
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrGoesOn
	}
	return nil
}

// Key is a WebAuthn key in the terms of other systems.
type Key struct {
	ID, PublicKey string // base64 of any kind; the public key is a COSE_Key
	SignCount     uint32
	Name          string
	AddedAt       time.Time
	Passwordless  bool
	AAGUID        string   // of the model, as a UUID; may be empty
	Transports    []string // how browsers reach it
	Handle        string   // the user handle that it was made with; may be empty
}

// JSON is the key in the form that method webauthn imports. It has no flags: whether a key may be copied (WebAuthn
// Level 3, section 6.1.3) is not exported, and its next use tells.
func (k Key) JSON() (json.RawMessage, error) {
	id, err := Bytes(k.ID)
	if err != nil || len(id) == 0 {
		return nil, errors.New("its id is no base64")
	}
	public, err := Bytes(k.PublicKey)
	if err != nil || len(public) == 0 {
		return nil, errors.New("its public key is no base64")
	}
	model, err := hex.DecodeString(strings.ReplaceAll(k.AAGUID, "-", ""))
	if err != nil || len(model) != 16 {
		model = make([]byte, 16) // not told
	}
	made := map[string]any{
		"id": id, "public_key": public, "attestation_type": "none", "display_name": k.Name, "added_at": k.AddedAt,
		"authenticator":   map[string]any{"aaguid": model, "sign_count": k.SignCount},
		"is_passwordless": k.Passwordless, "transports": k.Transports,
	}
	if k.Handle != "" {
		made["user_handle"] = []byte(k.Handle)
	}
	return json.Marshal(made)
}

// Bytes reads base64 in either alphabet, padded or not.
func Bytes(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text)), "=")
	return base64.RawStdEncoding.DecodeString(text)
}
