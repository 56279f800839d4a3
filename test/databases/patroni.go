package databases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PatroniCluster is PostgreSQL under Patroni with etcd, replicated synchronously.
type PatroniCluster struct {
	members []*member
}

// member is a PostgreSQL and the Patroni that runs it.
type member struct {
	*Server
	name string
	api  string // URL
	lost bool
}

// Patroni starts a cluster for one test and stops it when the test ends. One member
// takes writes, and each commit waits for another one.
func Patroni(t testing.TB, members int) *PatroniCluster {
	t.Helper()
	store, err := launch(etcd(), false)
	if err != nil {
		missing(t, "etcd", err)
	}
	store.endWith(t)
	c := &PatroniCluster{}
	for i := range members {
		m := &member{name: fmt.Sprintf("m%d", i)}
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		m.api = fmt.Sprintf("http://127.0.0.1:%d", port)
		if m.Server, err = launch(patroni(m.name, port, store.port), false); err != nil {
			missing(t, "patroni", err)
		}
		m.endWith(t)
		// Without its etcd, which ends at the same time, Patroni would not stop by itself.
		t.Cleanup(func() {
			if !m.lost {
				m.kill(t)
			}
		})
		c.members = append(c.members, m)
	}
	c.await(t, "a synchronous standby", func() bool { return c.standby() != nil })
	return c
}

// DSN creates an empty database and names all members in its address.
func (c *PatroniCluster) DSN(t testing.TB) string {
	t.Helper()
	dsn := c.primary(t).DSN(t)
	var hosts []string
	for _, m := range c.members {
		hosts = append(hosts, m.Address())
	}
	start := strings.Index(dsn, "@") + 1
	return dsn[:start] + strings.Join(hosts, ",") + dsn[start+strings.Index(dsn[start:], "/"):]
}

// SwitchOver has Patroni give the part of the primary to a synchronous standby, and
// returns when that takes writes.
func (c *PatroniCluster) SwitchOver(t testing.TB) {
	t.Helper()
	c.await(t, "a synchronous standby", func() bool { return c.standby() != nil })
	from, to := c.primary(t), c.standby()
	body, err := json.Marshal(map[string]string{"leader": from.name, "candidate": to.name})
	if err != nil {
		t.Fatal(err)
	}
	r, err := patroniClient().Post(from.api+"/switchover", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Fatalf("switch-over: %d %s", r.StatusCode, answer)
	}
	c.await(t, to.name+" as primary", func() bool { return to.is("primary") })
}

// LosePrimary kills the primary and its Patroni at once, as a power failure does, and
// returns when another member takes writes.
func (c *PatroniCluster) LosePrimary(t testing.TB) {
	t.Helper()
	c.await(t, "a synchronous standby", func() bool { return c.standby() != nil })
	m := c.primary(t)
	m.kill(t)
	_, err := io.WriteString(m.leash, "keep\n")
	if err := errors.Join(err, m.leash.Close()); err != nil {
		t.Fatal(err)
	}
	m.leash, m.lost = nil, true
	c.await(t, "another primary", func() bool {
		for _, other := range c.members {
			if !other.lost && other.is("primary") {
				return true
			}
		}
		return false
	})
}

// Rejoin starts the members that were lost and returns when they follow the primary.
func (c *PatroniCluster) Rejoin(t testing.TB) {
	t.Helper()
	for _, m := range c.members {
		if m.lost {
			m.Restart(t)
			m.lost = false
			c.await(t, m.name+" as standby", func() bool { return m.is("replica") })
		}
	}
}

// kill ends a Patroni and its PostgreSQL at once.
func (m *member) kill(t testing.TB) {
	t.Helper()
	postmaster := m.pid(t)
	for _, p := range append(append(children(m.shell), children(postmaster)...), postmaster) {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
}

// primary is the member that takes writes.
func (c *PatroniCluster) primary(t testing.TB) *member {
	t.Helper()
	var found *member
	c.await(t, "a primary", func() bool {
		for _, m := range c.members {
			if !m.lost && m.is("primary") {
				found = m
			}
		}
		return found != nil
	})
	return found
}

// standby is a synchronous standby, nil if there is none now.
func (c *PatroniCluster) standby() *member {
	for _, m := range c.members {
		if !m.lost && m.is("synchronous") {
			return m
		}
	}
	return nil
}

// is asks the member's Patroni for its part.
func (m *member) is(part string) bool {
	w, err := patroniClient().Get(m.api + "/" + part)
	if err != nil {
		return false
	}
	_ = w.Body.Close()
	return w.StatusCode == http.StatusOK
}

func patroniClient() *http.Client { return &http.Client{Timeout: 20 * time.Second} }

func (c *PatroniCluster) await(t testing.TB, what string, reached func() bool) {
	t.Helper()
	for tries := 0; !reached(); tries++ {
		if tries == 600 {
			t.Fatalf("no %s within a minute", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// etcd is what the members of a Patroni cluster elect their primary with.
func etcd() kind {
	return kind{
		name: "etcd", program: "etcd", bin: serverBin, stop: "TERM",
		prepare: func(dir string, _ int) []string { return []string{"mkdir", data(dir)} },
		serve: func(dir string, port int, _ bool) []string {
			peers, err := freePort()
			if err != nil {
				peers = port + 1
			}
			client, peer := fmt.Sprintf("http://127.0.0.1:%d", port), fmt.Sprintf("http://127.0.0.1:%d", peers)
			return []string{
				"etcd", "--data-dir=" + filepath.Join(data(dir), "etcd"), "--listen-client-urls=" + client, "--advertise-client-urls=" + client,
				"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer,
			}
		},
		admin: func(int) string { return "" },
	}
}

// patroni runs a PostgreSQL as a member of a cluster. It makes the data directory itself.
func patroni(name string, api, etcd int) kind {
	k := postgres()
	k.program, k.bin, k.stop = "patroni", serverBin, "TERM"
	k.prepare = func(dir string, port int) []string {
		programs, err := postgresBin("postgres")
		if err != nil {
			programs, _ = exec.LookPath("postgres")
		}
		settings := fmt.Sprintf(`scope: symbolon
name: %[1]s
restapi: {listen: "127.0.0.1:%[2]d", connect_address: "127.0.0.1:%[2]d"}
etcd3: {hosts: "127.0.0.1:%[3]d"}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    postgresql: {use_pg_rewind: true, parameters: {max_connections: 300, wal_log_hints: "on", dynamic_shared_memory_type: mmap, shared_buffers: 32MB}}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, {auth-host: trust}, {auth-local: trust}]
postgresql:
  listen: "127.0.0.1:%[4]d"
  connect_address: "127.0.0.1:%[4]d"
  data_dir: %[5]s
  bin_dir: %[6]s
  pgpass: %[7]s/pgpass
  authentication: {superuser: {username: postgres}, replication: {username: postgres}}
  pg_hba: [local all postgres trust, host all postgres 127.0.0.1/32 trust, host replication postgres 127.0.0.1/32 trust]
  parameters: {unix_socket_directories: %[7]s}
`, name, api, etcd, port, data(dir), filepath.Dir(programs), dir)
		return []string{"sh", "-c", `printf %s "$1" >"$2/patroni.yml"`, "sh", settings, dir}
	}
	k.serve = func(dir string, _ int, _ bool) []string {
		return []string{"patroni", filepath.Join(dir, "patroni.yml")}
	}
	return k
}
