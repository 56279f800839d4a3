//go:build unix

package databases

import (
	"errors"
	"fmt"
	"io"
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

// giveToServant makes the servant the owner of a directory.
func giveToServant(dir string) error {
	who, err := servant()
	if err != nil || who == nil {
		return err
	}
	return os.Chown(dir, int(who.Uid), int(who.Gid))
}

// asServant makes a command one that the servant runs, out of reach of the
// signals that a terminal sends to the tests.
func asServant(c *exec.Cmd) error {
	who, err := servant()
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	return err
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

// Pause stops the server from doing anything, and Resume lets it go on. Its
// connections stay: that is how a network looks that loses everything.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
	// The kernel stops the threads one after the other.
	pid := s.pid(t)
	for _, p := range append(children(pid), pid) {
		for !stopped(p) {
			time.Sleep(time.Millisecond)
		}
	}
}

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

// stopped reports whether all threads of a process are stopped, or over.
func stopped(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		_, state, _ := strings.Cut(string(text), ") ")
		if err == nil && !strings.HasPrefix(state, "T") && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X") {
			return false
		}
	}
	return true
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
