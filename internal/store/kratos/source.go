package kratos

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Source is a database of the original. It is safe for concurrent use.
type Source struct {
	db      *sql.DB
	dialect Dialect
	columns map[string][]string // of each table that is there
	network string              // the tenant to read; empty where there are no tenants
	types   map[string]string   // names of the types of credentials, by id
}

// Dialect is what differs among the databases.
type Dialect struct {
	// Columns lists tables and their columns, as rows (table, column).
	Columns string
	// Rebind gives a query with ? the dialect's placeholders; nil keeps them.
	Rebind func(query string) string
	// Prefix stands before the name of each table: the original's tables are renamed so
	// when they are taken over in place.
	Prefix string
}

// The dialects.
var (
	SQLite     = Dialect{Columns: `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`}
	PostgreSQL = Dialect{Columns: `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`}
	MySQL      = Dialect{Columns: `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()`}
)

// ErrNotKratos says that a database has no tables of the original.
var ErrNotKratos = errors.New("the database has no tables of Ory Kratos")

// Open inspects a database. network names the tenant to read, by its id; it may be empty
// where there is one. The caller closes db.
func Open(ctx context.Context, db *sql.DB, d Dialect, network string) (*Source, error) {
	s := &Source{db: db, dialect: d, columns: map[string][]string{}, network: network}
	rows, err := s.query(ctx, d.Columns)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	for _, r := range rows {
		if table, ours := strings.CutPrefix(r.text("0"), d.Prefix); ours {
			s.columns[table] = append(s.columns[table], r.text("1"))
		}
	}
	if s.columns["identities"] == nil || s.columns["identity_credentials"] == nil || s.columns["identity_credential_types"] == nil {
		return nil, ErrNotKratos
	}
	if err := s.checkShape(); err != nil {
		return nil, err
	}
	if err := s.chooseNetwork(ctx); err != nil {
		return nil, err
	}
	return s, s.readTypes(ctx)
}

// Version is "v0.5" for databases without tenants and "v1" for later ones.
func (s *Source) Version() string {
	if s.columns["networks"] == nil {
		return "v0.5"
	}
	return "v1"
}

// chooseNetwork finds the tenant to read: the one that was named, or the only one that has
// accounts. A database that was brought up to date and never served has accounts without one.
func (s *Source) chooseNetwork(ctx context.Context) error {
	if !slices.Contains(s.columns["identities"], "nid") {
		if s.network != "" {
			return errors.New("the database is of a version without tenants: leave out --network")
		}
		return nil
	}
	found, err := s.query(ctx, `SELECT nid, COUNT(*) FROM `+s.dialect.Prefix+`identities GROUP BY nid ORDER BY nid`)
	if err != nil {
		return fmt.Errorf("count accounts of tenants: %w", err)
	}
	var there []string
	for _, r := range found {
		id := r.text("0")
		if s.network != "" && strings.EqualFold(cmp.Or(id, "none"), s.network) {
			s.network = id
			return nil
		}
		there = append(there, fmt.Sprintf("%s (%s accounts)", cmp.Or(id, "none"), r.text("1")))
	}
	switch {
	case s.network != "":
		return fmt.Errorf("there is no tenant %s that has accounts; the database has %s", s.network, cmp.Or(strings.Join(there, ", "), "no accounts"))
	case len(found) > 1:
		return fmt.Errorf("the database has accounts of %d tenants: %s. Name one with --network", len(found), strings.Join(there, ", "))
	case len(found) == 1:
		s.network = found[0].text("0")
	}
	return nil
}

func (s *Source) readTypes(ctx context.Context) error {
	found, err := s.read(ctx, "identity_credential_types", []string{"id", "name"}, "", nil)
	if err != nil {
		return err
	}
	s.types = map[string]string{}
	for _, r := range found {
		s.types[r.text("id")] = r.text("name")
	}
	return nil
}

// Count returns how many accounts there are.
func (s *Source) Count(ctx context.Context) (int, error) {
	return s.count(ctx, "identities", "1 = 1", nil)
}

func (s *Source) count(ctx context.Context, table, where string, args []any) (int, error) {
	where, args = s.ofNetwork(table, where, args)
	rows, err := s.query(ctx, `SELECT COUNT(*) FROM `+s.dialect.Prefix+table+` WHERE `+where, args...)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", table, err)
	}
	n, err := strconv.Atoi(rows[0].text("0"))
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", table, err)
	}
	return n, nil
}

// Queued returns how many messages wait to be delivered. They are not taken.
func (s *Source) Queued(ctx context.Context) (int, error) {
	const queued, processing = 1, 3
	if s.columns["courier_messages"] == nil {
		return 0, nil
	}
	return s.count(ctx, "courier_messages", "status IN (?, ?)", []any{queued, processing})
}

// read returns the columns of a table that are there, of those asked for.
func (s *Source) read(ctx context.Context, table string, columns []string, where string, args []any) ([]row, error) {
	there := s.columns[table]
	if there == nil {
		return nil, nil
	}
	var selected []string
	for _, c := range columns {
		for _, t := range there {
			if t == c {
				selected = append(selected, c)
			}
		}
	}
	if where == "" {
		where = "1 = 1"
	}
	query := `SELECT ` + strings.Join(selected, ", ") + ` FROM ` + s.dialect.Prefix + table + ` WHERE ` + where
	found, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	for _, r := range found {
		for i, c := range selected {
			r[c] = r[strconv.Itoa(i)]
		}
	}
	return found, nil
}

// ofNetwork restricts a condition to the tenant, where the table knows tenants.
func (s *Source) ofNetwork(table, where string, args []any) (string, []any) {
	switch {
	case !slices.Contains(s.columns[table], "nid"):
	case s.network == "":
		return where + ` AND nid IS NULL`, args
	default:
		return where + ` AND nid = ?`, append(args, s.network)
	}
	return where, args
}

// readAmong reads rows whose column has one of the values, in order, in as many queries as the databases' limits of
// parameters ask for: a person may have thousands of sessions.
func (s *Source) readAmong(ctx context.Context, table string, columns []string, column string, values []string, order string) (found []row, err error) {
	for part := range slices.Chunk(values, amongAtOnce) {
		args := make([]any, len(part))
		for i, v := range part {
			args[i] = v
		}
		rows, err := s.read(ctx, table, columns, column+` IN (?`+strings.Repeat(`, ?`, len(part)-1)+`) ORDER BY `+order, args)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// amongAtOnce is how many values one query compares with; SQLite takes 32,766 parameters.
const amongAtOnce = 5000

// query returns rows with the columns numbered from "0".
func (s *Source) query(ctx context.Context, query string, args ...any) ([]row, error) {
	if s.dialect.Rebind != nil {
		query = s.dialect.Rebind(query)
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var found []row
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		r := row{}
		for i, v := range values {
			r[strconv.Itoa(i)] = v
		}
		found = append(found, r)
	}
	return found, rows.Err()
}
