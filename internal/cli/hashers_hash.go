package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/passhash"
)

func newHashCommand(e *env) *cobra.Command {
	var f argon2Flags
	byDefault := passhash.Default()
	memory, iterations := memorySize(byDefault.MemoryKiB), byDefault.Iterations
	c := &cobra.Command{
		Use:   "hash",
		Short: "Hash a password, to import an identity with",
		Long: `Hash the password in the first line of the standard input, or ask for it on a
terminal, and print the hash. It goes into the member hashed_password of
'symbolon identities import'. The password is never an argument: those can be
seen by every user of the machine.`,
		Example: `  symbolon hashers argon2 hash
  symbolon hashers argon2 hash < password.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.parameters(memory, iterations)
			if err != nil {
				return err
			}
			hasher, err := passhash.New(passhash.Config{Argon2: p})
			if err != nil {
				return err
			}
			password, err := readPassword(cmd.Context(), e)
			if err != nil {
				return err
			}
			hash, err := hasher.Hash(cmd.Context(), password)
			if err != nil {
				return err
			}
			fmt.Fprintln(e.Stdout, hash)
			return nil
		},
	}
	c.Flags().VarP(&memory, "memory", "m", "`MEMORY` of the hash")
	c.Flags().Uint32VarP(&iterations, "iterations", "i", iterations, "iterations")
	f.add(c)
	return c
}

// maxPassword bounds the line of a password, as the server does.
const maxPassword = 4096

// readPassword reads a line, without showing it where it is typed.
func readPassword(ctx context.Context, e *env) (string, error) {
	if !isTerminal(e.Stdin) {
		return readLine(untilDone{ctx, e.Stdin})
	}
	restore := hideTyping(ctx, e)
	defer restore()
	fmt.Fprint(e.Stderr, "Password: ")
	password, err := readLine(untilDone{ctx, e.Stdin})
	fmt.Fprintln(e.Stderr)
	if err != nil {
		return "", err
	}
	fmt.Fprint(e.Stderr, "The same again: ")
	again, err := readLine(untilDone{ctx, e.Stdin})
	fmt.Fprintln(e.Stderr)
	if err == nil && again != password {
		err = errors.New("the two passwords differ; nothing was hashed")
	}
	return password, err
}

// hideTyping asks the terminal not to show what is typed, by the program that
// every Unix has for that.
func hideTyping(ctx context.Context, e *env) (restore func()) {
	stty := func(ctx context.Context, mode string) error {
		c := exec.CommandContext(ctx, "stty", mode)
		c.Stdin = e.Stdin
		return c.Run()
	}
	if err := stty(ctx, "-echo"); err != nil {
		fmt.Fprintln(e.Stderr, "warning: the password will be visible while you type")
		return func() {}
	}
	return func() { _ = stty(context.WithoutCancel(ctx), "echo") }
}

// readLine reads one line and nothing behind it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) <= maxPassword {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' {
			break
		}
		line = append(line, one[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) == 0:
		return "", errors.New("there is no password on the standard input")
	case len(line) > maxPassword:
		return "", fmt.Errorf("the password is longer than %d bytes", maxPassword)
	case !utf8.Valid(line):
		return "", errors.New("the password is not UTF-8 text")
	}
	return string(line), nil
}
