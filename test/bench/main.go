// Command bench measures the built server against floors: what it serves as a
// share of what a bare net/http handler serves on the same machine in the same
// minute, logins as a share of bare argon2id, and how it behaves under pressure.
//
// Ratios are taken within one run, because absolute figures say more about the
// machine than about the server. One client program keeps 64 connections busy,
// each sending its next request when the answer to the last has come; the server
// and the bare handler take turns in rounds, and the median round counts. Client
// and server share the machine's cores.
//
//	go run ./test/bench          every measurement in full, about eight minutes
//	go run ./test/bench -short   one short round each, limits twice as lenient
//	go run ./test/bench -only whoami,start
//	go run ./test/bench -curves docs/images    how cost grows, drawn
//	go run ./test/bench -book peers.json       beside other servers (docs/measurements.md)
//	scripts/bench-postgres.sh    the same on a PostgreSQL of its own, with a million identities
//
// It exits with 1 when a limit is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// plan is how much is measured, and how strictly it is judged.
type plan struct {
	rounds     int
	round      time.Duration // one subject's turn
	settle     time.Duration // until a database of this size has what it needs in memory
	mix        time.Duration
	logins     int // at once, under the memory limit
	starts     int
	identities int     // in one import
	seeded     int     // on PostgreSQL
	ended      int     // flows, and as many sessions, to clean up
	mails      int     // in the long form alone
	leniency   float64 // limits are this many times wider
	// byProcessor judges speeds by the processor time that they took: other programs that
	// run at the same time change it little.
	byProcessor bool
}

func newPlan(short bool) plan {
	if short {
		return plan{rounds: 1, round: time.Second, settle: time.Second, mix: 3 * time.Second, logins: 100, starts: 3, identities: 10_000, seeded: 10_000, ended: 2_000, leniency: 2, byProcessor: true}
	}
	return plan{rounds: 3, round: 5 * time.Second, settle: 40 * time.Second, mix: 30 * time.Second, logins: 300, starts: 5, identities: 100_000, seeded: 1_000_000, ended: 50_000, mails: 2_000, leniency: 1}
}

// measurement is one part of the bench.
type measurement struct {
	name  string
	run   func(*bench, context.Context) error
	named bool // made only where -only names it
}

func measurements() []measurement {
	return []measurement{
		{name: "start", run: (*bench).start},
		{name: "whoami", run: (*bench).whoami},
		{name: "create", run: (*bench).createFlow},
		{name: "fetch", run: (*bench).fetchFlow},
		{name: "login", run: (*bench).login},
		{name: "factors", run: (*bench).factors},
		{name: "import", run: (*bench).imports},
		{name: "takeover", run: (*bench).takeover},
		{name: "exports", run: (*bench).exports, named: true},
		{name: "mail", run: (*bench).mail},
		{name: "cleanup", run: (*bench).cleanup},
		{name: "mix", run: (*bench).mix},
		{name: "pressure", run: (*bench).pressure},
		{name: "postgres", run: (*bench).postgres},
	}
}

func main() {
	serveRaw := flag.String("raw", "", "be the bare handler that answers as this `FILE` says (used by the bench itself)")
	cert := flag.String("cert", "", "with -raw: speak TLS with the certificate in this `FILE`")
	key := flag.String("key", "", "with -raw: the `FILE` with its key")
	hash := flag.String("hash", "", "be the loop that hashes with this `COST` (used by the bench itself)")
	verify := flag.String("verify", "", "be the bare handler that verifies what this `FILE` says (used by the bench itself)")
	short := flag.Bool("short", false, "one short round each, limits twice as lenient")
	only := flag.String("only", "", "the `NAMES` of measurements to make, separated by commas")
	dsn := flag.String("dsn", "", "measure on the empty PostgreSQL of this `URL`, and nothing else")
	curves := flag.String("curves", "", "draw how cost grows into this `DIRECTORY`, and measure nothing else")
	sizes := flag.String("sizes", "1000,10000,100000,1000000", "with -curves: numbers of identities")
	book := flag.String("book", "", "compare with the peers that this `FILE` describes, and measure nothing else")
	out := flag.String("out", "book", "with -book: the `DIRECTORY` for the table and the raw data")
	flag.Parse()

	if *serveRaw != "" {
		exit(rawServer(*serveRaw, *cert, *key))
	}
	if *verify != "" {
		exit(proofServer(*verify))
	}
	if *hash != "" {
		exit(hashLoops(*hash))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *curves != "" || *book != "" {
		exit(alone(ctx, newPlan(*short), func(b *bench) error {
			if *book != "" {
				return b.book(ctx, *book, *out)
			}
			return b.curves(ctx, *curves, *sizes)
		}))
	}
	if *dsn != "" {
		*only = "postgres"
	}
	exit(run(ctx, newPlan(*short), *only, *dsn))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// alone does something that has no limits.
func alone(ctx context.Context, p plan, measure func(*bench) error) error {
	b, err := newBench(ctx, p, "")
	if err != nil {
		return err
	}
	defer b.close()
	return measure(b)
}

func run(ctx context.Context, p plan, only, dsn string) error {
	machine := newProcessors()
	b, err := newBench(ctx, p, dsn)
	if err != nil {
		return err
	}
	defer b.close()
	for _, m := range measurements() {
		chosen := slices.Contains(strings.Split(only, ","), m.name) || only == "" && !m.named
		if !chosen || m.name == "postgres" && dsn == "" {
			continue
		}
		if err := m.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return err
			}
			b.report.failed(m.name, err)
		}
	}
	b.report.note("other programs used %.0f%% of the processors meanwhile", 100*machine.others())
	b.report.write(os.Stdout)
	if b.report.missed > 0 {
		return fmt.Errorf("%d of %d limits missed", b.report.missed, len(b.report.rows))
	}
	if len(b.report.rows) == 0 {
		return errors.New("nothing was measured")
	}
	return nil
}
