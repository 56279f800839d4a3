package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // the server's own
)

// The floors and ceilings of imports and of what they lead to.
const (
	importFloor   = 0.85
	importCeiling = 128 // MiB
	growth        = 120 // percent of the time for a page or a look-up, with a hundred times as many
)

const hashed = "$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2hpamtsbW5vcA$Yu4ZMfo0lvmuvKuFdoBOBkXJSyDTzFbPrJxFZqfI5mk"

// imports creates many identities in one request, compares that with nothing but
// inserting the rows that came of it, and asks for pages and single identities with
// few and with many.
func (b *bench) imports(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		few, many := b.plan.identities/100, b.plan.identities
		if _, err := importIdentities(ctx, s, 0, few); err != nil {
			return err
		}
		small, err := readTimes(ctx, s, secondPage, "/identities?credentials_identifier="+identityEmail(few/2))
		if err != nil {
			return err
		}
		took, err := importIdentities(ctx, s, few, many)
		if err != nil {
			return err
		}
		large, err := readTimes(ctx, s, secondPage, "/identities?credentials_identifier="+identityEmail(many/2))
		if err != nil {
			return err
		}
		resident, err := s.memory("VmHWM")
		if err != nil {
			return err
		}
		raw, err := b.insertRows(ctx, filepath.Join(s.cmd.Dir, "symbolon.db"))
		if err != nil {
			return err
		}
		b.report.faster(fmt.Sprintf("import of %d identities / raw inserts", many-few), took, raw, importFloor/b.plan.leniency, false)
		b.report.atMost(fmt.Sprintf("import of %d identities: most memory resident", many-few), resident, importCeiling, "MiB")
		for i, what := range []string{"a page of identities", "an identity by its identifier"} {
			b.report.atMost(fmt.Sprintf("%s: time with %d / with %d", what, many, few), 100*large[i].Seconds()/small[i].Seconds(), growth*b.plan.leniency, "%")
		}
		return b.importsByCommand(ctx, many, raw)
	})
}

// importsByCommand has the command send as many to an empty server.
func (b *bench) importsByCommand(ctx context.Context, count int, raw speed) error {
	return b.withServer(ctx, func(s *server) error {
		command := exec.CommandContext(ctx, b.binary, "identities", "import", "--quiet", "--endpoint", "http://"+s.admin)
		input, output := io.Pipe()
		go func() { output.CloseWithError(writeNewcomers(output, 0, count, "%s")) }()
		command.Stdin = input
		var said, ids bytes.Buffer
		command.Stdout, command.Stderr = &ids, &said
		done := timed(s.pid(), count)
		if err := command.Start(); err != nil {
			return err
		}
		resident := watchMemory(command.Process.Pid)
		if err := command.Wait(); err != nil {
			return fmt.Errorf("import by the command: %w\n%s", err, said.Bytes())
		}
		took := done()
		took.perWork = 1 / (1/took.perWork + (command.ProcessState.UserTime()+command.ProcessState.SystemTime()).Seconds()/float64(count))
		if got := bytes.Count(ids.Bytes(), []byte("\n")); got != count {
			return fmt.Errorf("the command told of %d identities, not %d", got, count)
		}
		b.report.faster(fmt.Sprintf("import of %d identities by the command / raw inserts", count), took, raw, importFloor/b.plan.leniency, false)
		b.report.atMost("import by the command: its most memory resident", <-resident, importCeiling, "MiB")
		return nil
	})
}

const secondPage = "/identities?per_page=25&page=2"

func identityEmail(i int) string { return fmt.Sprintf("person-%d@example.org", i) }

// writeNewcomers writes a line for each, in the form that the frame gives it.
func writeNewcomers(w io.Writer, from, to int, frame string) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	for i := from; i < to; i++ {
		newcomer := fmt.Sprintf(`{"traits":{"email":%q},"credentials":{"password":{"config":{"hashed_password":%q}}}}`, identityEmail(i), hashed)
		fmt.Fprintf(buffered, frame+"\n", newcomer)
	}
	return buffered.Flush()
}

