package firebase

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

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

// errQuotes says that values of a row can't be told apart. The export does not double the quotes in names, so a person
// can write a name that reads as further values: such as a proven phone number and a role.
var errQuotes = errors.New("a quote in it makes values ambiguous: export users.json instead")

// errLines ends the reading. A person can write a name with line ends that reads as rows, up to one that ends the record: no
// line behind the first short one can be trusted.
var errLines = errors.New("has fewer values than the row before it, so a name with line ends may have begun there, and what follows can't be trusted: export users.json instead")

// table reads an export in CSV, line by line: a quote costs its own row alone. Each row has as many values as the first one,
// and the reading ends at a line with fewer.
func table(r io.Reader, p Params) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		t, lines := shape{}, bufio.NewReader(r)
		n := 0
		for line := 1; ; line++ {
			text, err := lines.ReadString('\n')
			text = strings.TrimRight(text, "\r\n")
			last := errors.Is(err, io.EOF)
			switch {
			case err != nil && !last:
			case last && text == "" && n > 0:
				return
			case last && text == "", text != "" && n == 0 && strings.Count(text, ",") < columnPhone:
				err = takeover.ErrNoUsers
			case text != "" && strings.Count(text, ",") < max(t.count-1, columnPhone): // not the first row
				err = fmt.Errorf("line %d: %w", line, errLines)
			default:
				err = nil
			}
			if err != nil {
				yield(takeover.User{}, fmt.Errorf("after %d users: %w", n, err))
				return
			}
			if text == "" {
				continue
			}
			n++
			u, err := t.row(text, p)
			if err != nil {
				u, err = takeover.User{Key: fmt.Sprintf("line %d", line)}, fmt.Errorf("line %d: %w", line, err)
			}
			if !yield(u, err) || last {
				return
			}
		}
	}
}

// shape is what the rows before tell of the next one.
type shape struct {
	count int // values of each row; 0 before the first one
}

// row reads a line.
func (t *shape) row(line string, p Params) (takeover.User, error) {
	values, err := t.split(line)
	if err != nil {
		return takeover.User{}, err
	}
	t.count = len(values)
	doubtful := slices.ContainsFunc(values[:min(len(values), columnCustom)], func(v string) bool { return strings.Contains(v, `"`) })
	u, err := row(values, p)
	if err == nil && doubtful {
		u.Links, u.MetadataAdmin = nil, nil
		u.Set("email_verified", false)
		u.Set("phone_number_verified", false)
		u.Note("proofs of addresses, links to providers and custom attributes are not taken, because a name has quotes: export users.json instead")
	}
	return u, err
}

// split tells the values of a line apart: each comma separates, or one name that has a comma stands in quotes.
func (t *shape) split(line string) ([]string, error) {
	first := t.count == 0 // a comma in its name must not count
	for _, quoted := range []bool{first, !first} {
		values, ok := split(line, quoted)
		if n := len(values); ok && (n == t.count || first && n > columnPhone && n <= columnCustom+2) {
			return values, nil
		}
	}
	if strings.Contains(line, `"`) {
		return nil, errQuotes
	}
	return nil, fmt.Errorf("has %d values where the first row has %d: export users.json instead", strings.Count(line, ",")+1, t.count)
}

// split reads the values of a line, of which one name stands in quotes if quoted, and the custom attributes may.
func split(line string, quoted bool) (values []string, ok bool) {
	rest, more := line, true
	for more && len(values) < columnCustom {
		var value string
		if quoted && isName(len(values)) && strings.HasPrefix(rest, `"`) {
			value, rest, more = strings.Cut(rest[1:], `"`)
			if !more || !strings.Contains(value, ",") || !strings.HasPrefix(rest, ",") {
				return nil, false
			}
			values, rest, quoted = append(values, value), rest[1:], false
			continue
		}
		value, rest, more = strings.Cut(rest, ",")
		values = append(values, value)
	}
	if !more {
		return values, true
	}
	if !strings.HasPrefix(rest, `"`) {
		return append(values, strings.Split(rest, ",")...), !strings.Contains(rest, `"`)
	}
	end := strings.LastIndex(rest, `"`)
	if end == 0 {
		return nil, false
	}
	custom, after := strings.ReplaceAll(rest[1:end], `""`, `"`), rest[end+1:]
	return append(append(values, custom), strings.Split(after, ",")[1:]...), json.Valid([]byte(custom)) && (after == "" || after[0] == ',')
}

// isName reports whether the column has a name that people choose. The export quotes names that have a comma.
func isName(column int) bool {
	return column == columnName || column > columnGoogle && column < columnCreated && (column-columnGoogle)%4 == 2
}

func row(values []string, p Params) (takeover.User, error) {
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
