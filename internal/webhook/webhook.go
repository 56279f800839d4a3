package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/outgoing"
	"github.com/symbolon/symbolon/internal/program"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// Config of a Hook.
type Config struct {
	Name    string // for logs; holds no secret
	URL     string
	Method  string
	Headers map[string]string
	Auth    outgoing.Auth
	// Body returns a Jsonnet function of one parameter, ctx; nil for a request without a body.
	Body func(context.Context) (*program.Program, error)
	// Ignore: the flow does not wait. Parse: the answer may refuse the step or change the
	// identity. Not both.
	Ignore, Parse bool
	// Marked: the request carries the ids of the call and of its attempt.
	Marked bool
	// Headers of the client's request that the program is given.
	Shown []string
	// Hidden reports whether a cookie of the client's request, by its name, is kept from the
	// program, because it opens an account here; nil for none.
	Hidden func(name string) bool
}

// MaxTime is how long a call may take with all its attempts.
const MaxTime = 30 * time.Second

// The other bounds of a call.
const (
	attempts   = 3
	maxAnswer  = 5 << 20
	maxWaiting = 256     // calls of a hook that flows wait for, at a time
	maxAside   = 64      // calls of a hook that no flow waits for, at a time
	maxAsides  = 256     // and of all hooks together
	maxShown   = 8 << 10 // bytes of cookies, and of headers, that the program is given
)

// Asides are the calls that no flow waits for, of all hooks of a process.
type Asides struct{ slots chan struct{} }

// NewAsides returns them; none is in progress.
func NewAsides() *Asides { return &Asides{slots: make(chan struct{}, maxAsides)} }

// Close waits until all calls have ended, or the context has; none begins afterwards.
func (a *Asides) Close(ctx context.Context) {
	for range cap(a.slots) {
		select {
		case a.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// Shapes writes what programs are shown, as JSON.
type Shapes interface {
	Context(flow.HookCall) (map[string]any, error)
}

// Hook calls one program. It is safe for concurrent use.
type Hook struct {
	config Config
	client *http.Client
	shapes Shapes
	log    *slog.Logger
	// waiting and aside are the calls in progress that a flow waits for or does not.
	waiting, aside chan struct{}
	asides         *Asides
	// wait waits between attempts.
	wait func(context.Context, time.Duration) error
}

var _ flow.Hook = (*Hook)(nil)

// New returns a hook that has called nothing yet.
func New(c Config, client *http.Client, shapes Shapes, asides *Asides, log *slog.Logger) *Hook {
	own := *client
	own.Timeout = 0 // a call has its own, over all attempts
	// Another address would get the body and the keys.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Hook{
		config: c, client: &own, shapes: shapes, asides: asides, log: log, wait: wait,
		waiting: make(chan struct{}, maxWaiting), aside: make(chan struct{}, maxAside),
	}
}

// Parses implements flow.Hook.
func (h *Hook) Parses() bool { return h.config.Parse }

// Call implements flow.Hook.
func (h *Hook) Call(ctx context.Context, c flow.HookCall) (*flow.IdentityChange, error) {
	body, err := h.body(ctx, c, nil)
	if errors.Is(err, errCancelled) {
		return nil, nil
	}
	if err != nil && h.config.Ignore {
		h.log.ErrorContext(ctx, "the body of a web hook could not be made, which no flow waits for", slog.String("hook", h.config.Name), slog.Any("error", err))
		return nil, nil
	}
	if err != nil {
		return nil, failed("web hook: the body could not be made", err)
	}
	if h.config.Ignore {
		h.callAside(ctx, body)
		return nil, nil
	}
	status, answer, err := h.ask(ctx, body)
	if err != nil {
		return nil, err
	}
	return h.read(status, answer)
}

// ask calls the program while the flow waits, if not too many flows do.
func (h *Hook) ask(ctx context.Context, body string) (status int, answer []byte, err error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return 0, nil, &errs.Error{Code: errs.Unavailable, ID: "web_hook_busy", RetryAfter: time.Second, Reason: "The service is busy right now. Please try again in a moment."}
	}
	return h.exchange(ctx, body)
}

// callAside calls the program while the flow goes on.
func (h *Hook) callAside(ctx context.Context, body string) {
	leave, ok := h.enter()
	if !ok {
		h.log.WarnContext(ctx, "too many calls of web hooks are in progress; one was left out", slog.String("hook", h.config.Name))
		return
	}
	go func() {
		defer leave()
		ctx := context.WithoutCancel(ctx)
		status, answer, err := h.exchange(ctx, body)
		if err == nil {
			_, err = h.read(status, answer)
		}
		if err != nil {
			h.log.WarnContext(ctx, "a web hook failed, which no flow waited for", slog.String("hook", h.config.Name), slog.Any("error", err))
		}
	}()
}

// enter takes a place among the calls that no flow waits for, if there is one.
func (h *Hook) enter() (leave func(), ok bool) {
	select {
	case h.aside <- struct{}{}:
	default:
		return nil, false
	}
	select {
	case h.asides.slots <- struct{}{}:
		return func() { <-h.asides.slots; <-h.aside }, true
	default:
		<-h.aside
		return nil, false
	}
}

// exchange sends the request until there is an answer below 500, for MaxTime at most.
func (h *Hook) exchange(ctx context.Context, body string) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	call := secret.NewID()
	for attempt := 1; ; attempt++ {
		status, answer, err := h.send(ctx, body, call)
		if err == nil && status < http.StatusInternalServerError {
			return status, answer, nil
		}
		if err == nil {
			err = fmt.Errorf("webhook failed with status code %d", status)
		}
		if attempt == attempts || lasting(err) || h.wait(ctx, time.Duration(attempt)*time.Second) != nil {
			return 0, nil, upstream(fmt.Sprintf("%s giving up after %d attempt(s)", h.config.Method, attempt), err)
		}
	}
}

