package passpolicy

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // the API is keyed by SHA-1; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// The bounds of look-ups.
const (
	lookupTimeout = time.Second
	maxAnswer     = 256 << 10 // a padded range has about 40 kB
	maxKept       = 10_000    // answers in memory
	keptFor       = 24 * time.Hour
	failuresToCut = 3 // in a row, before the service is left alone
	cutFor        = 30 * time.Second
)

// errCut says that the service failed a moment ago and is not asked now.
var errCut = errors.New("the breach service is not asked after repeated failures")

// breaches looks passwords up in known breaches.
type breaches struct {
	url    string
	client *http.Client
	now    func() time.Time
	kept   *otter.Cache[string, answer]

	mu       sync.Mutex
	failures int
	cutUntil time.Time
}

// answer is the count of one password and until when it is believed.
type answer struct {
	count int
	until time.Time
}

func newBreaches(url string, client *http.Client, now func() time.Time) *breaches {
	return &breaches{
		url: strings.TrimSuffix(url, "/"), client: client, now: now,
		kept: otter.Must(&otter.Options[string, answer]{MaximumSize: maxKept}),
	}
}

// count returns in how many breaches a password was found.
func (b *breaches) count(ctx context.Context, password string) (int, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	if kept, ok := b.kept.GetIfPresent(hash); ok && b.now().Before(kept.until) {
		return kept.count, nil
	}
	if b.cut() {
		return 0, errCut
	}
	n, err := b.ask(ctx, hash)
	b.note(err)
	if err != nil {
		return 0, err
	}
	b.kept.Set(hash, answer{count: n, until: b.now().Add(keptFor)})
	return n, nil
}

// cut reports whether the service is left alone. Once the pause is over, one
// request tries it; the others wait for its outcome.
func (b *breaches) cut() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < failuresToCut {
		return false
	}
	if b.now().Before(b.cutUntil) {
		return true
	}
	b.cutUntil = b.now().Add(cutFor)
	return false
}

func (b *breaches) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
		return
	}
	b.failures++
	b.cutUntil = b.now().Add(cutFor)
}

// ask sends the first five characters of the hash and searches the answer for
// the rest.
func (b *breaches) ask(ctx context.Context, hash string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/range/"+hash[:5], nil)
	if err != nil {
		return 0, fmt.Errorf("ask breach service: %w", err)
	}
	// Padding hides from the network how many suffixes the answer has.
	r.Header.Set("Add-Padding", "true")
	response, err := b.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("ask breach service: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("breach service answered %d", response.StatusCode)
	}
	return find(response.Body, hash[5:])
}

// find reads lines of the form SUFFIX:COUNT. Padding lines count 0.
func find(body io.Reader, suffix string) (int, error) {
	lines := bufio.NewScanner(io.LimitReader(body, maxAnswer))
	for lines.Scan() {
		name, count, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if !ok || !strings.EqualFold(name, suffix) {
			continue
		}
		n, err := strconv.Atoi(count)
		if err != nil {
			return 0, fmt.Errorf("breach service answered a count that is no number: %w", err)
		}
		return n, nil
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read answer of breach service: %w", err)
	}
	return 0, nil
}
