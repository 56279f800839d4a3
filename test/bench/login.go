package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sys/cpu"
)

// The floors of logins, against a loop that does nothing but hash with golang.org/x/crypto.
const (
	loginFloor     = 2.0
	slowLoginFloor = 1.2 // where the server has no AVX2
	// Without any SIMD on either side the portable code takes longer than that of x/crypto, which
	// pooled memory makes up for.
	portableLoginFloor = 1.0
)

// hashCost are parameters of Argon2id with one lane.
type hashCost struct{ passes, memory uint32 } // memory in KiB

func (c hashCost) String() string { return fmt.Sprintf("%d MiB/%d", c.memory>>10, c.passes) }

// newHashCosts are the default of hashers.argon2 and the one that v0.5 files mostly have.
func newHashCosts() (standard, light hashCost) { return hashCost{2, 19456}, hashCost{1, 16384} }

// code is which instructions the server and the bare loop may use.
type code struct {
	name           string
	floor          float64
	server, alone  string // GODEBUG
	needs, cheaply bool   // needs: this processor has what is measured; cheaply: also in the short form
}

func newCodes() []code {
	return []code{
		{"AVX-512", loginFloor, "", "", cpu.X86.HasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW, false},
		{"AVX2", loginFloor, "cpu.avx512f=off", "", cpu.X86.HasAVX2, true},
		{"SSSE3", slowLoginFloor, "cpu.avx2=off", "", cpu.X86.HasSSSE3, false},
		{"no SIMD on either side", portableLoginFloor, "cpu.avx2=off,cpu.ssse3=off", "cpu.sse41=off", true, false},
	}
}

// login compares whole logins, each a flow started and completed, with nothing but the
// hash.
func (b *bench) login(ctx context.Context) error {
	standard, light := newHashCosts()
	for _, cost := range []hashCost{standard, light} {
		for _, code := range newCodes() {
			what := fmt.Sprintf("login, %v, %s", cost, code.name)
			if !code.needs {
				b.report.note("%s: not measured, this processor has no such instructions", what)
				continue
			}
			if !code.cheaply && cost == light && b.plan.rounds == 1 {
				continue // the short form measures each code, and each cost, once
			}
			err := b.withServer(ctx, func(s *server) error { return b.compareLogin(ctx, s, what, cost, code) },
				"GODEBUG="+code.server, fmt.Sprintf("HASHERS_ARGON2_MEMORY=%d", cost.memory), fmt.Sprintf("HASHERS_ARGON2_ITERATIONS=%d", cost.passes))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) compareLogin(ctx context.Context, s *server, what string, cost hashCost, code code) error {
	accounts, err := newAccounts(s.public, connections)
	if err != nil {
		return err
	}
	bare, err := startHashLoop(ctx, cost, code.alone)
	if err != nil {
		return err
	}
	defer bare.stop()
	ours, theirs, err := b.takeTurns(
		subject{s.pid(), func(d time.Duration) (float64, error) {
			return closedLoop(ctx, s.public, d, func(client int, c *conn) error { return signIn(c, accounts[client]) })
		}},
		subject{bare.pid, bare.run},
	)
	if err != nil {
		return err
	}
	b.report.faster(what+" / bare argon2id", ours, theirs, code.floor/b.plan.leniency, b.plan.byProcessor && s.alone)
	return nil
}

// bareLoop is this program started again to do nothing but hash.
type bareLoop struct {
	pid  int
	in   io.WriteCloser
	out  *bufio.Reader
	wait func() error
}

func startHashLoop(ctx context.Context, cost hashCost, godebug string) (*bareLoop, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-hash", fmt.Sprintf("%d,%d", cost.passes, cost.memory))
	cmd.Env = append(os.Environ(), "GODEBUG="+godebug)
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &bareLoop{cmd.Process.Pid, in, bufio.NewReader(out), cmd.Wait}, nil
}

// run hashes for a while and returns hashes a second.
func (l *bareLoop) run(d time.Duration) (rate float64, err error) {
	if _, err := fmt.Fprintln(l.in, d.Milliseconds()); err != nil {
		return 0, err
	}
	_, err = fmt.Fscanln(l.out, &rate)
	return rate, err
}

func (l *bareLoop) stop() {
	_ = l.in.Close()
	_ = l.wait()
}

// hashLoops hashes for as many milliseconds as each line of the input says, and prints how
// many hashes a second those were.
func hashLoops(asked string) error {
	var c hashCost
	if _, err := fmt.Sscanf(asked, "%d,%d", &c.passes, &c.memory); err != nil {
		return err
	}
	for {
		var ms int
		if _, err := fmt.Fscanln(os.Stdin, &ms); err != nil {
			return nil //nolint:nilerr // the end of the input
		}
		fmt.Println(hashLoop(time.Duration(ms)*time.Millisecond, c))
	}
}

// hashLoop keeps every core busy with argon2id and returns hashes per second.
func hashLoop(d time.Duration, c hashCost) float64 {
	const lanes, length = 1, 32
	salt := make([]byte, 16)
	started := time.Now()
	var done atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for time.Since(started) < d {
				argon2.IDKey([]byte(passphrase), salt, c.passes, c.memory, lanes, length)
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(started).Seconds()
}
