package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
)

// The bounds of what is kept to find an identity by, in bytes: texts that are longer are
// no names.
const (
	maxSearchText = 2000
	maxSearchPart = 200
)

// searchText is what operators find an identity by: identifiers, addresses and the texts
// among its traits, one a line and in lower case.
func searchText(i *identity.Identity, credentials []identity.Credential) string {
	var parts []string
	add := func(text string) {
		text = strings.ToLower(text)
		if text != "" && len(text) <= maxSearchPart && !slices.Contains(parts, text) && !strings.ContainsRune(text, 0) {
			parts = append(parts, text)
		}
	}
	for _, c := range credentials {
		for _, identifier := range c.Identifiers {
			add(identifier)
		}
	}
	for _, a := range slices.Concat(i.Verifiable, i.Recovery) {
		add(a.Normalized)
		add(a.Value)
	}
	var values any
	// Traits that can't be read have no names.
	_ = json.Unmarshal(i.Traits, &values)
	eachText(values, add)
	text := strings.Join(parts, "\n")
	return strings.ToValidUTF8(text[:min(len(text), maxSearchText)], "")
}

// eachText visits the texts of a JSON value, the members of objects by name.
func eachText(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, one := range v {
			eachText(one, visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			eachText(v[name], visit)
		}
	}
}

// saveSearch brings the search terms of an identity up to date with the version that is
// given. seen is the version that they were of before, -1 for none.
func (db *DB) saveSearch(ctx context.Context, i *identity.Identity, credentials []identity.Credential, version int) (seen int, err error) {
	text, stored := searchText(i, credentials), ""
	err = db.QueryRow(ctx, []any{&stored, &seen}, `SELECT text, version FROM identity_search WHERE identity_id = ?`, i.ID)
	switch {
	case errors.Is(err, errs.ErrNotFound):
		return -1, db.insertSearch(ctx, i.ID, text, version)
	case err != nil:
		return 0, fmt.Errorf("read search text: %w", err)
	case stored == text:
		if _, err := db.Exec(ctx, `UPDATE identity_search SET version = ? WHERE identity_id = ?`, version, i.ID); err != nil {
			return 0, fmt.Errorf("update version of search text: %w", err)
		}
		return seen, nil
	}
	if err := db.dropTrigrams(ctx, i.ID); err != nil {
		return 0, err
	}
	if _, err := db.Exec(ctx, `DELETE FROM identity_search WHERE identity_id = ?`, i.ID); err != nil {
		return 0, fmt.Errorf("delete search text: %w", err)
	}
	return seen, db.insertSearch(ctx, i.ID, text, version)
}

func (db *DB) insertSearch(ctx context.Context, id, text string, version int) error {
	if _, err := db.Exec(ctx, `INSERT INTO identity_search (identity_id, text, version) VALUES (?, ?, ?)`, id, text, version); err != nil {
		return fmt.Errorf("insert search text: %w", err)
	}
	return nil
}

// dropTrigrams takes an identity out of the index of SQLite, before its text goes.
func (db *DB) dropTrigrams(ctx context.Context, id string) error {
	if db.MultiNode() {
		return nil
	}
	_, err := db.Exec(ctx, `DELETE FROM identity_trigrams WHERE rowid = (SELECT number FROM identity_search WHERE identity_id = ?)`, id)
	if err != nil {
		return fmt.Errorf("unindex search text: %w", err)
	}
	return nil
}

// notIndexed are the texts that the index of SQLite does not have yet. Those who write
// identities do not wait for it: entering a text takes longer than all else.
const notIndexed = `s.number > (SELECT COALESCE(MAX(d.id), 0) FROM identity_trigrams_docsize d)`

// IndexSearch enters at most limit texts into the index of SQLite and returns how many it
// entered; servers keep their index themselves.
func (db *DB) IndexSearch(ctx context.Context, limit int) (entered int64, err error) {
	if db.MultiNode() {
		return 0, nil
	}
	entered, err = db.Exec(ctx, `INSERT INTO identity_trigrams (rowid, text)
 SELECT s.number, s.text FROM identity_search s WHERE `+notIndexed+` ORDER BY s.number LIMIT ?`, limit)
	if err != nil {
		return 0, fmt.Errorf("index search text: %w", err)
	}
	return entered, nil
}

// manyFound is from how many identities on a part of a text counts as common: then it is
// faster to read identities in their order until a page is full.
const manyFound = 2000

// similar is the condition on identities that a text finds. SQLite is told whether to use
// its index, which the other databases judge for themselves.
func (db *DB) similar(ctx context.Context, text string) (condition string, args []any, err error) {
	text = strings.ToLower(text)
	if len(text) > maxSearchText || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return `1 = 0`, nil, nil // no database keeps it, and some refuse the question
	}
	pattern := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
	if !db.MultiNode() && utf8.RuneCountInString(text) >= 3 { // an index of three characters
		phrase, found := `"`+strings.ReplaceAll(text, `"`, `""`)+`"`, 0
		err := db.QueryRow(ctx, []any{&found}, `SELECT COUNT(*) FROM (SELECT 1 FROM identity_trigrams WHERE identity_trigrams MATCH ? LIMIT ?)`, phrase, manyFound)
		if err != nil {
			return "", nil, fmt.Errorf("search identities: %w", err)
		}
		if found < manyFound {
			return `i.id IN (SELECT s.identity_id FROM identity_trigrams t JOIN identity_search s ON s.number = t.rowid WHERE t.identity_trigrams MATCH ?
 UNION SELECT s.identity_id FROM identity_search s WHERE ` + notIndexed + ` AND s.text LIKE ? ESCAPE '!')`, []any{phrase, pattern}, nil
		}
	}
	return `EXISTS (SELECT 1 FROM identity_search s WHERE s.identity_id = i.id AND s.text LIKE ? ESCAPE '!')`, []any{pattern}, nil
}
