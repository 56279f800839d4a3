package store

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// The last migration of a release from which nodes can't be updated one by one: there
// were no others before it.
const beforeNodes = 4

// A step of the schema, in capitals and without comments.
type step struct {
	statements  []string
	alone       bool // outside of a transaction
	contracting bool // it tells releases before it to stop
}

func readStep(text string) step {
	s := step{alone: strings.Contains(text, "-- +goose NO TRANSACTION")}
	text = regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(text, "")
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.Join(strings.Fields(strings.ToUpper(statement)), " ")
		if statement != "" {
			s.statements = append(s.statements, statement)
		}
		s.contracting = s.contracting || regexp.MustCompile(`^INSERT INTO SCHEMA_NEEDS .*[1-9]`).MatchString(statement)
	}
	return s
}

// faults says what of a step would make nodes fail that run beside it: those of the
// release before, and requests that wait for its locks.
func (s step) faults(dialect string) (found []string) {
	made := map[string]bool{}
	bounded := false // it does not wait long for locks
	for _, statement := range s.statements {
		if m := regexp.MustCompile(`^CREATE TABLE (?:IF NOT EXISTS )?(\w+)`).FindStringSubmatch(statement); m != nil {
			made[m[1]] = true
		}
		bounded = bounded || strings.HasPrefix(statement, "SET LOCAL LOCK_TIMEOUT =") || strings.HasPrefix(statement, "SET SESSION LOCK_WAIT_TIMEOUT =")
		table := regexp.MustCompile(`^(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .* ON) (?:ONLY )?(\w+)`).FindStringSubmatch(statement)
		for _, fault := range []struct {
			what  string
			found bool
		}{
			{"takes away what the release before may use, and does not say so", !s.contracting && takesAway(statement)},
			{"adds a column that the release before does not fill", addsObligation(statement)},
			{"blocks writers while an index is made", table != nil && !made[table[1]] && locksForIndex(dialect, statement)},
			{"waits for the locks of the table that it references, with everybody behind it", references(statement, made) && !bounded && !s.alone && dialect != "SQLite"},
			{"copies rows, and keeps the writers of all that it reads waiting", copiesRows(statement)},
			{"waits for locks with everybody behind it", table != nil && !made[table[1]] && !bounded && !s.alone && dialect != "SQLite"},
		} {
			if fault.found {
				found = append(found, fault.what+": "+statement)
			}
		}
	}
	return found
}

func takesAway(statement string) bool {
	return regexp.MustCompile(`^(DROP TABLE|DROP VIEW|TRUNCATE|DELETE FROM|RENAME)|^ALTER TABLE.* (DROP|RENAME|MODIFY|CHANGE|TYPE|SET NOT NULL|ADD (CONSTRAINT|CHECK|UNIQUE|FOREIGN))\b`).
		MatchString(statement)
}

func addsObligation(statement string) bool {
	added := regexp.MustCompile(`^ALTER TABLE.* ADD (COLUMN )?`).MatchString(statement)
	return added && strings.Contains(statement, "NOT NULL") && !strings.Contains(statement, "DEFAULT")
}

// references reports whether a statement makes a foreign key to a table that was there
// before: it locks that table.
func references(statement string, made map[string]bool) bool {
	for _, m := range regexp.MustCompile(`\bREFERENCES (\w+)`).FindAllStringSubmatch(statement, -1) {
		if !made[m[1]] {
			return true
		}
	}
	return false
}

// copiesRows reports whether a statement takes as long as the tables are large. Code does
// that in batches, beside the requests.
func copiesRows(statement string) bool {
	if strings.HasPrefix(statement, "INSERT") || strings.HasPrefix(statement, "REPLACE") {
		return strings.Contains(statement, " SELECT ") && !strings.Contains(statement, " VALUES")
	}
	return strings.HasPrefix(statement, "UPDATE ") || strings.HasPrefix(statement, "CREATE TABLE") && strings.Contains(statement, " SELECT ")
}

