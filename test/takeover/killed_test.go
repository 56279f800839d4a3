package takeover

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/test/databases"
)

// TestKilled ends the command in place with SIGKILL once it has said that a stage is over,
// and runs it again.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	for _, kind := range []string{databases.SQLite, databases.Postgres} {
		for _, stage := range []string{"of the original have the prefix", "The database is one of"} {
			t.Run(kind+" after "+stage, func(t *testing.T) {
				t.Parallel()
				name, dsn := "v0.5.5", copied(t, "v0.5.5")
				if kind == databases.Postgres {
					name, dsn = "v0.5.5.pg", databases.DSN(t, databases.Postgres)
					load(t, dsn, "v0.5.5.pg.sql")
				}
				d := newDeployment(t, name, dsn)
				killAfter(t, d, stage)
				said := d.take(t, "--in-place")
				if !strings.Contains(said, "14 accounts read") || !strings.Contains(said, " 0 refused.") {
					t.Errorf("the second run says %s", said)
				}
				if again := d.take(t, "--in-place"); !strings.Contains(again, "14 were here already") {
					t.Errorf("the third run says %s", again)
				}
			})
		}
	}
}

// killAfter runs the command in place and kills it when it has printed a line that holds the
// text.
func killAfter(t *testing.T, d *deployment, text string) {
	t.Helper()
	c := d.command(t.Context(), t, "migrate", "from-kratos", "-c", d.config, "--in-place")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), text) {
			if err := c.Process.Kill(); err != nil {
				t.Error(err)
			}
			break
		}
	}
	if err := c.Wait(); err == nil && !slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, text) }) {
		t.Fatal(fmt.Sprint("the command ended and did not say ", text, ": ", said))
	}
}
