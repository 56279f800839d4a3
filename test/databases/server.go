package databases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	s.private = true
	t.Cleanup(func() {
		if s.leash != nil {
			_ = s.leash.Close()
		} else {
			_ = os.RemoveAll(s.dir)
		}
	})
	return s
}

// errMissing says that a server is not installed.
var errMissing = errors.New("not installed")

// launch makes a data directory and starts a server in it.
func launch(k kind, durable bool) (*Server, error) {
	if _, err := k.bin(k.program); err != nil {
		return nil, fmt.Errorf("%w: there is no %s", errMissing, k.program)
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
		err = errors.Join(s.give(dir), s.prepare())
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.admin = k.admin(s.port)
	return s, s.run()
}

// servant is who runs servers: they refuse to be run by root.
func servant() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "mysql", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.New("servers can't be run by root, and there is no other user")
}

// give makes the servant the owner of a directory.
func (s *Server) give(dir string) error {
	who, err := servant()
	if err != nil || who == nil {
		return err
	}
	return os.Chown(dir, int(who.Uid), int(who.Gid))
}

// command is a program of the server, run by the servant.
func (s *Server) command(wrap []string, command []string) (*exec.Cmd, error) {
	path, err := s.kind.bin(command[0])
	if err != nil {
		return nil, err
	}
	who, err := servant()
	if err != nil {
		return nil, err
	}
	all := append(append(wrap, path), command[1:]...)
	c := exec.Command(all[0], all[1:]...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "HOME="+s.dir, "TMPDIR="+s.dir)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	return c, nil
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
	s.leash = held
	// It ends with the leash, and nobody waits for it.
	if err := c.Process.Release(); err != nil {
		return err
	}
	return s.await()
}

// startsWithin is ample: a server that recovers from a crash takes a second.
const startsWithin = 20 * time.Second

// await returns when the server answers.
func (s *Server) await() error {
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

// Kill ends the server and all its processes at once, as a power failure does
// but for what the kernel has not written yet.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	pid := s.pid(t)
	processes := append(children(pid), pid)
	for _, p := range processes {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
	// The leash is the parent, and until a parent has looked the pid stays taken,
	// which PostgreSQL takes for a server that runs.
	_, err := io.WriteString(s.leash, "keep\n")
	if err := errors.Join(err, s.leash.Close()); err != nil {
		t.Fatal(err)
	}
	s.leash = nil
	for _, p := range processes {
		for !over(p) || p == pid && exists(p) {
			time.Sleep(time.Millisecond)
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

// Pause stops the server from doing anything, and Resume lets it go on. Its
// connections stay: that is how a network looks that loses everything.
func (s *Server) Pause(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Server) Resume(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	pid := s.pid(t)
	for _, p := range append(children(pid), pid) {
		if err := syscall.Kill(p, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
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

func exists(pid int) bool { return syscall.Kill(pid, 0) == nil }

// over reports whether a process has ended, whether or not its parent has looked.
func over(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
}

// children lists the processes that a process started.
func children(pid int) []int {
	var found []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
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
