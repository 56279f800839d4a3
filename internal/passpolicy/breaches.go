package passpolicy

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // the API is keyed by SHA-1; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

// The bounds of look-ups.
const (
	lookupTimeout = time.Second
	maxAnswer     = 256 << 10 // bytes; a padded range has about 40,000
	maxKept       = 10_000    // counts in memory
	keptFor       = 24 * time.Hour
)

// errPaused says that the service failed a moment ago and is not asked now.
var errPaused = errors.New("the breach service is not asked after repeated failures")

// breaches looks passwords up in known breaches.
type breaches struct {
	base          string // URL before /range
	client        *http.Client
	circuit       circuit
	onUnreachable func(error)

	// counts holds answers by a keyed hash: an unkeyed one of a password would be
	// something to steal.
	counts *otter.Cache[uint64, int]
	seed   maphash.Seed
}

func newBreaches(base string, client *http.Client, now func() time.Time, onUnreachable func(error)) *breaches {
	if onUnreachable == nil {
		onUnreachable = func(error) {}
	}
	return &breaches{
		base: strings.TrimSuffix(base, "/"), client: client,
		circuit: circuit{now: now}, onUnreachable: onUnreachable, seed: maphash.MakeSeed(),
		counts: otter.Must(&otter.Options[uint64, int]{
			MaximumSize:      maxKept,
			ExpiryCalculator: otter.ExpiryWriting[uint64, int](keptFor),
			Clock:            clock(now),
			// In the caller's goroutine, which is also who owns the clock.
			Executor: func(maintain func()) { maintain() },
		}),
	}
}

// clock makes the cache use the policy's time. It never ticks: expired counts are removed
// when other counts are looked up.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (clock) Tick(time.Duration) <-chan time.Time { return nil }

// count returns in how many breaches a password was found. Requests for the
// same password wait for the answer that is under way.
func (b *breaches) count(ctx context.Context, password string) (int, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	return b.counts.Get(ctx, maphash.String(b.seed, hash), otter.LoaderFunc[uint64, int](
		func(ctx context.Context, _ uint64) (int, error) {
			if !b.circuit.allows() {
				return 0, errPaused
			}
			// Others may wait for the answer, and it says something about the service;
			// so it does not end with the one who happened to ask first.
			n, err := b.ask(context.WithoutCancel(ctx), hash)
			if b.circuit.report(err) {
				b.onUnreachable(err)
			}
			return n, err
		}))
}

// ask sends the first five characters of the hash and searches the answer for
// the rest. Its errors name neither.
func (b *breaches) ask(ctx context.Context, hash string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/range/"+hash[:5], nil)
	if err != nil {
		return 0, errors.New("ask breach service: its URL is malformed")
	}
	r.Header.Set("User-Agent", "symbolon")
	// Padding hides from the network how many suffixes the answer has.
	r.Header.Set("Add-Padding", "true")
	response, err := b.client.Do(r)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL
	}
	if err != nil {
		return 0, fmt.Errorf("ask breach service: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("breach service answered %d", response.StatusCode)
	}
	return find(response.Body, hash[5:])
}

// find reads lines of the form SUFFIX:COUNT to the end. Padding counts 0.
func find(body io.Reader, suffix string) (count int, err error) {
	limited := &io.LimitedReader{R: body, N: maxAnswer}
	lines := bufio.NewScanner(limited)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		name, digits, _ := strings.Cut(line, ":")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 {
			// The page of a network that wants people to sign in, for instance.
			return 0, errors.New("breach service answered something else than SUFFIX:COUNT")
		}
		if strings.EqualFold(name, suffix) {
			count = n
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read answer of breach service: %w", err)
	}
	if limited.N == 0 {
		return 0, errors.New("breach service answered too much")
	}
	return count, nil
}
