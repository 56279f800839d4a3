package cli

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
)

func TestWithText(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, "\ufeffJürgen"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ raw, encoding string }{
		"UTF-8": {"Jürgen", ""}, "mark": {"\ufeffJürgen", ""}, "gzip": {packed.String(), ""}, "UTF-16": {"\xff\xfeJ\x00\xfc\x00r\x00g\x00e\x00n\x00", ""},
		"named": {"J\xfcrgen", "windows-1252"}, "mark against the name": {"\ufeffJürgen", "windows-1252"},
	} {
		var got []byte
		if err := withText(strings.NewReader(test.raw), test.encoding, func(r io.Reader) (err error) {
			got, err = io.ReadAll(r)
			return err
		}); err != nil || string(got) != "Jürgen" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	err := withText(strings.NewReader("J\xfcrgen"), "", func(r io.Reader) error {
		_, err := io.ReadAll(r)
		return err
	})
	if !errors.Is(err, encoding.ErrInvalidUTF8) || !strings.Contains(err.Error(), "--encoding") {
		t.Errorf("bytes of another encoding: %v", err)
	}
}
