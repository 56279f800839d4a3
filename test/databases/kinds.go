package databases

import (
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver called pgx
)

// kind is what differs between servers.
type kind struct {
	name    string
	program string // that must be there
	needs   string // a file that must be there too; empty for none
	bin     func(program string) (string, error)
	prepare func(dir string, port int) []string // the command that makes the data directory
	serve   func(dir string, port int, durable bool) []string
	pidFile func(dir string) string
	admin   func(port int) string               // DSN as this program wants it
	open    func(dsn string) (*sql.DB, error)   // nil if it has no databases
	named   func(admin, database string) string // the DSN of another database of the server
	force   string                              // ends DROP DATABASE
	stop    string                              // the signal that stops it without delay
	behind  string                              // the server that it stands before, if it has no databases itself
	options string                              // added to the DSN of such a database
}

func postgres() kind {
	return kind{
		name: Postgres, program: "postgres", bin: postgresBin,
		prepare: func(dir string, _ int) []string {
			// A locale that sorts and compares as people do is what storage must not depend on.
			return []string{
				"initdb", "--pgdata=" + data(dir), "--username=postgres", "--auth=trust", "--encoding=UTF8",
				"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync",
			}
		},
		serve: func(dir string, port int, durable bool) []string {
			command := []string{
				"postgres", "-D", data(dir), "-k", dir, "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1",
				"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "dynamic_shared_memory_type=mmap",
			}
			if !durable {
				command = append(command, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
			}
			return command
		},
		pidFile: func(dir string) string { return filepath.Join(data(dir), "postmaster.pid") },
		admin: func(port int) string {
			return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
		},
		open:  func(dsn string) (*sql.DB, error) { return sql.Open("pgx", dsn) },
		named: rename,
		force: " WITH (FORCE)",
		stop:  "QUIT",
	}
}

// postgresBin finds a program of PostgreSQL, which Debian keeps out of the path.
func postgresBin(program string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if err != nil || len(found) == 0 {
		return exec.LookPath(program)
	}
	return slices.Max(found), nil
}

func mariadb() kind {
	return kind{
		name: MariaDB, program: "mariadbd", bin: serverBin,
		prepare: func(dir string, _ int) []string {
			return []string{
				"mariadb-install-db", "--no-defaults", "--datadir=" + data(dir), "--skip-test-db",
				"--auth-root-authentication-method=normal",
			}
		},
		serve: func(dir string, port int, durable bool) []string {
			command := []string{
				"mariadbd", "--no-defaults", "--datadir=" + data(dir), "--socket=" + dir + "/socket", "--pid-file=" + dir + "/pid",
				"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port), "--max-connections=300",
				"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
			}
			if !durable {
				command = append(command, "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite", "--skip-innodb-use-native-aio")
			}
			return command
		},
		pidFile: func(dir string) string { return filepath.Join(dir, "pid") },
		admin:   func(port int) string { return fmt.Sprintf("mysql://root@tcp(127.0.0.1:%d)/mysql", port) },
		open: func(dsn string) (*sql.DB, error) {
			c, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql://"))
			if err != nil {
				return nil, err
			}
			c.Logger = &mysql.NopLogger{}
			connector, err := mysql.NewConnector(c)
			if err != nil {
				return nil, err
			}
			return sql.OpenDB(connector), nil
		},
		named: rename,
		stop:  "KILL",
	}
}

// pgbouncer stands before the PostgreSQL at a port, and has few connections
// to it, so that hardly any transaction meets the connection of the one before.
func pgbouncer(behind int) kind {
	k := postgres()
	k.name, k.program, k.bin = PgBouncer, "pgbouncer", serverBin
	k.behind, k.options = Postgres, "&pooler=transaction"
	k.prepare = func(dir string, port int) []string {
		settings := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=postgres\n"+
			"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npidfile = %s\n"+
			"pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 1000\n", behind, port, k.pidFile(dir))
		return []string{"sh", "-c", `mkdir "$1" && printf %s "$2" >"$1/ini"`, "sh", data(dir), settings}
	}
	k.serve = func(dir string, _ int, _ bool) []string {
		return []string{"pgbouncer", filepath.Join(data(dir), "ini")}
	}
	k.stop = "TERM"
	return k
}

// serverBin finds a program that is in the path of administrators.
func serverBin(program string) (string, error) {
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(program)
}

func data(dir string) string { return filepath.Join(dir, "data") }

// rename puts another name after the last slash of a DSN.
func rename(dsn, database string) string {
	address, options, _ := strings.Cut(dsn, "?")
	if options != "" {
		options = "?" + options
	}
	return address[:strings.LastIndex(address, "/")+1] + database + options
}
