package session

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	retryPause = 500 * time.Millisecond
	// keepEnded is how long an ended session is remembered. No token lives longer.
	keepEnded = 24 * time.Hour
	maxLine   = 1 << 16
	// silenceLimit is after how long without a byte a connection is given up.
	silenceLimit = 5 * time.Second
)

// entry is a session that ended, or all of an identity.
type entry struct {
	SessionID  string    `json:"session_id"`
	IdentityID string    `json:"identity_id"`
	All        bool      `json:"all"`
	At         time.Time `json:"ended_at"`
}

// ended is what the feed has told.
type ended struct {
	mu         sync.RWMutex
	sessions   map[string]time.Time // by id: when it ended
	identities map[string]time.Time // by id: when all of its sessions ended
	last       time.Time            // when the feed was last heard of, by this clock
	swept      time.Time
}

func newEnded() *ended {
	return &ended{sessions: map[string]time.Time{}, identities: map[string]time.Time{}}
}

func (e *ended) has(c *Claims) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if _, over := e.sessions[c.SessionID]; over {
		return true
	}
	at, over := e.identities[c.Subject]
	return over && !c.IssuedAt.After(at)
}

func (e *ended) heard() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.last
}

func (e *ended) add(one entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case one.All:
		e.identities[one.IdentityID] = one.At
	case one.SessionID != "":
		e.sessions[one.SessionID] = one.At
	}
}

// current notes that everything that ended until now is known, and forgets what no token
// can be of any more.
func (e *ended) current(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = now
	if now.Sub(e.swept) < keepEnded/24 {
		return
	}
	e.swept = now
	for _, all := range []map[string]time.Time{e.sessions, e.identities} {
		for id, at := range all {
			if now.Sub(at) > keepEnded {
				delete(all, id)
			}
		}
	}
}

// Follow follows the feed until ctx ends, and comes back after each interruption. Only one
// may run for a verifier.
func (v *Verifier) Follow(ctx context.Context) error {
	if v.config.FeedURL == "" {
		return errors.New("session: FeedURL must be set")
	}
	position := ""
	for ctx.Err() == nil {
		if err := v.stream(ctx, &position); gone(err) {
			position = "" // too old: the server tells all that matters once more
			continue
		}
		timer := time.NewTimer(retryPause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err()
}

func gone(err error) bool {
	status, ok := errors.AsType[*statusError](err)
	return ok && status.status == http.StatusGone
}

// stream reads one connection to its end.
func (v *Verifier) stream(ctx context.Context, position *string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(silenceLimit, cancel)
	defer watchdog.Stop()
	address := v.config.FeedURL
	if *position != "" {
		address += "?after=" + url.QueryEscape(*position)
	}
	answer, err := v.get(ctx, address, "text/event-stream", v.config.FeedToken)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var name, data, id string
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(make([]byte, 4096), maxLine)
	for lines.Scan() {
		watchdog.Reset(silenceLimit)
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "data":
			data = value
		case "id":
			id = value
		case "":
			if err := v.take(name, data); err != nil {
				return err
			}
			if id != "" {
				*position = id
			}
			name, data = "", ""
		}
	}
	return lines.Err()
}

// take takes one event of the stream.
func (v *Verifier) take(name, data string) error {
	switch name {
	case "ended":
		var one entry
		if err := json.Unmarshal([]byte(data), &one); err != nil {
			return err
		}
		v.ended.add(one)
	case "current":
		v.ended.current(v.config.Now())
	}
	return nil
}
