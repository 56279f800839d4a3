package databases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Server is a database server.
type Server struct {
	kind    kind
	admin   string // DSN of an administrator
	private bool

	dir     string
	port    int
	durable bool
	shell   int            // process id of the leash
	leash   io.WriteCloser // the server ends when it is closed, by whomever; nil after Kill
}

// Start starts a server for one test alone, which keeps on disk what it
// acknowledges, and stops it when the test ends.
func Start(t testing.TB, name string) *Server {
	t.Helper()
	kinds := map[string]kind{Postgres: postgres(), MariaDB: mariadb()}
	s, err := launch(kinds[name], true)
	if err != nil {
		missing(t, name, err)
	}
	s.endWith(t)
	return s
}

// endWith leaves nothing of a server of one test when that ends.
func (s *Server) endWith(t testing.TB) {
	t.Helper()
	s.private = true
	t.Cleanup(func() {
		if s.leash != nil {
			_ = s.leash.Close()
		} else {
			_ = os.RemoveAll(s.dir)
		}
	})
}

// errMissing says that a server is not installed.
var errMissing = errors.New("not installed")

// launch makes a data directory and starts a server in it.
func launch(k kind, durable bool) (*Server, error) {
	if _, err := k.bin(k.program); err != nil {
		return nil, fmt.Errorf("%w: there is no %s", errMissing, k.program)
	}
	if _, err := os.Stat(k.needs); k.needs != "" && err != nil {
		return nil, fmt.Errorf("%w: there is no %s", errMissing, k.needs)
	}
	place := os.TempDir()
	if shm, err := os.Stat("/dev/shm"); err == nil && shm.IsDir() && !durable {
		place = "/dev/shm"
	}
	dir, err := os.MkdirTemp(place, "symbolon-"+k.name+"-")
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, dir: dir, durable: durable}
	if s.port, err = freePort(); err == nil {
		err = errors.Join(giveToServant(dir), s.prepare())
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.admin = k.admin(s.port)
	return s, s.run()
}

// command is a program of the server, run by the servant.
func (s *Server) command(wrap []string, command []string) (*exec.Cmd, error) {
	path, err := s.kind.bin(command[0])
	if err != nil {
		return nil, err
	}
	all := append(append(wrap, path), command[1:]...)
	c := exec.Command(all[0], all[1:]...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "HOME="+s.dir, "TMPDIR="+s.dir)
	return c, asServant(c)
}

func (s *Server) prepare() error {
	c, err := s.command(nil, s.kind.prepare(s.dir, s.port))
	if err != nil {
		return err
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make data directory: %w\n%s", err, out)
	}
	return nil
}

// leash runs a server as long as its own input is open, which is as long as this
// process lives, and leaves nothing behind unless it is told to keep the data.
const leash = `dir=$1 signal=$2; shift 2
"$@" >>"$dir/log" 2>&1 &
server=$!
read -r word
kill -s "$signal" $server 2>/dev/null
wait $server
[ "$word" = keep ] || rm -rf "$dir"`

func (s *Server) run() error {
	c, err := s.command([]string{"/bin/sh", "-c", leash, "leash", s.dir, s.kind.stop}, s.kind.serve(s.dir, s.port, s.durable))
	if err != nil {
		return err
	}
	held, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.kind.name, err)
	}
	s.leash, s.shell = held, c.Process.Pid
	// It ends with the leash; no test waits for it.
	if err := c.Process.Release(); err != nil {
		return err
	}
	return s.await()
}

// startsWithin is ample: a server that recovers from a crash takes a second, and one that
// joins a cluster copies it first.
const startsWithin = 60 * time.Second

// await returns when the server answers.
func (s *Server) await() error {
	if s.kind.open == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startsWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.do(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("%s does not answer: %w\n%s", s.kind.name, err, log)
		case <-tick.C:
		}
	}
}

// Restart starts the server again after Kill, on the same port with the same
// data, and returns when it answers.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) pid(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(s.kind.pidFile(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func freePort() (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
