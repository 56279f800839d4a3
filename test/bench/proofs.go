package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	pquerna "github.com/pquerna/otp/totp"

	"github.com/symbolon/symbolon/internal/ceremony"
)

// proof is what the bare handler verifies: a code of an authenticator app, or a passkey.
type proof struct {
	Seed    string
	Options string // of the one challenge
	Pending ceremony.Pending
	Handle  []byte
	Keys    []ceremony.Key
}

// compareProofs measures proofs against a handler, in a process of its own, that verifies
// the same proof in two requests and commits that it was used.
func (b *bench) compareProofs(ctx context.Context, s *server, what string, p proof, ours, bare user) error {
	dir, err := b.newDir()
	if err != nil {
		return err
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "proof.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return err
	}
	handler, err := startItself(ctx, "-verify", file)
	if err != nil {
		return err
	}
	defer handler.stop()
	mine, theirs, err := b.takeTurns(
		subject{s.pid(), func(d time.Duration) (float64, error) { return closedLoop(ctx, s.public, d, ours) }},
		subject{handler.pid, func(d time.Duration) (float64, error) { return closedLoop(ctx, handler.address, d, bare) }},
	)
	if err != nil {
		return err
	}
	b.report.faster(what+" / bare verification", mine, theirs, factorFloor/b.plan.leniency, b.plan.byProcessor && s.alone)
	return nil
}

// proofServer is the bare handler, until its standard input ends. It prints its address.
func proofServer(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var p proof
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	party, err := newParty()
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(file), "used.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE used (id INTEGER PRIMARY KEY, at TEXT NOT NULL)`); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost {
				err := p.verify(party, r.Body)
				if err == nil {
					_, err = db.ExecContext(r.Context(), `INSERT INTO used (at) VALUES (?)`, time.Now().Format(time.RFC3339Nano))
				}
				if err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
					return
				}
			}
			_, _ = fmt.Fprintf(w, `{"options":%q}`, p.Options)
		}),
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// verify judges what a client sent.
func (p proof) verify(party *ceremony.Party, body io.Reader) error {
	var sent struct {
		Code    string `json:"totp_code"`
		Passkey string `json:"passkey_login"`
	}
	if err := json.NewDecoder(body).Decode(&sent); err != nil {
		return err
	}
	if p.Seed != "" {
		if !pquerna.Validate(sent.Code, p.Seed) {
			return errors.New("wrong code")
		}
		return nil
	}
	answer, err := ceremony.Read(sent.Passkey)
	if err != nil {
		return err
	}
	_, err = party.Judge(p.Pending, ceremony.Owner{Handle: p.Handle, Name: "anyone", Display: "anyone", Keys: p.Keys}, answer, time.Now())
	return err
}
