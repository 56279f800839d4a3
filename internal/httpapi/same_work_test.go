package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// written counts the rows of each table.
func (f *foreignSite) written(t testing.TB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for line := range strings.SplitSeq(strings.TrimSpace(f.rows(t, `SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE 'sqlite_%'`)), "\n") {
		table := strings.TrimSpace(strings.TrimPrefix(line, "name="))
		var n int
		if err := f.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM "`+table+`"`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

// Who asks for a link or a code learns nothing by how long it takes: an address that
// no account has is answered after the same writes as one that an account has (D5). An
// older secret of the account ends by a statement that runs for both, and finds a row
// for one of them alone.
func TestSameWork(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t)
	for _, request := range []struct{ kind, method, field, query string }{
		{"recovery", "code", "email", ""}, {"verification", "link", "email", ""}, {"login", "code", "identifier", ""},
	} {
		work := map[string]string{}
		for who, address := range map[string]string{"known": "jane@shop.test", "unknown": "unknown@shop.test"} {
			for range 2 { // what the first request prepares is there at the second
				b := f.browser()
				id, token := b.start(t, request.kind, "")
				before := f.written(t)
				r := b.do(t, http.MethodPost, "/self-service/"+request.kind+"/methods/"+request.method+"?flow="+id, form("csrf_token", token, request.field, address))
				if r.Code != http.StatusFound || strings.Contains(r.Header().Get("Location"), "/error") {
					t.Fatalf("%s of %s: %d %s", request.kind, who, r.Code, r.Header().Get("Location"))
				}
				after := f.written(t)
				for table, n := range after {
					after[table] = n - before[table]
				}
				work[who] = fmt.Sprint(after, f.rows(t, `SELECT version, state, active, resume_hash IS NULL, length(form) > 0 FROM flows WHERE id = ?`, id))
			}
		}
		if work["known"] != work["unknown"] {
			t.Errorf("%s by %s:\nknown   %s\nunknown %s", request.kind, request.method, work["known"], work["unknown"])
		}
	}
}