// importIdentities sends newcomers as they are made and reads the answers as they come.
func importIdentities(ctx context.Context, s *server, from, to int) (speed, error) {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeNewcomers(writer, from, to, `{"create":%s}`)) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, "http://"+s.admin+"/identities", reader)
	if err != nil {
		return speed{}, err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	done := timed(s.pid(), to-from)
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return speed{}, err
	}
	defer got.Body.Close()
	lines := bufio.NewScanner(got.Body)
	created := 0
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte(`"action":"create"`)) {
			return speed{}, fmt.Errorf("import answers %s", lines.Text())
		}
		created++
	}
	if err := lines.Err(); err != nil || created != to-from {
		return speed{}, errors.Join(err, fmt.Errorf("%d of %d identities were created", created, to-from))
	}
	return done(), nil
}

// timed returns a function that tells how fast so many were done since.
func timed(pid, count int) func() speed {
	began, worked := time.Now(), worked(pid)
	return func() speed {
		return speed{float64(count) / time.Since(began).Seconds(), float64(count) / worked().Seconds()}
	}
}

// readTimes are the median times of two requests to the admin API that answer lists.
func readTimes(ctx context.Context, s *server, paths ...string) ([2]time.Duration, error) {
	var medians [2]time.Duration
	c, err := dial(s.admin)
	if err != nil {
		return medians, err
	}
	defer c.close()
	for i, path := range paths {
		request := s.adminGet(path)
		var times []float64
		for range 300 {
			started := time.Now()
			got, err := c.send(request)
			if err != nil {
				return medians, err
			}
			var page []json.RawMessage
			if err := json.Unmarshal(got.body, &page); err != nil || len(page) == 0 {
				return medians, fmt.Errorf("%s answers %d %.200s", path, got.status, got.body)
			}
			times = append(times, time.Since(started).Seconds())
		}
		medians[i] = time.Duration(median(times) * float64(time.Second))
	}
	return medians, ctx.Err()
}

// insertRows copies what the import wrote into an empty database of the same schema,
// about as many identities in a transaction as the server commits together, and returns
// how fast that was.
func (b *bench) insertRows(ctx context.Context, from string) (speed, error) {
	dir, err := b.newDir()
	if err != nil {
		return speed{}, err
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "raw.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=foreign_keys(on)")
	if err != nil {
		return speed{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `ATTACH DATABASE ? AS server`, from); err != nil {
		return speed{}, err
	}
	if err := copySchema(ctx, db); err != nil {
		return speed{}, err
	}
	return timeInserts(ctx, db)
}

// copySchema makes the tables, without the index of the search, which the clean-up fills.
func copySchema(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT sql FROM server.sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'identity_trigrams%' ORDER BY type DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var statements []string
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			return err
		}
		statements = append(statements, statement)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return rows.Err()
}

// importTables are the tables in which each identity has its rows, parents first.
func importTables(ctx context.Context, db *sql.DB) ([]string, error) {
	tables := []string{"identities", "credentials", "credential_identifiers", "addresses"}
	for _, other := range []string{"identity_details", "identity_search", "sessions", "events"} {
		var count int
		err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM server.`+other).Scan(&count)
		if err != nil {
			return nil, err
		}
		if count > 0 {
			tables = append(tables, other)
		}
	}
	return tables, nil
}

func timeInserts(ctx context.Context, db *sql.DB) (speed, error) {
	const together = 64
	importTables, err := importTables(ctx, db)
	if err != nil {
		return speed{}, err
	}
	all := map[string][][]any{}
	for _, table := range importTables {
		var err error
		if all[table], err = rowsOf(ctx, db, table); err != nil {
			return speed{}, err
		}
	}
	count := len(all["identities"])
	done := timed(0, count)
	for at := 0; at < count; at += together {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return speed{}, err
		}
		for _, table := range importTables {
			each := len(all[table]) / count
			for _, values := range all[table][at*each : min(at+together, count)*each] {
				insert := `INSERT INTO ` + table + ` VALUES (?` + strings.Repeat(", ?", len(values)-1) + `)`
				if _, err := tx.ExecContext(ctx, insert, values...); err != nil {
					return speed{}, errors.Join(err, tx.Rollback())
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return speed{}, err
		}
	}
	return done(), nil
}

func rowsOf(ctx context.Context, db *sql.DB, table string) ([][]any, error) {
	key := "identity_id" // orders the rows of all tables alike
	if table == "identities" {
		key = "id"
	}
	rows, err := db.QueryContext(ctx, `SELECT * FROM server.`+table+` ORDER BY `+key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, rows.Err()
}
