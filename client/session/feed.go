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
	// maxTTL is the longest life of a token. An ended session is remembered for as long, and
	// Config.Leeway, after the feed told it: a token of it has expired then.
	maxTTL     = 24 * time.Hour
	sweepEvery = time.Hour
	maxLine    = 1 << 16
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

// end is when a session, or all of an identity, ended.
type end struct {
	at   time.Time // by the server's clock
	told time.Time // when the feed told it last, by this clock
}

// ended is what the feed has told. It names identities by their own ids.
type ended struct {
	keep       time.Duration // how long an end is remembered after it was told
	mu         sync.RWMutex
	sessions   map[string]end // by id
	identities map[string]end // by id: when all of its sessions ended
	last       time.Time      // when the feed was last heard of, by this clock
	since      time.Time      // how far back the history reaches, by the server's clock
	swept      time.Time
}

func newEnded(leeway time.Duration) *ended {
	return &ended{keep: maxTTL + leeway, sessions: map[string]end{}, identities: map[string]end{}}
}

func (e *ended) has(c *Claims) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if _, over := e.sessions[c.SessionID]; over {
		return true
	}
	all, over := e.identities[c.IdentityID]
	return over && !c.IssuedAt.After(all.at)
}

// unknown reports whether a token is older than what the feed told, so that its session may
// have ended before: the server says that tokens do not live for so long.
func (e *ended) unknown(c *Claims) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return c.IssuedAt.Before(e.since)
}

func (e *ended) heard() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.last
}

func (e *ended) add(one entry, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	over := end{at: one.At, told: now}
	switch {
	case one.All:
		if before := e.identities[one.IdentityID].at; before.After(over.at) {
			over.at = before // what is told once more may be older than what is known
		}
		e.identities[one.IdentityID] = over
	case one.SessionID != "":
		e.sessions[one.SessionID] = over
	}
}

// current notes that everything that ended until now is known, from since on if that is not
// zero, and forgets what no token can be of any more.
func (e *ended) current(now, since time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = now
	if !since.IsZero() {
		e.since = since
	}
	if now.Sub(e.swept) < sweepEvery {
		return
	}
	e.swept = now
	for _, all := range []map[string]end{e.sessions, e.identities} {
		for id, over := range all {
			if now.Sub(over.told) > e.keep {
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
		if err := v.stream(ctx, &position); gone(err) && position != "" {
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
		v.ended.add(one, v.config.Now())
	case "current":
		var as struct {
			Since time.Time `json:"since"`
		}
		if err := json.Unmarshal([]byte(data), &as); err != nil {
			return err
		}
		v.ended.current(v.config.Now(), as.Since)
	}
	return nil
}
