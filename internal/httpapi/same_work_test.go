package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
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

// request asks for a link or code by mail.
type request struct{ kind, method, field string }

func secrets() []request {
	return []request{{"recovery", "code", "email"}, {"verification", "link", "email"}, {"login", "code", "identifier"}}
}

// ask starts a flow in a new browser and asks for the secret, for an address.
func (q request) ask(t testing.TB, f *foreignSite, address string) (id string) {
	t.Helper()
	b := f.browser()
	id, token := b.start(t, q.kind, "")
	q.send(t, b, id, token, address)
	return id
}

func (q request) send(t testing.TB, b *client, id, token, address string) {
	t.Helper()
	r := b.do(t, http.MethodPost, "/self-service/"+q.kind+"/methods/"+q.method+"?flow="+id, form("csrf_token", token, q.field, address))
	if r.Code != http.StatusFound || strings.Contains(r.Header().Get("Location"), "/error") {
		t.Fatalf("%s of %s: %d %s", q.kind, address, r.Code, r.Header().Get("Location"))
	}
}

// Who asks for a link or a code learns nothing by how long it takes: an address that
// no account has is answered after the same writes as one that an account has (D5). An
// older secret of the account ends by a statement that runs for both, and finds a row
// for one of them alone.
func TestSameWork(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t)
	for _, request := range secrets() {
		work := map[string]string{}
		for who, address := range map[string]string{"known": "jane@shop.test", "unknown": "unknown@shop.test"} {
			for range 2 { // what the first request prepares is there at the second
				before := f.written(t)
				id := request.ask(t, f, address)
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

// hashes is how many password hashes were computed.
func (f *foreignSite) hashes(t testing.TB) string {
	t.Helper()
	for line := range strings.Lines(f.browser().admin(t, http.MethodGet, "/metrics/prometheus", "").Body.String()) {
		if count, ok := strings.CutPrefix(line, "symbolon_hashing_total "); ok {
			return strings.TrimSpace(count)
		}
	}
	t.Fatal("nothing counts the hashes")
	return ""
}

// masked are the values of a form that differ between any two flows.
var masked = regexp.MustCompile(`[a-z]+@shop\.test|\\"id\\":\\"[^\\]*|[0-9a-f]{8}-[0-9a-f-]{27}|"csrf_token"[^}]*|challenge\\":\\"[^\\]*|"(issued|expires)_at":"[^"]*"`)

// keyed makes an account with a passkey and a security key, which are its first factors.
func (f *foreignSite) keyed(t testing.TB, email string) {
	t.Helper()
	keys := `{"config":{"user_handle":"` + base64.StdEncoding.EncodeToString([]byte("of "+email)) + `","credentials":[{"id":"` +
		base64.StdEncoding.EncodeToString([]byte("0123456789 "+email)) + `","public_key":"pQECAyYgASFYIGQ5","display_name":"key","is_passwordless":true}]}}`
	made := f.browser().admin(t, http.MethodPost, "/identities", `{"schema_id":"default","traits":{"email":"`+email+`"},"credentials":{"passkey":`+keys+`,"webauthn":`+keys+`}}`)
	if made.Code != http.StatusCreated {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
}

// Each first step of a sign-in is the same work, and the same form, for accounts with any
// method and for none: rows that are written, hashes, and what is shown after.
func TestSameWork_begin(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t, "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first", "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_PASSWORDLESS=true")
	f.keyed(t, "keyed@shop.test")
	begin := map[string]string{
		"identifier_first": form("identifier", "WHO"), "code": form("identifier", "WHO"), "password": form("identifier", "WHO", "password", "a wrong one"),
		"passkey": form("identifier", "WHO", "passkey_login", "{}"), "webauthn": form("identifier", "WHO"),
	}
	for method, body := range begin {
		work := map[string]string{}
		for _, who := range []string{"jane@shop.test", "keyed@shop.test", "unknown@shop.test", "jane@shop.test"} {
			b := f.browser()
			id, token := b.start(t, "login", "")
			before, hashed := f.written(t), f.hashes(t)
			r := b.do(t, http.MethodPost, "/self-service/login/methods/"+method+"?flow="+id, strings.ReplaceAll(body, "WHO", url.QueryEscape(who))+"&"+form("csrf_token", token))
			if r.Code != http.StatusFound || strings.Contains(r.Header().Get("Location"), "/error") {
				t.Fatalf("%s of %s: %d %s", method, who, r.Code, r.Header())
			}
			after := f.written(t)
			for table, n := range after {
				after[table] = n - before[table]
			}
			shown := masked.ReplaceAllString(b.do(t, http.MethodGet, "/self-service/login/flows?id="+id, "").Body.String(), "X")
			work[who] = fmt.Sprint(after, shown)
			if hashes := hashed != f.hashes(t); hashes != (method == "password") {
				t.Errorf("%s of %s computes a hash: %t", method, who, hashes)
			}
		}
		for who, did := range work {
			if did != work["unknown@shop.test"] {
				t.Errorf("%s:\n%s %s\nunknown %s", method, who, did, work["unknown@shop.test"])
			}
		}
	}
}

// keyAsked finds the challenge and the key that a form asks for.
var keyAsked = regexp.MustCompile(`challenge\\":\\"([^\\]*)\\"[^}]*\\"id\\":\\"([^\\]*)`)

// wrongKey answers what a form asks of a key with all that a stranger can know, and a wrong signature.
func (c *client) wrongKey(t testing.TB, id, token string) {
	t.Helper()
	asked := keyAsked.FindStringSubmatch(c.do(t, http.MethodGet, "/self-service/login/flows?id="+id, "").Body.String())
	if asked == nil {
		t.Fatal("the form asks for no key")
	}
	said := base64.RawURLEncoding.EncodeToString([]byte(`{"type":"webauthn.get","challenge":"` + asked[1] + `","origin":"https://id.shop.test"}`))
	party := sha256.Sum256([]byte("shop.test"))
	data := base64.RawURLEncoding.EncodeToString(append(party[:], 1, 0, 0, 0, 9))
	answer := `{"id":"` + asked[2] + `","rawId":"` + asked[2] + `","type":"public-key","response":{"clientDataJSON":"` + said + `","authenticatorData":"` + data + `","signature":"MAA"}}`
	r := c.do(t, http.MethodPost, "/self-service/login/methods/webauthn?flow="+id, form("csrf_token", token, "webauthn_login", answer))
	if r.Code != http.StatusFound || strings.Contains(r.Header().Get("Location"), "/error") {
		t.Fatalf("the answer of a key: %d %s", r.Code, r.Header())
	}
}

// So is the step after: a wrong answer of a key, there or made up.
func TestSameWork_wrongKey(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t, "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_PASSWORDLESS=true")
	f.keyed(t, "keyed@shop.test")
	work := map[string]string{}
	for _, who := range []string{"jane@shop.test", "keyed@shop.test", "unknown@shop.test"} {
		b := f.browser()
		id, token := b.start(t, "login", "")
		request{"login", "webauthn", "identifier"}.send(t, b, id, token, who)
		before := f.written(t)
		b.wrongKey(t, id, token)
		after := f.written(t)
		for table, n := range after {
			after[table] = n - before[table]
		}
		shown := b.do(t, http.MethodGet, "/self-service/login/flows?id="+id, "").Body.String()
		if !strings.Contains(shown, `"id":4000045`) {
			t.Errorf("the form after a wrong answer of %s is %s", who, shown)
		}
		work[who] = fmt.Sprint(after, masked.ReplaceAllString(shown, "X"))
	}
	for who, did := range work {
		if did != work["unknown@shop.test"] {
			t.Errorf("%s %s\nunknown %s", who, did, work["unknown@shop.test"])
		}
	}
}

// BenchmarkSameTime is the same by the clock, which make soak looks at: known and unknown
// addresses, or accounts with a key, in turns, each known one asked once. The medians are within a twentieth.
func BenchmarkSameTime(b *testing.B) {
	steps := append(secrets(), request{"login", "identifier_first", "identifier"}, request{"login", "webauthn", "identifier"})
	for _, q := range steps {
		b.Run(q.kind+" by "+q.method, func(b *testing.B) {
			f := newForeignSite(b, "SECURITY_LIMITS_ENABLED=false", "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first", "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_PASSWORDLESS=true")
			for i := range b.N {
				if who := fmt.Sprintf("known%d@shop.test", i); q.method == "webauthn" {
					f.keyed(b, who)
				} else {
					f.browser().register(b, who)
				}
			}
			took := map[string][]time.Duration{}
			for i := range b.N {
				turn := []string{"known", "other"}
				if i%2 == 1 {
					slices.Reverse(turn)
				}
				for _, who := range turn {
					c := f.browser()
					id, token := c.start(b, q.kind, "")
					began := time.Now()
					q.send(b, c, id, token, fmt.Sprintf("%s%d@shop.test", who, i))
					took[who] = append(took[who], time.Since(began))
				}
			}
			median := func(of []time.Duration) float64 {
				slices.Sort(of)
				return float64(of[len(of)/2])
			}
			ratio := median(took["known"]) / median(took["other"])
			b.ReportMetric(ratio, "known/unknown")
			b.ReportMetric(median(took["other"])/1000, "unknown-us")
			if b.N >= 100 && (ratio < 0.95 || ratio > 1.05) {
				b.Errorf("a known address takes %.2f times as long as an unknown one", ratio)
			}
		})
	}
}
