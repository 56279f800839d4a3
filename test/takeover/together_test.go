package takeover

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/symbolon/symbolon/test/databases"
)

// TestTogether takes one file over twice and another with the same addresses, all at once: each address has one account in
// the end, and each run says of every account what became of it.
func TestTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	const people = 300 // more than a transaction stores
	var table, directory strings.Builder
	table.WriteString("id,email\n")
	for n := range people {
		fmt.Fprintf(&table, "%d,p%d@example.org\n", n, n)
		fmt.Fprintf(&directory, "dn: uid=%d\nobjectClass: person\nuid: %d\nmail: P%d@example.org\n\n", n, n, people-1-n)
	}
	for _, server := range databases.Servers() {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			d := &deployment{dir: t.TempDir(), env: os.Environ()}
			d.config = filepath.Join(d.dir, "config.json")
			config, err := json.Marshal(map[string]any{
				"dsn": databases.DSN(t, server), "secrets": map[string]any{"default": []string{"a-secret-of-this-test-0123456789"}},
				"identity": map[string]any{"default_schema_url": "base64://" + base64.StdEncoding.EncodeToString([]byte(othersSchema))},
			})
			if err != nil {
				t.Fatal(err)
			}
			d.write(t, "config.json", config)
			d.write(t, "people.csv", []byte(table.String()))
			d.write(t, "people.ldif", []byte(directory.String()))
			if out, err := d.command(t.Context(), t, "migrate", "sql", "-c", d.config, "--yes").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			runs := [][]string{{"from-csv", "people.csv"}, {"from-csv", "people.csv"}, {"from-ldif", "people.ldif"}}
			said := make([]bytes.Buffer, len(runs))
			var running sync.WaitGroup
			for i, run := range runs {
				c := d.command(t.Context(), t, "migrate", run[0], "-c", d.config, run[1], "--report", fmt.Sprint("report", i))
				c.Stdout, c.Stderr = &said[i], &said[i]
				running.Go(func() { _ = c.Run() }) // what it says tells more than how it ends
			}
			running.Wait()
			var taken int
			counts := make([][]int, len(runs))
			for i := range runs {
				counts[i] = numbers(t, said[i].String())
				taken += counts[i][1]
			}
			if taken != people {
				t.Errorf("%d accounts for %d addresses", taken, people)
			}
			// What one run of the table took or refused, the other found or refused, too.
			if ldif := counts[2][1]; counts[0][3] != ldif || counts[1][3] != ldif || counts[2][3] != people-ldif || counts[0][2]+counts[1][2] != people-ldif {
				t.Errorf("counts are %v:\n%s\n%s\n%s", counts, &said[0], &said[1], &said[2])
			}
		})
	}
}

// numbers are how many accounts a run says that it read, took, found and refused.
func numbers(t *testing.T, said string) (all []int) {
	t.Helper()
	found := regexp.MustCompile(`(\d+) accounts read: (\d+) taken, (\d+) were here already, (\d+) refused`).FindStringSubmatch(said)
	if found == nil {
		t.Fatalf("no counts in %s", said)
	}
	for _, text := range found[1:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}
