package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysTimeout = 10 * time.Second
	keysAge     = 5 * time.Minute  // after which keys are fetched again
	keysPause   = 10 * time.Second // between two requests for keys that are not known, and after one that failed
	maxDocument = 1 << 20
)

// keys are the public keys of the server. One request for them runs at a time, shared by
// all callers, and does not end with the caller that caused it.
type keys struct {
	mu     sync.Mutex
	known  []jose.JSONWebKey
	asked  time.Time     // when the last request ended; zero before
	err    error         // of the last request
	flight chan struct{} // closed when the request in progress ends; nil without one
}

// key returns the key that signed a token. The wait for a request ends with ctx.
func (v *Verifier) key(ctx context.Context, h jose.Header) (any, error) {
	k := &v.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	found, age := k.find(h), v.config.Now().Sub(k.asked)
	if found != nil && k.err == nil && age < keysAge {
		return found, nil
	}
	if k.flight == nil && (k.asked.IsZero() || age >= keysPause || age < 0) {
		k.flight = make(chan struct{})
		go v.fetchKeys(context.WithoutCancel(ctx), k.flight)
	}
	if found != nil && k.err != nil {
		return found, nil // the keys from before are good until they are replaced
	}
	if flight := k.flight; flight != nil {
		if err := wait(ctx, &k.mu, flight); err != nil {
			return nil, fmt.Errorf("fetch keys: %w", err)
		}
		found = k.find(h)
	}
	switch {
	case found != nil:
		return found, nil
	case k.err != nil:
		return nil, fmt.Errorf("fetch keys: %w", k.err)
	}
	return nil, fmt.Errorf("%w: its key is not known", ErrInvalid)
}

// wait unlocks mu until a request has ended or ctx has.
func wait(ctx context.Context, mu *sync.Mutex, flight <-chan struct{}) error {
	mu.Unlock()
	defer mu.Lock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keys) find(h jose.Header) any {
	for _, key := range k.known {
		if key.KeyID == h.KeyID && key.Algorithm == h.Algorithm {
			return key.Key
		}
	}
	return nil
}

// fetchKeys makes a request for the keys and lets those go on who wait for it.
func (v *Verifier) fetchKeys(ctx context.Context, flight chan<- struct{}) {
	defer close(flight)
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	fetched, err := v.requestKeys(ctx)
	k := &v.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flight, k.asked, k.err = nil, v.config.Now(), err
	if err == nil {
		k.known = fetched
	}
}

func (v *Verifier) requestKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	answer, err := v.get(ctx, v.config.KeysURL, "application/jwk-set+json", "")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, maxDocument)).Decode(&set); err != nil {
		return nil, err
	}
	var public []jose.JSONWebKey
	for _, key := range set.Keys {
		if key.IsPublic() && key.Valid() {
			public = append(public, key)
		}
	}
	return public, nil
}
