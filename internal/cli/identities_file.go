package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

// maxIdentity is how large one identity may be in a file. The server takes half
// of it.
const maxIdentity = 2 << 20

// identityFile reads identities one by one: from a JSON object, an array, one
// object a line (NDJSON), or the body of PATCH /identities. However long it is,
// one identity at a time is in memory.
type identityFile struct {
	name    string
	bounded *byteBudget
	json    *json.Decoder
	inArray bool
	inBody  bool // the array is that of a {"identities": […]}
	read    int
}

// inputError is a mistake in a file.
type inputError struct {
	from   string // which identity of which file
	reason string
	// fatal says that the rest of the file can't be read.
	fatal bool
}

func (e *inputError) Error() string { return e.reason }

func newIdentityFile(name string, r io.Reader) *identityFile {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(len(mark)) // it was there a moment ago
	}
	bounded := &byteBudget{Reader: buffered}
	return &identityFile{name: name, bounded: bounded, json: json.NewDecoder(bounded)}
}

// next returns the next identity, io.EOF after the last one, or an *inputError.
func (f *identityFile) next() (adminclient.Patch, error) {
	for {
		f.bounded.left = maxIdentity
		raw, err := f.value()
		if errors.Is(err, errNoMore) {
			return adminclient.Patch{}, io.EOF
		}
		if err != nil {
			return adminclient.Patch{}, &inputError{from: f.place(f.read + 1), reason: unexpected(err).Error(), fatal: true}
		}
		if raw == nil {
			continue
		}
		f.read++
		patch, err := patchOf(raw)
		if err != nil {
			return patch, &inputError{from: f.place(f.read), reason: err.Error()}
		}
		patch.From = f.place(f.read)
		return patch, nil
	}
}

func (f *identityFile) place(number int) string { return fmt.Sprintf("%s:%d", f.name, number) }

// errNoMore is an io.EOF where a file may end.
var errNoMore = errors.New("no more identities")

// value returns the next value, nil where something opened or closed.
func (f *identityFile) value() (json.RawMessage, error) {
	if f.inArray {
		return f.element()
	}
	token, err := f.json.Token()
	if errors.Is(err, io.EOF) {
		return nil, errNoMore
	}
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		f.inArray = true
		return nil, nil
	case json.Delim('{'):
		return f.object()
	}
	return nil, errors.New("an identity is a JSON object, or several are an array of objects")
}

func (f *identityFile) element() (json.RawMessage, error) {
	if f.json.More() {
		var raw json.RawMessage
		err := f.json.Decode(&raw)
		return raw, err
	}
	if _, err := f.json.Token(); err != nil {
		return nil, err
	}
	f.inArray = false
	if !f.inBody {
		return nil, nil
	}
	f.inBody = false
	if token, err := f.json.Token(); err != nil || token != json.Delim('}') {
		return nil, errors.Join(errors.New("nothing may follow the array identities in its object"), err)
	}
	return nil, nil
}

// object reads an object whose brace is gone, or enters the array that it is
// around.
func (f *identityFile) object() (json.RawMessage, error) {
	out := bytes.NewBufferString("{")
	for f.json.More() {
		token, err := f.json.Token()
		if err != nil {
			return nil, err
		}
		if token == "identities" && out.Len() == 1 {
			return nil, f.enterBody()
		}
		name, err := json.Marshal(token)
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := f.json.Decode(&value); err != nil {
			return nil, err
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "%s:%s", name, value)
	}
	_, err := f.json.Token()
	out.WriteByte('}')
	return out.Bytes(), err
}

func (f *identityFile) enterBody() error {
	token, err := f.json.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('[') {
		return errors.New("the member identities must be an array")
	}
	f.inArray, f.inBody = true, true
	return nil
}

// patchOf takes an identity as it is, or wrapped as the API has it.
func patchOf(raw json.RawMessage) (adminclient.Patch, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return adminclient.Patch{}, errors.New("an identity is a JSON object")
	}
	if _, wrapped := members["create"]; !wrapped {
		return adminclient.Patch{Patch: adminapi.Patch{Create: raw}}, nil
	}
	var patch adminclient.Patch
	if err := decodeStrictly(raw, &patch); err != nil {
		return adminclient.Patch{}, err
	}
	return patch, nil
}

// unexpected says of a file that ends in the middle of a value that it does.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON ends in the middle")
	}
	return err
}

// byteBudget is a reader that fails when more is read than it has left.
type byteBudget struct {
	io.Reader
	left int
}

func (a *byteBudget) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("it is larger than %d bytes", maxIdentity)
	}
	n, err := a.Reader.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}
