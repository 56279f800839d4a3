package nodes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/symbolon/symbolon/test/databases"
)

// factorNodes are nodes over one PostgreSQL with apps as second factor.
func factorNodes(t *testing.T, count int, settings ...string) []*node {
	t.Helper()
	dsn := databases.DSN(t, databases.Postgres)
	nodes := make([]*node, count)
	for i := range nodes {
		nodes[i] = newNode(t, dsn)
		nodes[i].env = append(append(nodes[i].env, "SELFSERVICE_METHODS_TOTP_ENABLED=true"), settings...)
		nodes[i].start()
	}
	for _, n := range nodes {
		n.await()
	}
	return nodes
}

// begun is a flow as a node shows it.
type begun struct {
	ID      string
	Methods map[string]struct {
		Config struct {
			Fields []struct{ Name, Value string }
		}
	}
}

func (n *node) begin(t *testing.T, path, token string) begun {
	t.Helper()
	var f begun
	got, err := n.ask(http.MethodGet, n.public+"/self-service/"+path, nil, token)
	if err == nil && got.status == http.StatusOK {
		// Values of fields are texts, numbers and flags; those of no text stay empty.
		_ = json.Unmarshal(got.body, &f)
	}
	if f.ID == "" {
		t.Fatalf("%s: %v, %d %s", path, err, got.status, got.body)
	}
	return f
}

func (n *node) post(kind string, f begun, method string, fields map[string]any, token string) (reply, error) {
	return n.ask(http.MethodPost, n.public+"/self-service/"+kind+"/methods/"+method+"?flow="+f.ID, fields, token)
}

// enrolApp makes an account with an authenticator app and returns its seed.
func (n *node) enrolApp(t *testing.T, email string) (seed string) {
	t.Helper()
	token, err := n.register(email, password)
	if err != nil {
		t.Fatal(err)
	}
	f := n.begin(t, "settings/api", token)
	for _, field := range f.Methods["totp"].Config.Fields {
		if field.Name == "totp_secret_key" {
			seed = field.Value
		}
	}
	code, err := totp.GenerateCode(seed, time.Now())
	if err != nil {
		t.Fatalf("seed %q: %v", seed, err)
	}
	if got, err := n.post("settings", f, "totp", map[string]any{"totp_code": code}, token); err != nil || got.status != http.StatusOK {
		t.Fatalf("enrol: %v, %d %s", err, got.status, got.body)
	}
	return seed
}

// asked is a session that is asked for its second factor, at a node.
type asked struct {
	node  *node
	flow  begun
	token string
}

// ask signs in as many times, at the nodes in turn.
func ask(t *testing.T, nodes []*node, email string, times int) []asked {
	t.Helper()
	all := make([]asked, times)
	for i := range all {
		n := nodes[i%len(nodes)]
		token, err := n.logIn(email, password)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = asked{n, n.begin(t, "login/api?aal=aal2", token), token}
	}
	return all
}

// statuses counts the answers to codes that are sent at the same time.
func statuses(t *testing.T, asked []asked, times, parallel int, code func(i int) string) map[int]int {
	t.Helper()
	var mu sync.Mutex
	counts := map[int]int{}
	var next atomic.Int32
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < times; i = int(next.Add(1)) - 1 {
				a := asked[i%len(asked)]
				got, err := a.node.post("login", a.flow, "totp", map[string]any{"totp_code": code(i)}, a.token)
				if err != nil {
					t.Errorf("code %d: %v", i, err)
				}
				mu.Lock()
				counts[got.status]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return counts
}

func TestOneCodeCountsOnceOnAllNodes(t *testing.T) {
	t.Parallel()
	nodes := factorNodes(t, 2)
	seed := nodes[0].enrolApp(t, "jane@example.org")
	const posts = 16
	sessions := ask(t, nodes, "jane@example.org", posts)
	// The code that enrolled the app is used up: the next one counts already.
	code, err := totp.GenerateCode(seed, time.Now().Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	counts := statuses(t, sessions, posts, posts, func(int) string { return code })
	if counts[http.StatusOK] != 1 || counts[http.StatusOK]+counts[http.StatusBadRequest] != posts {
		t.Errorf("the answers to one code, sent %d times at once, are %v; want one success", posts, counts)
	}
}

func TestGuessesAtOneFactorAreBoundedOnAllNodes(t *testing.T) {
	t.Parallel()
	nodes := factorNodes(t, 2, "SECURITY_LIMITS_ENABLED=true")
	nodes[0].enrolApp(t, "jane@example.org")
	sessions := ask(t, nodes, "jane@example.org", 4)
	const guesses, limit = 1000, 10
	counts := statuses(t, sessions, guesses, 32, func(i int) string { return fmt.Sprintf("%06d", i) })
	judged := guesses - counts[http.StatusTooManyRequests]
	// Each node may judge as many until it has heard of the guesses on the other.
	if judged == 0 || judged > limit*len(nodes) || judged != counts[http.StatusBadRequest]+counts[http.StatusOK] {
		t.Errorf("of %d guesses %d were judged (%v), want %d at most", guesses, judged, counts, limit*len(nodes))
	}
}
