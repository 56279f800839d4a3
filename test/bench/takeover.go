package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// The limits of taking accounts over.
const (
	takeoverFloor  = 0.5
	takeoverGrowth = 120 // percent of the memory, with ten times as many
	// kratosFile is a database that Ory Kratos v26.2.0 made, and kratosFacts has the
	// configuration that it ran with.
	kratosFile  = "test/takeover/testdata/v26.2.0.sqlite"
	kratosFacts = "test/takeover/testdata/v26.2.0.json"
)

// takeover takes many accounts with a password and a session over from a database of Ory
// Kratos, and compares that with nothing but inserting the rows that came of it.
func (b *bench) takeover(ctx context.Context) error {
	return b.takeovers(ctx, "Kratos", func(ctx context.Context, dir string, count int) ([]string, error) {
		source := filepath.Join(dir, "kratos.sqlite")
		return []string{"from-kratos", "--source", "sqlite://" + source}, kratosDatabase(ctx, source, count)
	})
}

// exporter writes that many accounts of a system below a folder and returns the command that takes them over.
type exporter func(ctx context.Context, dir string, count int) (args []string, err error)

func (b *bench) takeovers(ctx context.Context, system string, export exporter) error {
	few, many := b.plan.identities/10, b.plan.identities
	_, small, _, err := b.takeOver(ctx, few, export)
	if err != nil {
		return err
	}
	took, large, file, err := b.takeOver(ctx, many, export)
	if err != nil {
		return err
	}
	raw, err := b.insertRows(ctx, file)
	if err != nil {
		return err
	}
	b.report.faster(fmt.Sprintf("take-over of %d accounts of %s / raw inserts", many, system), took, raw, takeoverFloor/b.plan.leniency, b.plan.byProcessor)
	b.report.atMost(fmt.Sprintf("take-over of %s: memory with %d accounts / with %d", system, many, few), 100*large/small, takeoverGrowth*b.plan.leniency, "%")
	return nil
}

// takeOver takes that many accounts over. It returns how fast that was, the most memory that
// the command had resident in MiB, and the file that it wrote.
func (b *bench) takeOver(ctx context.Context, count int, export exporter) (took speed, resident float64, file string, err error) {
	dir, err := b.newDir()
	if err != nil {
		return speed{}, 0, "", err
	}
	file = filepath.Join(dir, "symbolon.db")
	args, err := export(ctx, dir, count)
	if err != nil {
		return speed{}, 0, "", fmt.Errorf("make accounts: %w", err)
	}
	config, err := kratosConfig(dir, "sqlite://"+file)
	if err != nil {
		return speed{}, 0, "", err
	}
	command := exec.CommandContext(ctx, b.binary, append([]string{"migrate", "-c", config}, args...)...)
	var said bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = dir, &said, &said
	started := time.Now()
	if err := command.Start(); err != nil {
		return speed{}, 0, "", err
	}
	most := watchMemory(command.Process.Pid)
	if err := command.Wait(); err != nil {
		return speed{}, 0, "", fmt.Errorf("take over: %w\n%s", err, said.Bytes())
	}
	worked := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	took = speed{rate: float64(count) / time.Since(started).Seconds(), perWork: float64(count) / worked.Seconds()}
	if want := fmt.Sprintf("%d taken, 0 were here already, 0 refused", count); !strings.Contains(said.String(), want) {
		return speed{}, 0, "", fmt.Errorf("take over said no %q:\n%s", want, said.Bytes())
	}
	return took, <-most, file, nil
}

// kratosConfig writes a configuration like that of the original, with another database.
func kratosConfig(dir, dsn string) (path string, err error) {
	raw, err := os.ReadFile(kratosFacts)
	if err != nil {
		return "", err
	}
	var facts struct {
		Config map[string]any `json:"config"`
	}
	if err := json.Unmarshal(raw, &facts); err != nil {
		return "", err
	}
	facts.Config["dsn"] = dsn
	if raw, err = json.Marshal(facts.Config); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "config.json")
	return path, os.WriteFile(path, raw, 0o600)
}

// kratosDatabase makes a database of Ory Kratos with that many accounts, all alike.
func kratosDatabase(ctx context.Context, path string, count int) error {
	raw, err := os.ReadFile(kratosFile)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=foreign_keys(on)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var network, password string
	err = errors.Join(
		db.QueryRowContext(ctx, `SELECT id FROM networks`).Scan(&network),
		db.QueryRowContext(ctx, `SELECT id FROM identity_credential_types WHERE name = 'password'`).Scan(&password),
	)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `DELETE FROM identities`); err != nil {
		return err
	}
	for n := range count {
		if err := insertKratos(ctx, tx, n, network, password); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// insertKratos inserts one account as Kratos v26 stores it.
func insertKratos(ctx context.Context, tx *sql.Tx, n int, network, password string) error {
	const at, until = "2026-11-30 02:42:03.758729+00:00", "2096-11-27 02:42:03.758729+00:00"
	id, credential, email, token := secret.NewID(), secret.NewID(), identityEmail(n), strings.ReplaceAll(secret.NewID(), "-", "")
	for _, row := range []struct {
		table   string
		columns string
		values  []any
	}{
		{"identities", "id, schema_id, traits, created_at, updated_at, nid, state, state_changed_at", []any{
			id, "person", fmt.Sprintf(`{"email":%q,"name":{"first":"Vera","last":"Muster"}}`, email), at, at, network, "active", at,
		}},
		{"identity_credentials", "id, config, identity_credential_type_id, identity_id, created_at, updated_at, nid, version", []any{
			credential, fmt.Sprintf(`{"hashed_password":%q}`, hashed), password, id, at, at, network, 0,
		}},
		{"identity_credential_identifiers", "id, identifier, identity_credential_id, created_at, updated_at, nid, identity_credential_type_id, identity_id", []any{
			secret.NewID(), email, credential, at, at, network, password, id,
		}},
		{"identity_verifiable_addresses", "id, status, via, verified, value, verified_at, identity_id, created_at, updated_at, nid", []any{
			secret.NewID(), "completed", "email", 1, email, at, id, at, at, network,
		}},
		{"identity_recovery_addresses", "id, via, value, identity_id, created_at, updated_at, nid", []any{secret.NewID(), "email", email, id, at, at, network}},
		{"sessions", "id, issued_at, expires_at, authenticated_at, identity_id, created_at, updated_at, active, nid, aal, authentication_methods, token, logout_token", []any{
			secret.NewID(), at, until, at, id, at, at, 1, network, "aal1", `[{"method":"password","aal":"aal1","completed_at":"2026-11-30T02:42:03Z"}]`,
			"ory_st_" + token, "ory_lo_" + token,
		}},
	} {
		_, err := tx.ExecContext(ctx, `INSERT INTO `+row.table+` (`+row.columns+`) VALUES (?`+strings.Repeat(", ?", len(row.values)-1)+`)`, row.values...)
		if err != nil {
			return fmt.Errorf("%s: %w", row.table, err)
		}
	}
	return nil
}
