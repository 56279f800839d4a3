package cli

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding"

	"github.com/symbolon/symbolon/internal/takeover"
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

// What comes from files of others does not reach the terminal as it is, and does not fill it.
func TestTakeoverReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tell, done, err := new(takeoverFlags).openReport(&env{Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	tell(takeover.Line{ID: "1\x1b[2J", Name: "v\x1b]0;x\a\nrefused  2", Text: "an account\u202e at \u009b1m", Refused: true})
	if err := done(); err != nil || strings.ContainsAny(out.String(), "\x1b\a\u202e\u009b") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%q, %v", out.String(), err)
	}
	many := map[string]int{"first": 100}
	for i := range 60 {
		many[fmt.Sprintf("claim-%02d", i)] = 1
	}
	out.Reset()
	printTakeover(&out, takeover.Report{Claims: many}, false)
	if text := out.String(); !strings.Contains(text, ": first (100), claim-00 (1), ") || !strings.Contains(text, "claim-48 (1) and 11 more.\n") {
		t.Error(text)
	}
}
