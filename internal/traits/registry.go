package traits

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Options configures a Registry.
type Options struct {
	// Sources are the schemas on offer, in the order in which IDs lists them.
	Sources []Source
	// Fetch gets a document from a URL that the operator configured, or another one
	// from the same scheme, host and port. It bounds time and size (a schema has at most 1 MiB). nil switches
	// remote schemas off.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// FetchReference gets a document that a schema refers to from a server that the
	// operator did not name. It must guard against requests into private networks.
	// source is the URL that the operator configured, empty if that is not a remote one.
	// nil forbids such references.
	FetchReference func(ctx context.Context, source, url string) ([]byte, error)
	// TTL is how long a remote document is used before it is fetched again; zero means
	// five minutes.
	TTL time.Duration
	Now func() time.Time
	// OnStale is told when a changed or expired schema can't be used and the one
	// before stays in use. nil ignores it.
	OnStale func(id string, err error)
}

// retryAfter is how long a source that failed is left alone.
const retryAfter = 10 * time.Second

// Registry hands out compiled schemas by id. It reads files again when they change
// and remote documents when they expire, and keeps the last good schema when that
// fails. It is safe for concurrent use; one caller loads while others get what is
// there.
type Registry struct {
	options Options
	ids     []string
	entries map[string]*entry
}

// UnknownError says that no schema has the id.
type UnknownError struct{ ID string }

// Error is the sentence of the v0.5 wire.
func (e *UnknownError) Error() string { return "Unable to find JSON Schema ID: " + e.ID }

// UnreadableError says that the document of a schema, or one it refers to, could
// not be read.
type UnreadableError struct {
	ID  string
	Err error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("read identity schema %q: %v", e.ID, e.Err)
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// SchemaError says that a document is not a usable identity schema.
type SchemaError struct {
	ID  string
	Err error
}

func (e *SchemaError) Error() string { return fmt.Sprintf("identity schema %q: %v", e.ID, e.Err) }

func (e *SchemaError) Unwrap() error { return e.Err }

// NewRegistry checks the sources but reads none; see Load.
func NewRegistry(o Options) (*Registry, error) {
	if o.TTL <= 0 {
		o.TTL = 5 * time.Minute
	}
	r := &Registry{options: o, entries: map[string]*entry{}}
	for _, source := range o.Sources {
		if source.ID == "" {
			return nil, errors.New("an identity schema has no id")
		}
		if r.entries[source.ID] != nil {
			return nil, fmt.Errorf("two identity schemas have the id %q", source.ID)
		}
		from, err := parseOrigin(source.URL)
		if err != nil {
			return nil, fmt.Errorf("URL of identity schema %q %w", source.ID, err)
		}
		r.ids = append(r.ids, source.ID)
		r.entries[source.ID] = &entry{id: source.ID, origin: from, gate: make(chan struct{}, 1)}
	}
	return r, nil
}

// IDs returns the ids of all schemas in the order of the sources.
func (r *Registry) IDs() []string { return slices.Clone(r.ids) }

// Load reads and compiles every schema. later joins an error for each that can't be
// read now and is read when it is needed. err joins one for each that can't be used as
// it is.
func (r *Registry) Load(ctx context.Context) (later, err error) {
	var absent, problems []error
	for _, id := range r.ids {
		_, err := r.Schema(ctx, id)
		if _, unread := errors.AsType[*UnreadableError](err); unread {
			absent = append(absent, err)
		} else {
			problems = append(problems, err)
		}
	}
	return errors.Join(absent...), errors.Join(problems...)
}

// Schema returns the compiled schema of that id. The error is an *UnknownError,
// *UnreadableError or *SchemaError, or that of the context.
func (r *Registry) Schema(ctx context.Context, id string) (*Schema, error) {
	v, err := r.version(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.broken != nil {
		return nil, &SchemaError{ID: id, Err: v.broken}
	}
	return v.schema, nil
}

// Raw returns the document of that id as it was read, also if it is not a usable
// schema. The caller must not change it. The error is an *UnknownError or
// *UnreadableError, or that of the context.
func (r *Registry) Raw(ctx context.Context, id string) ([]byte, error) {
	v, err := r.version(ctx, id)
	if err != nil {
		return nil, err
	}
	return v.raw, nil
}

// entry is a source and what was last read from it.
type entry struct {
	id      string
	origin  origin
	gate    chan struct{} // held by the one who loads
	current atomic.Pointer[version]
	failure atomic.Pointer[failure]
}

// version is a document as read at one time.
type version struct {
	raw     []byte
	schema  *Schema
	broken  error
	stamps  []stamp
	expires time.Time // zero for never
}

// failure keeps requests from hammering a server that does not answer.
type failure struct {
	err   error
	until time.Time
}

func (v *version) fresh(now time.Time) bool {
	if !v.expires.IsZero() && !now.Before(v.expires) {
		return false
	}
	return !slices.ContainsFunc(v.stamps, func(s stamp) bool { return !s.current() })
}

// version returns what there is to use now.
func (r *Registry) version(ctx context.Context, id string) (*version, error) {
	e := r.entries[id]
	if e == nil {
		return nil, &UnknownError{ID: id}
	}
	current := e.current.Load()
	if current != nil && current.fresh(r.options.Now()) {
		return current, nil
	}
	if current == nil {
		select {
		case e.gate <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	} else {
		select {
		case e.gate <- struct{}{}:
		default:
			return current, nil
		}
	}
	defer func() { <-e.gate }()
	return r.refresh(ctx, e)
}

// refresh loads a new version while the gate is held.
func (r *Registry) refresh(ctx context.Context, e *entry) (*version, error) {
	now := r.options.Now()
	current := e.current.Load()
	if current != nil && current.fresh(now) {
		return current, nil
	}
	if f := e.failure.Load(); current == nil && f != nil && now.Before(f.until) {
		return nil, f.err
	}
	next, err := r.load(ctx, e, now)
	switch {
	case err == nil && (next.broken == nil || current == nil || current.broken != nil):
		e.current.Store(next)
		return next, nil
	case err != nil && ctx.Err() != nil && current == nil:
		return nil, ctx.Err()
	case ctx.Err() != nil:
		return current, nil
	case current == nil:
		err = &UnreadableError{ID: e.id, Err: err}
		if e.origin.remote() {
			e.failure.Store(&failure{err: err, until: now.Add(retryAfter)})
		}
		return nil, err
	}
	if err == nil {
		err = next.broken
	}
	return r.keep(e, current, err), nil
}

// keep goes on with the version at hand for a while.
func (r *Registry) keep(e *entry, current *version, why error) *version {
	kept := *current
	kept.expires = r.options.Now().Add(retryAfter)
	kept.stamps = nil
	for _, s := range current.stamps {
		kept.stamps = append(kept.stamps, stampOf(s.path))
	}
	e.current.Store(&kept)
	if r.options.OnStale != nil {
		r.options.OnStale(e.id, why)
	}
	return &kept
}

// load reads and compiles. The error says that the document could not be read.
func (r *Registry) load(ctx context.Context, e *entry, now time.Time) (*version, error) {
	b, err := r.collect(ctx, e.origin)
	if err != nil {
		return nil, err
	}
	v := &version{raw: b.raw, stamps: b.stamps, broken: b.broken}
	if v.broken == nil {
		v.schema, v.broken = compile(e.origin.url, b.docs)
	}
	if b.remote {
		v.expires = now.Add(r.options.TTL)
		if v.broken != nil {
			v.expires = now.Add(retryAfter)
		}
	}
	return v, nil
}
