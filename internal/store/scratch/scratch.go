package scratch

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/ncruces/go-sqlite3"
)

// Scratch implements takeover.Scratch by a temporary database of SQLite, which is in memory until it outgrows its
// cache of pages, and then in the directory of temporary files (https://sqlite.org/inmemorydb.html#temp_db). The zero value is
// empty, and opens the database for its first value. Close it. It is for one goroutine.
type Scratch struct {
	db     *sqlite3.Conn
	tables map[string]*table
	err    error
}

// table is a table and what was prepared for it.
type table struct {
	name                       string
	add, first, values, remove *sqlite3.Stmt
	indexed                    bool
}

// open opens the database. Nothing is to survive: one transaction that never ends, without a journal.
func (s *Scratch) open() bool {
	if s.db != nil || s.err != nil {
		return s.err == nil
	}
	db, err := sqlite3.Open("")
	if !s.note(err) {
		return false
	}
	s.db, s.tables = db, map[string]*table{}
	return s.note(db.Exec(`PRAGMA auto_vacuum = 0; PRAGMA cache_size = -2048; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN`))
}

// Close removes what is kept.
func (s *Scratch) Close() error {
	for _, t := range s.tables {
		for _, stmt := range []*sqlite3.Stmt{t.add, t.first, t.values, t.remove} {
			s.note(stmt.Close())
		}
	}
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Err returns the first error of all methods; after it they do nothing.
func (s *Scratch) Err() error { return s.err }

// note remembers the first error, and reports whether there is none.
func (s *Scratch) note(err error) bool {
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("keep what was read in a temporary file (TMPDIR names its directory): %w", err)
	}
	return s.err == nil
}

// Add adds a value to those of a key.
func (s *Scratch) Add(name, key string, value []byte) {
	if t := s.table(name); t != nil {
		s.note(errors.Join(t.add.BindText(1, key), t.add.BindBlob(2, value), t.add.Exec()))
	}
}

// First returns the first value of a key.
func (s *Scratch) First(name, key string) (value []byte, found bool) {
	t := s.lookUp(name)
	if t == nil {
		return nil, false
	}
	all := s.read(t.first, key)
	if len(all) == 0 {
		return nil, false
	}
	return all[0], true
}

// Values returns the values of a key in the order in which they were added.
func (s *Scratch) Values(name, key string) [][]byte {
	t := s.lookUp(name)
	if t == nil {
		return nil
	}
	return s.read(t.values, key)
}

// Take returns the values of a key and removes them.
func (s *Scratch) Take(name, key string) [][]byte {
	all := s.Values(name, key)
	if len(all) > 0 && s.err == nil {
		remove := s.tables[name].remove
		s.note(errors.Join(remove.BindText(1, key), remove.Exec()))
	}
	return all
}

// All yields all keys and values of a table in the order in which they were added.
func (s *Scratch) All(name string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if t := s.tables[name]; t != nil && s.err == nil {
			s.each(`SELECT key, value FROM `+t.name+` NOT INDEXED ORDER BY n`, yield)
		}
	}
}

// Keys yields the keys of a table, sorted, each once.
func (s *Scratch) Keys(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if t := s.lookUp(name); t != nil {
			s.each(`SELECT DISTINCT key, NULL FROM `+t.name+` ORDER BY key`, func(key string, _ []byte) bool { return yield(key) })
		}
	}
}

// table is the one of that name, made if there is none; nil after an error.
func (s *Scratch) table(name string) *table {
	if !s.open() {
		return nil
	}
	if t := s.tables[name]; t != nil {
		return t
	}
	t := &table{name: "t" + strconv.Itoa(len(s.tables))}
	if !s.note(s.db.Exec(`CREATE TABLE ` + t.name + ` (n INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB)`)) {
		return nil
	}
	s.tables[name] = t
	if t.add = s.prepare(`INSERT INTO ` + t.name + ` (key, value) VALUES (?, ?)`); s.err != nil {
		return nil
	}
	return t
}

// lookUp is the table of that name with an index; nil if nothing was added to it, and after an error. An index that is made
// late costs a third of one that grows with each value.
func (s *Scratch) lookUp(name string) *table {
	t := s.tables[name]
	if t == nil || s.err != nil {
		return nil
	}
	if t.indexed {
		return t
	}
	s.note(s.db.Exec(`CREATE INDEX ` + t.name + `_key ON ` + t.name + ` (key)`))
	t.values = s.prepare(`SELECT value FROM ` + t.name + ` WHERE key = ? ORDER BY n`)
	t.remove = s.prepare(`DELETE FROM ` + t.name + ` WHERE key = ?`)
	t.first = s.prepare(`SELECT value FROM ` + t.name + ` WHERE key = ? ORDER BY n LIMIT 1`)
	if t.indexed = s.err == nil; !t.indexed {
		return nil
	}
	return t
}

func (s *Scratch) prepare(text string) *sqlite3.Stmt {
	stmt, _, err := s.db.Prepare(text)
	s.note(err)
	return stmt
}

func (s *Scratch) read(stmt *sqlite3.Stmt, key string) (all [][]byte) {
	if !s.note(stmt.BindText(1, key)) {
		return nil
	}
	for stmt.Step() {
		all = append(all, stmt.ColumnBlob(0, nil))
	}
	s.note(errors.Join(stmt.Err(), stmt.Reset()))
	return all
}

func (s *Scratch) each(text string, yield func(string, []byte) bool) {
	stmt := s.prepare(text)
	if s.err != nil {
		return
	}
	for stmt.Step() {
		if !yield(stmt.ColumnText(0), stmt.ColumnBlob(1, nil)) {
			break
		}
	}
	s.note(errors.Join(stmt.Err(), stmt.Close()))
}
