//go:build unix

package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"go.uber.org/goleak"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// Some tests need a second process. It is this test binary, told by the
// environment what to be and on which file.
const (
	childRole = "SYMBOLON_STORE_TEST_CHILD"
	childFile = "SYMBOLON_STORE_TEST_FILE"
)

func TestMain(m *testing.M) {
	roles := map[string]func(path string) error{
		"hold": holdLock, "write": writeForEver, "own": ownFile, "full": fillDisk,
	}
	if role, ok := roles[os.Getenv(childRole)]; ok {
		if err := role(os.Getenv(childFile)); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child is a running second process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output *bufio.Scanner
}

func startChild(t *testing.T, role, path string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childFile+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, stdin: stdin, output: bufio.NewScanner(stdout)}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return c
}

// line returns the next line that the child prints.
func (c *child) line(t *testing.T) string {
	t.Helper()
	if !c.output.Scan() {
		t.Fatalf("the other process said nothing more: %v", c.output.Err())
	}
	return c.output.Text()
}

// end tells the child to go and waits until it is gone.
func (c *child) end(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	for c.output.Scan() {
	}
	_ = c.cmd.Wait()
}

// openClean opens a database the way a server does.
func openClean(path string) (*store.DB, error) {
	return store.Open(context.Background(), store.Config{DSN: "sqlite://" + path, Now: time.Now, Exclusive: true})
}

// ownFile has the file to itself until its input ends.
func ownFile(path string) error {
	db, err := openClean(path)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return db.Close()
}

// holdLock keeps SQLite's write lock, as a backup or a curious person might,
// until its input ends.
func holdLock(path string) error {
	pool, err := driver.Open("file:" + path + "?_pragma=busy_timeout(1000)")
	if err != nil {
		return err
	}
	defer pool.Close()
	tx, err := pool.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM stored_errors WHERE id = 'unknown'`); err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return tx.Rollback()
}

// writeForEver stores flows from many goroutines and prints the ids of two that
// one transaction holds once storage has acknowledged it.
func writeForEver(path string) error {
	db, err := openClean(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	var printing sync.Mutex
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				a, b := storetest.NewFlow(), storetest.NewFlow()
				a.Request, b.Request = b.ID, a.ID
				if err := db.InTx(ctx, func(ctx context.Context) error { return createBoth(ctx, db, a, b) }); err != nil {
					failed <- err
					return
				}
				printing.Lock()
				fmt.Println(a.ID, b.ID)
				printing.Unlock()
			}
		}()
	}
	return <-failed
}

func createBoth(ctx context.Context, db *store.DB, a, b *flow.Flow) error {
	if err := db.CreateFlow(ctx, a); err != nil {
		return err
	}
	return db.CreateFlow(ctx, b)
}

// fillDisk writes until the system refuses, then again once it does not.
func fillDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	db, err := openClean(path)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	before, err := limitFiles(1 << 20)
	if err != nil {
		return err
	}
	kept := 0
	for err == nil && kept < 10_000 {
		if err = writeBig(ctx, db); err == nil {
			kept++
		}
	}
	if errs.Of(err) != errs.Unavailable {
		return fmt.Errorf("writing to a full disk: %w", err)
	}
	if _, err := limitFiles(before); err != nil {
		return err
	}
	if err := writeBig(ctx, db); err != nil {
		return fmt.Errorf("writing once there is room: %w", err)
	}
	sizes, err := db.TableSizes(ctx)
	if err != nil {
		return err
	}
	fmt.Println(kept+1, sizes["flows"])
	return nil
}

func writeBig(ctx context.Context, db *store.DB) error {
	f := storetest.NewFlow()
	f.Request = strings.Repeat(secret.Token(), 500)
	return db.CreateFlow(ctx, f)
}

// limitFiles sets how large a file this process may write, and returns what the
// limit was. Beyond it a write fails, as it does on a full disk.
func limitFiles(size uint64) (before uint64, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return 0, err
	}
	before, limit.Cur = limit.Cur, size
	return before, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
