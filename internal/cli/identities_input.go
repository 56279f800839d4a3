package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/symbolon/symbolon/internal/adminclient"
)

// identityInput hands out the identities of several files, one after the other.
type identityInput struct {
	stdin   func() io.Reader
	files   []string
	current *identityFile
	open    io.Closer // nil for the standard input
}

// newIdentityInput looks for all files at once: a misspelt name is found before
// anything is done. No name is the standard input, as is "-".
func newIdentityInput(ctx context.Context, e *env, files []string) (*identityInput, error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, path := range files {
		if path == "-" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
	}
	return &identityInput{stdin: func() io.Reader { return e.stdin(ctx) }, files: files}, nil
}

// next returns the next identity and io.EOF after the last one. After an
// *inputError, which says what is wrong with one identity or file, the others
// follow.
func (in *identityInput) next() (adminclient.Patch, error) {
	for {
		if in.current == nil {
			if len(in.files) == 0 {
				return adminclient.Patch{}, io.EOF
			}
			if err := in.advance(); err != nil {
				return adminclient.Patch{}, err
			}
		}
		patch, err := in.current.next()
		if errors.Is(err, io.EOF) {
			in.leave()
			continue
		}
		if mistake, ok := errors.AsType[*inputError](err); ok && mistake.fatal {
			in.leave()
		}
		return patch, err
	}
}

func (in *identityInput) advance() error {
	path := in.files[0]
	in.files = in.files[1:]
	if path == "-" {
		in.current = newIdentityFile("stdin", in.stdin())
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return &inputError{from: path, reason: err.Error()}
	}
	in.current, in.open = newIdentityFile(path, file), file
	return nil
}

func (in *identityInput) leave() {
	if in.open != nil {
		_ = in.open.Close() // it was only read
	}
	in.current, in.open = nil, nil
}

// readObject reads the one JSON object that a command takes from a file or from
// the standard input.
func readObject(ctx context.Context, e *env, files []string) (json.RawMessage, error) {
	var in io.Reader
	name := "stdin"
	if len(files) > 0 && files[0] != "-" {
		file, err := os.Open(files[0])
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in, name = file, files[0]
	} else {
		in = e.stdin(ctx)
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxIdentity+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > maxIdentity {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxIdentity)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("%s does not hold a JSON object: %w", name, unexpected(err))
	}
	if members == nil {
		return nil, fmt.Errorf("%s does not hold a JSON object", name)
	}
	return raw, nil
}
