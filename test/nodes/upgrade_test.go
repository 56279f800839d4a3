package nodes

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/symbolon/symbolon/test/databases"
)

// firstWithNodes is the first release from which nodes are updated one by one.
const firstWithNodes = "0.2.0"

// releases returns the commits of the releases that this one takes over from, the latest
// last, out of releases.txt.
func releases(t *testing.T) (commits []string) {
	t.Helper()
	list, err := os.ReadFile("../../releases.txt")
	if err != nil {
		t.Fatal(err)
	}
	taken := false
	for line := range strings.Lines(string(list)) {
		version, commit, ok := strings.Cut(strings.TrimSpace(line), " ")
		taken = taken || version == firstWithNodes
		if ok && taken && version != "#" {
			commits = append(commits, commit)
		}
	}
	if len(commits) < 3 {
		t.Fatalf("releases.txt has %d releases", len(commits))
	}
	return commits
}

// release builds an earlier release by its commit. Without the history of the repository
// the test is skipped, and in CI it fails.
func release(t *testing.T, commit string) (program string) {
	t.Helper()
	dir := t.TempDir()
	archive, err := exec.CommandContext(t.Context(), "git", "-C", "../..", "archive", "--format=tar", "--output="+filepath.Join(dir, "tar"), commit).CombinedOutput()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("this copy of the repository has no commit %s, fetch its whole history: %s", commit, archive)
	}
	if err != nil {
		t.Skipf("this copy of the repository has no commit %s: %s", commit, archive)
	}
	run(t, dir, "tar", "-xf", "tar")
	program = filepath.Join(dir, "symbolon")
	run(t, dir, "go", "build", "-o", program, "./cmd/symbolon")
	return program
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// following builds the release after this one: the same with more migrations, which
// testdata/next has.
func following(t *testing.T) (program string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	added := map[string]string{}
	files, err := filepath.Glob("testdata/next/*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations, %v", err)
	}
	for _, file := range files {
		from, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		added[filepath.Join(root, "internal/store/migrations", strings.TrimPrefix(file, "testdata/next/"))] = from
	}
	overlay, err := json.Marshal(map[string]any{"Replace": added})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "symbolon")
	run(t, root, "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./cmd/symbolon")
	return program
}

func TestNodesAreUpdatedFromTheReleaseBeforeOneByOne(t *testing.T) {
	t.Parallel()
	all := releases(t)
	before := release(t, all[len(all)-1])
	today, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := newCluster(t, databases.DSN(t, name), 3, before)
			people := newPerson(t, nodes[0])
			underLoad(t, nodes, func() {
				for _, n := range nodes {
					n.become(today)
					n.await()
					people.wantKnown(t, n)
				}
			})
			nodes[1].become(before) // the update is taken back
			nodes[1].await()
			people.wantKnown(t, nodes[1])
		})
	}
}

// A file has one node, which is gone while it is updated.
func TestAFileOfAnEarlierReleaseIsTakenOver(t *testing.T) {
	t.Parallel()
	today, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, commit := range releases(t) {
		t.Run(commit[:7], func(t *testing.T) {
			t.Parallel()
			n := newCluster(t, databases.DSN(t, databases.SQLite), 1, release(t, commit))[0]
			jane := newPerson(t, n)
			browser := n.signIn(t, jane.email, password)
			before := n.program
			n.become(today)
			n.await()
			jane.wantKnown(t, n)
			jane.wantSignedIn(t, browser)
			n.become(before)
			n.await()
			jane.wantKnown(t, n)
			jane.wantSignedIn(t, browser)
		})
	}
}

// The next release adds columns and an index to the busiest tables, while another transaction
// has one of them for longer than a migration waits.
func TestAMigrationUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	next := following(t)
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := databases.DSN(t, name)
			nodes := newCluster(t, dsn, 3)
			today := nodes[0].program
			jane := newPerson(t, nodes[0])
			release := holdSessions(t, dsn)
			defer release()
			underLoad(t, nodes, func() {
				nodes[0].become(next)
				nodes[0].awaitLog("migration blocked by locks, retrying")
				release()
				for _, n := range nodes {
					n.await() // those of this release on the next one's schema too
					jane.wantKnown(t, n)
				}
			})
			for _, n := range nodes {
				n.become(today)
				n.await()
				jane.wantKnown(t, n)
			}
		})
	}
}

// holdSessions reads the table of sessions in a transaction that lasts until release is
// called.
func holdSessions(t *testing.T, dsn string) (release func()) {
	t.Helper()
	driver, source := "pgx", dsn
	if rest, ok := strings.CutPrefix(dsn, "mysql://"); ok {
		driver, source = "mysql", rest
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var count int
	if err := tx.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sessions`).Scan(&count); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}
}

// awaitLog returns when the node has logged a text.
func (n *node) awaitLog(text string) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if log, err := os.ReadFile(filepath.Join(n.dir, "log")); err == nil && strings.Contains(string(log), text) {
			return
		}
	}
	n.t.Fatalf("it did not log %q", text)
}

// person is an account that is signed in.
type person struct{ email, token string }

func newPerson(t *testing.T, n *node) person {
	t.Helper()
	p := person{email: "jane@example.org"}
	var err error
	if p.token, err = n.register(p.email, password); err != nil {
		t.Fatal(err)
	}
	return p
}

// wantKnown checks that a node knows the session and the password.
func (p person) wantKnown(t *testing.T, n *node) {
	t.Helper()
	if status := n.whoami(p.token); status != 200 {
		t.Errorf("the session's check answers %d", status)
	}
	if _, err := n.logIn(p.email, password); err != nil {
		t.Error(err)
	}
}

// wantSignedIn checks that a browser's cookie goes on, with the node of any release.
func (p person) wantSignedIn(t *testing.T, b *browser) {
	t.Helper()
	got := b.send(t, http.MethodGet, "/sessions/whoami", nil)
	if got.status != http.StatusOK || !strings.Contains(string(got.body), p.email) {
		t.Errorf("the browser's check answers %d %s", got.status, got.body)
	}
}