// lasting reports whether another attempt would fail alike.
func lasting(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, netguard.ErrForbidden) || errors.Is(err, netguard.ErrTooLarge)
}

func (h *Hook) send(ctx context.Context, body, call string) (status int, answer []byte, err error) {
	var sent io.Reader // nil for a request without a body
	if body != "" {
		sent = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, h.config.Method, h.config.URL, sent)
	if err != nil {
		return 0, nil, errors.New("the URL of the hook is none")
	}
	if sent != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range h.config.Headers {
		request.Header.Set(name, value)
	}
	if h.config.Marked {
		request.Header.Set("Ory-Webhook-Request-Id", secret.NewID())
		request.Header.Set("Ory-Webhook-Trigger-Id", call)
	}
	h.config.Auth.Apply(request)
	response, err := h.client.Do(request)
	if err != nil {
		return 0, nil, outgoing.Redact(err)
	}
	answer, err = netguard.Read(response, maxAnswer)
	return response.StatusCode, answer, err
}

// body makes the body of the request. more are members of ctx beside those of every hook.
func (h *Hook) body(ctx context.Context, c flow.HookCall, more map[string]any) (string, error) {
	if h.config.Body == nil {
		return "", nil
	}
	writer, err := h.config.Body(ctx)
	if err != nil {
		return "", err
	}
	shown, err := h.shown(ctx, c)
	if err != nil {
		return "", err
	}
	maps.Copy(shown, more)
	raw, err := traits.WriteJSON(shown) // ctx has a size limit
	if err != nil {
		return "", fmt.Errorf("write ctx: %w", err)
	}
	made, err := writer.Call(ctx, "ctx", string(raw))
	if err != nil {
		if raised, ok := errors.AsType[*program.Error](err); ok && raised.Message == "cancel" {
			return "", errCancelled
		}
		return "", err
	}
	if outgoing.WantsForm(h.config.Headers) {
		if made, err = outgoing.Form(made); err != nil {
			return "", fmt.Errorf("the body %w", err)
		}
	}
	return made, nil
}

// errCancelled says that the program wants no request.
var errCancelled = errors.New("the program cancels the call")

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// upstream is the failure of the other program.
func upstream(what string, cause error) error {
	return &errs.Error{
		Code: errs.Upstream, ID: "web_hook_failed", Message: what,
		Reason: "A third-party upstream service responded improperly. Please try again later.", Err: cause,
	}
}

// failed is a failure on this side, which the operator must mend.
func failed(what string, cause error) error {
	return &errs.Error{Code: errs.Internal, ID: "web_hook_broken", Err: fmt.Errorf("%s: %w", what, cause)}
}