func locksForIndex(dialect, statement string) bool {
	if !strings.Contains(statement, " INDEX ") {
		return false
	}
	switch dialect {
	case "PostgreSQL":
		return !strings.Contains(statement, "CONCURRENTLY")
	case "MySQL":
		return !strings.Contains(statement, "LOCK = NONE")
	}
	return false // SQLite has one process
}

func TestMigrationsOnlyAdd(t *testing.T) {
	t.Parallel()
	for folder, dialect := range map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL"} {
		files, err := fs.Glob(schema().Migrations, folder+"/*.sql")
		if err != nil || len(files) <= beforeNodes {
			t.Fatal(files, err)
		}
		for _, file := range files[beforeNodes:] {
			text, err := fs.ReadFile(schema().Migrations, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range readStep(string(text)).faults(dialect) {
				t.Errorf("%s: it %s", file, fault)
			}
		}
	}
}

func TestMigrationFaults(t *testing.T) {
	t.Parallel()
	const bounded = "SET LOCAL lock_timeout = '1s'; "
	for _, c := range []struct{ text, want string }{
		{"CREATE TABLE notes (id text NOT NULL); CREATE INDEX notes_id ON notes (id);", ""},
		{bounded + "ALTER TABLE sessions ADD COLUMN note text;", ""},
		{bounded + "ALTER TABLE sessions ADD COLUMN note text NOT NULL DEFAULT '';", ""},
		{"-- +goose NO TRANSACTION\nCREATE INDEX CONCURRENTLY sessions_note ON sessions (note);", ""},
		{bounded + "ALTER TABLE sessions DROP COLUMN note; INSERT INTO schema_needs (migration) VALUES (7);", ""},
		{"ALTER TABLE sessions ADD COLUMN note text;", "waits for locks"},
		{bounded + "ALTER TABLE sessions ADD note text NOT NULL;", "does not fill"},
		{bounded + "CREATE INDEX sessions_note ON sessions (note);", "blocks writers"},
		{bounded + "ALTER TABLE sessions DROP COLUMN note;", "takes away"},
		{bounded + "ALTER TABLE sessions RENAME COLUMN id TO name;", "takes away"},
		{bounded + "ALTER TABLE sessions ALTER COLUMN id SET NOT NULL;", "takes away"},
		{bounded + "ALTER TABLE sessions ALTER COLUMN id TYPE uuid;", "takes away"},
		{bounded + "ALTER TABLE sessions ADD CONSTRAINT short CHECK (id < 'z');", "takes away"},
		{"DROP TABLE sessions;", "takes away"},
		{"DELETE FROM sessions;", "takes away"},
		{bounded + "CREATE TABLE notes (id text REFERENCES identities (id));", ""},
		{"CREATE TABLE pages (id text); CREATE TABLE notes (id text REFERENCES pages (id));", ""},
		{"CREATE TABLE notes (id text REFERENCES identities (id));", "waits for the locks of the table that it references"},
		{"CREATE TABLE notes (id text); INSERT INTO notes (id) VALUES ('a');", ""},
		{"CREATE TABLE notes (id text); INSERT INTO notes (id) VALUES (CASE WHEN EXISTS (SELECT 1 FROM identities) THEN 'a' ELSE 'b' END);", ""},
		{"CREATE TABLE notes (id text); INSERT INTO notes (id) SELECT i.id FROM identities i;", "copies rows"},
		{"CREATE TABLE notes (id text); INSERT IGNORE INTO notes SELECT i.id FROM identities i LEFT JOIN addresses a ON a.identity_id = i.id;", "copies rows"},
		{"CREATE TABLE notes AS SELECT id FROM identities;", "copies rows"},
		{"UPDATE sessions SET note = '';", "copies rows"},
	} {
		found := strings.Join(readStep(c.text).faults("PostgreSQL"), "\n")
		if c.want == "" && found != "" || !strings.Contains(found, c.want) {
			t.Errorf("%s\nfaults are %q, want %q", c.text, found, c.want)
		}
	}
}
