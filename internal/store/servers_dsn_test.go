//go:build unix

package store_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/test/databases"
)

func TestDSNOfServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ server, options, err string }{
		"every option of version 0.5 on PostgreSQL": {databases.Postgres, "max_conns=20&max_idle_conns=4&max_conn_lifetime=1h&sslmode=prefer", ""},
		"options of PostgreSQL":                     {databases.Postgres, "connect_timeout=3&application_name=a&target_session_attrs=read-write&search_path=public", ""},
		"TLS where the server has none":             {databases.Postgres, "sslmode=require", "TLS"},
		"no such mode of TLS":                       {databases.Postgres, "sslmode=perhaps", "sslmode"},
		"a misspelt option of PostgreSQL":           {databases.Postgres, "max_con=3", `"max_con"`},
		"an unknown sort of pooler":                 {databases.Postgres, "pooler=statement", `"pooler"`},
		"every option of version 0.5 on MySQL":      {databases.MariaDB, "max_conns=20&max_idle_conns=4&max_conn_lifetime=1h&parseTime=true&charset=latin1", ""},
		"options of MySQL":                          {databases.MariaDB, "timeout=3s&readTimeout=10s&tls=preferred", ""},
		"a misspelt option of MySQL":                {databases.MariaDB, "max_con=3", `"max_con"`},
		"MySQL without TLS":                         {databases.MariaDB, "tls=true", "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := databases.DSN(t, test.server)
			if strings.Contains(test.options, "sslmode") {
				dsn = strings.TrimSuffix(dsn, "?sslmode=disable")
			}
			db, err := store.Open(t.Context(), store.Config{DSN: with(dsn, test.options), Now: time.Now})
			if err == nil {
				defer db.Close()
				_, err = db.Migrate(t.Context())
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error is %v, want one with %q", err, test.err)
			}
		})
	}
}

func TestWhatIsWrongWithADSNIsSaidWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{
		"a port that is none":          "postgres://user:seekrit@127.0.0.1:port/db",
		"a password that is no URL":    "postgres://user:see%krit@127.0.0.1/db",
		"no server at the port":        "postgres://user:seekrit@127.0.0.1:1/db?sslmode=disable",
		"no host":                      "postgres://",
		"MySQL, no server at the port": "mysql://user:seekrit@tcp(127.0.0.1:1)/db",
		"MySQL without a protocol":     "mysql://user:seekrit@127.0.0.1:3306/db",
		"MySQL without a database":     "mysql://user:seekrit@tcp(127.0.0.1:1)/",
		"MySQL with an unknown TLS":    "mysql://user:seekrit@tcp(127.0.0.1:1)/db?tls=none",
		"options that are not encoded": "postgres://user:seekrit@127.0.0.1/db?a=%seekrit",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: time.Now})
			if err == nil {
				t.Fatal("it opens", db.Close())
			}
			if strings.Contains(err.Error(), "seekrit") || strings.Contains(err.Error(), "see%krit") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// The first host does not answer, the second takes no writes, the third is meant.
func TestOfSeveralHostsTheOneThatTakesWritesIsUsed(t *testing.T) {
	t.Parallel()
	standby := databases.Start(t, databases.Postgres)
	primary := databases.DSN(t, databases.Postgres)
	u, err := url.Parse(primary)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	standby.Do(t, "CREATE DATABASE "+name)
	standby.Do(t, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	second, err := url.Parse(standby.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	hosts := fmt.Sprintf("postgres://postgres@127.0.0.1:1,%s,%s/%s?sslmode=disable", second.Host, u.Host, name)
	wantWorks(t, open(t, store.Config{DSN: hosts}))
	wantWorks(t, open(t, store.Config{DSN: hosts + "&target_session_attrs=read-write"}))
	lax := unmigrated(t, hosts+"&target_session_attrs=any")
	if _, err := lax.Migrate(t.Context()); err == nil {
		t.Error("a standby was migrated")
	}
}

func TestPostgresOverTLSIsWhoItShouldBe(t *testing.T) {
	t.Parallel()
	server := databases.Start(t, databases.Postgres)
	trusted := server.UseTLS(t)
	plain := server.DSN(t)
	dsn := strings.Replace(plain, "sslmode=disable", "sslmode=verify-full", 1)
	// The server takes its new settings over in its own time.
	for deadline := time.Now().Add(10 * time.Second); ; {
		db, err := store.Open(t.Context(), store.Config{DSN: strings.Replace(plain, "disable", "require", 1), Now: time.Now})
		if err == nil {
			_ = db.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	wantWorks(t, open(t, store.Config{DSN: dsn + "&sslrootcert=" + url.QueryEscape(trusted)}))
	if db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: time.Now}); err == nil {
		t.Error("a certificate that is not trusted is accepted", db.Close())
	}
	elsewhere := strings.Replace(dsn, "127.0.0.1", "localhost", 1) + "&sslrootcert=" + url.QueryEscape(trusted)
	if db, err := store.Open(t.Context(), store.Config{DSN: elsewhere, Now: time.Now}); err == nil {
		t.Error("the certificate of another name is accepted", db.Close())
	}
}
