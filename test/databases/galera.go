package databases

import (
	"fmt"
	"strings"
	"testing"
)

// Galera starts a MariaDB Galera cluster for one test: as many nodes as given, which all
// take writes. It stops them when the test ends.
func Galera(t testing.TB, nodes int) []*Server {
	t.Helper()
	ports := make([]int, nodes) // of the replication between nodes
	var addresses []string
	for i := range ports {
		var err error
		if ports[i], err = freePort(); err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, fmt.Sprintf("127.0.0.1:%d", ports[i]))
	}
	var all []*Server
	for i := range nodes {
		k, err := galera(ports[i], "gcomm://"+strings.Join(addresses, ","), i == 0)
		if err != nil {
			t.Fatal(err)
		}
		s, err := launch(k, false)
		if err != nil {
			missing(t, "galera", err)
		}
		s.endWith(t)
		all = append(all, s)
	}
	return all
}

// galera is one node of a cluster. Of the first one the cluster is made.
func galera(port int, cluster string, first bool) (kind, error) {
	k := mariadb()
	k.name, k.needs = "galera", "/usr/lib/galera/libgalera_smm.so"
	incremental, errI := freePort()
	state, errS := freePort()
	serve := k.serve
	k.serve = func(dir string, sql int, durable bool) []string {
		command := append(serve(dir, sql, durable),
			"--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON", "--wsrep-provider="+k.needs,
			"--wsrep-cluster-name=symbolon", "--wsrep-cluster-address="+cluster,
			fmt.Sprintf("--wsrep-node-address=127.0.0.1:%d", port), fmt.Sprintf("--wsrep-node-incoming-address=127.0.0.1:%d", sql),
			fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;ist.recv_addr=127.0.0.1:%d;gcache.size=32M", port, incremental),
			"--wsrep-sst-method=rsync", fmt.Sprintf("--wsrep-sst-receive-address=127.0.0.1:%d", state),
			// A node reads what another one has acknowledged (docs/databases.md).
			"--wsrep-sync-wait=1",
		)
		if first {
			command = append(command, "--wsrep-new-cluster")
			first = false // after a crash it joins the others
		}
		return command
	}
	if errI != nil {
		return k, errI
	}
	return k, errS
}

// At returns the DSN of the same database at this node of a cluster.
func (s *Server) At(dsn string) string {
	return s.kind.named(s.admin, dsn[strings.LastIndex(dsn, "/")+1:])
}
