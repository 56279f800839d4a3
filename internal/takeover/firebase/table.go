package firebase

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/symbolon/symbolon/internal/takeover"
)

// The columns of an export in CSV, which has no line that names them.
const (
	columnID = iota
	columnEmail
	columnVerified
	columnHash
	columnSalt
	columnName
	columnPicture
	columnGoogle // each provider has four, of which the first is the id there

	columnFacebook = columnGoogle + 4
	columnTwitter  = columnGoogle + 8
	columnGitHub   = columnGoogle + 12
	columnCreated  = columnGoogle + 16
	columnPhone    = columnCreated + 2
	columnDisabled = columnPhone + 1
	columnCustom   = columnPhone + 2
)

// table reads an export in CSV. Names with quotes in them are not quoted there.
func table(r io.Reader, p Params) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		rows := csv.NewReader(r)
		rows.FieldsPerRecord, rows.LazyQuotes = -1, true
		for n := 0; ; n++ {
			values, err := rows.Read()
			switch {
			case errors.Is(err, io.EOF) && n > 0:
				return
			case errors.Is(err, io.EOF):
				err = takeover.ErrNoUsers
			case err == nil && n == 0 && len(values) <= columnPhone:
				err = takeover.ErrNoUsers
			}
			if err != nil {
				yield(takeover.User{}, fmt.Errorf("after %d users: %w", n, err))
				return
			}
			line, _ := rows.FieldPos(0)
			u, err := row(values, p)
			if err != nil {
				u, err = takeover.User{Key: fmt.Sprintf("line %d", line)}, fmt.Errorf("line %d: %w", line, err)
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

func row(values []string, p Params) (takeover.User, error) {
	if len(values) <= columnPhone {
		return takeover.User{}, fmt.Errorf("has %d values, and an export has %d at least", len(values), columnPhone+1)
	}
	u := user{
		ID: values[columnID], Email: values[columnEmail], Hash: values[columnHash], Salt: values[columnSalt], Name: values[columnName],
		Picture: values[columnPicture], Created: takeover.Text(values[columnCreated]), Phone: values[columnPhone],
	}
	verified, err := takeover.ParseFlag(values[columnVerified])
	if err != nil {
		return takeover.User{}, fmt.Errorf("whether the address is verified: %w", err)
	}
	u.Verified = takeover.Flag(verified)
	if len(values) > columnDisabled { // earlier exports do not have it
		disabled, err := takeover.ParseFlag(values[columnDisabled])
		if err != nil {
			return takeover.User{}, fmt.Errorf("whether it is disabled: %w", err)
		}
		u.Disabled = takeover.Flag(disabled)
	}
	if len(values) > columnCustom {
		u.Custom = values[columnCustom]
	}
	for _, known := range []struct {
		column int
		id     string
	}{{columnGoogle, "google.com"}, {columnFacebook, "facebook.com"}, {columnTwitter, "twitter.com"}, {columnGitHub, "github.com"}} {
		if subject := values[known.column]; subject != "" {
			u.Providers = append(u.Providers, provider{known.id, subject})
		}
	}
	return u.neutral(p)
}
