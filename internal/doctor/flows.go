package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The tolerances of the clock and of the life of a flow.
const (
	drift      = 5 * time.Second // above the time the request took: worth a word
	skew       = time.Minute     // sign-in providers and flows stop working about there
	shortest   = time.Minute     // no person signs in faster
	hardlyLong = 5 * time.Minute
)

// flow is what the API says of a login flow.
type flow struct {
	ID         string    `json:"id"`
	IssuedAt   time.Time `json:"issued_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	RequestURL string    `json:"request_url"`
	Methods    map[string]struct {
		Config struct {
			Action string `json:"action"`
			Fields []struct {
				Name  string `json:"name"`
				Value any    `json:"value"`
			} `json:"fields"`
			Messages []struct {
				ID   int    `json:"id"`
				Text string `json:"text"`
			} `json:"messages"`
		} `json:"config"`
	} `json:"methods"`

	sent, received time.Time
	date           string // the header
}

func readFlow(a *answer) (*flow, error) {
	f := &flow{sent: a.sent, received: a.received, date: a.header.Get("Date")}
	if err := json.Unmarshal(a.body, f); err != nil {
		return nil, err
	}
	if f.ID == "" || f.RequestURL == "" {
		return nil, fmt.Errorf("no flow in %q", excerpt(a.body))
	}
	return f, nil
}

// action is where the password form goes, nil if there is none.
func (f *flow) action() *url.URL {
	u, err := url.Parse(f.Methods["password"].Config.Action)
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// field is the value of a hidden field of the password form.
func (f *flow) field(name string) string {
	for _, field := range f.Methods["password"].Config.Fields {
		if field.Name == name {
			text, _ := field.Value.(string)
			return text
		}
	}
	return ""
}

// said is what the password form says is wrong.
func (f *flow) said() string {
	var all []string
	for _, m := range f.Methods["password"].Config.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, " ")
}

// appFlow starts a flow as an app does, twice: what it says of the server's
// address and clock is compared later.
func (w *walk) appFlow(ctx context.Context) verdict {
	for _, into := range []**flow{&w.api, &w.again} {
		a, err := w.app.get(ctx, w.at("self-service/login/api"), "Accept", likesJSON)
		if err != nil {
			return w.failed(err)
		}
		if a.status != http.StatusOK {
			return found(w.unexpected(a), "%s", a)
		}
		if *into, err = readFlow(a); err != nil {
			return found("body_changed", "%s with a body that is no flow: %v", a, err)
		}
	}
	return fine("apps can start to sign in")
}

// loginStart begins a login in two browsers.
func (w *walk) loginStart(ctx context.Context) verdict {
	start := w.at("self-service/login/browser")
	first, err := w.jane.get(ctx, start, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	to := first.redirect()
	if to == nil {
		return found(w.unexpected(first), "%s", first)
	}
	if to.Query().Get("flow") == "" {
		if to.Query().Get("error") != "" {
			return found("start_refused", "%s", first)
		}
		return found("redirect_rule", "%s", first)
	}
	w.landed, w.flowPage, w.flowID = first, to, to.Query().Get("flow")
	second, err := w.joe.get(ctx, start, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	if to := second.redirect(); to != nil {
		w.othersPage = to
	}
	return fine("browsers are led to %s", origin(w.flowPage)+w.flowPage.Path)
}

// caching makes sure that two visitors are two to the server.
func (w *walk) caching(context.Context) verdict {
	if w.api.ID == w.again.ID {
		return found("answers_cached", "two requests to %s were answered with the same flow", w.at("self-service/login/api"))
	}
	if w.othersPage != nil && w.othersPage.Query().Get("flow") == w.flowID {
		return found("answers_cached", "two browsers were led to the same flow")
	}
	return fine("two visitors get two flows")
}

// clock compares the server's clock, and the proxy's, with the one here.
func (w *walk) clock(context.Context) verdict {
	off := apart(w.api.IssuedAt, w.api.sent, w.api.received)
	if off > skew {
		return found("clock_skew", "the flow was made at %s, when it was %s here", stamp(w.api.IssuedAt), stamp(w.api.sent))
	}
	if date, err := http.ParseTime(w.api.date); err == nil {
		if apart(date, w.api.sent, w.api.received) > skew {
			return found("clock_skew_proxy", "the answer is dated %s, when it was %s here", stamp(date), stamp(w.api.sent))
		}
	}
	if off > drift {
		return found("clock_drift", "the flow was made at %s, when it was %s here", stamp(w.api.IssuedAt), stamp(w.api.sent))
	}
	return fine("agrees with the clock here")
}

// apart is how far a moment lies outside the time from a to b.
func apart(moment, a, b time.Time) time.Duration {
	return max(a.Sub(moment), moment.Sub(b), 0)
}

func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

// lifetime makes sure that there is time to fill in a form.
func (w *walk) lifetime(context.Context) verdict {
	life := w.api.ExpiresAt.Sub(w.api.IssuedAt)
	switch {
	case life < shortest:
		return found("lifetime_short", "a login is over %s after it began", life)
	case life < hardlyLong:
		return found("lifetime_tight", "a login is over %s after it began", life)
	}
	return fine("a login may take %s", round(life))
}

// round leaves out the units that are zero.
func round(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return strings.Replace(text, "h0m", "h", 1)
}

// query makes sure that what stands behind the question mark arrives: a place to
// return to that is not allowed has to be refused.
func (w *walk) query(ctx context.Context) verdict {
	to := w.at("self-service/login/browser")
	to.RawQuery = url.Values{"return_to": {"https://doctor.invalid/"}}.Encode()
	a, err := w.app.get(ctx, to, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	led := a.redirect()
	switch {
	case led == nil:
		return found(w.unexpected(a), "%s", a)
	case led.Query().Get("flow") != "":
		return found("query_stripped", "%s although the query asks for what is not allowed", a)
	}
	return fine("arrives")
}

// fetchFlow reads the flow of the browser as scripts do.
func (w *walk) fetchFlow(ctx context.Context) verdict {
	to := w.at("self-service/login/flows")
	to.RawQuery = url.Values{"id": {w.flowID}}.Encode()
	a, err := w.jane.get(ctx, to, "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	switch {
	case a.status == http.StatusNotFound && a.envelope(), a.status == http.StatusGone:
		return found("flow_lost", "%s for a flow that was made a moment ago", a)
	case a.status != http.StatusOK:
		return found(w.unexpected(a), "%s", a)
	}
	f, err := readFlow(a)
	if err != nil {
		return found("body_changed", "%s with a body that is no flow: %v", a, err)
	}
	if f.ID != w.flowID {
		return found("answers_cached", "asked for one flow, %s gave another", to.Path)
	}
	w.token, w.action = f.field("csrf_token"), f.action()
	if w.action != nil && w.token == "" {
		return found("body_changed", "%s without the hidden field csrf_token", a)
	}
	return fine("can be read by its id")
}
