package traits

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	oneField = `{"properties":{"traits":{"properties":{"one":{"type":"string"}}}}}`
	twoField = `{"properties":{"traits":{"properties":{"two":{"type":"string"}}}}}`
)

// web stands in for remote servers.
type web struct {
	mu    sync.Mutex
	pages map[string]string
	asked []string
}

func (w *web) fetch(ctx context.Context, location string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, location)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page, ok := w.pages[location]
	if !ok {
		return nil, errors.New("404 Not Found")
	}
	return []byte(page), nil
}

func (w *web) put(location, page string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[location] = page
}

func (w *web) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.asked)
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type registryRig struct {
	*Registry
	web   *web
	clock *clock
	stale []string
}

// registry makes a registry of alternating ids and URLs.
func registry(t *testing.T, change func(*Options), sources ...string) *registryRig {
	t.Helper()
	rig := &registryRig{web: &web{pages: map[string]string{}}, clock: &clock{now: time.Unix(1e9, 0)}}
	o := Options{Fetch: rig.web.fetch, Now: rig.clock.Now, TTL: time.Minute}
	o.OnStale = func(id string, err error) { rig.stale = append(rig.stale, id+": "+err.Error()) }
	for i := 0; i < len(sources); i += 2 {
		o.Sources = append(o.Sources, Source{sources[i], sources[i+1]})
	}
	if change != nil {
		change(&o)
	}
	r, err := NewRegistry(o)
	if err != nil {
		t.Fatal(err)
	}
	rig.Registry = r
	return rig
}

// fieldsOf names the fields of a schema, or the error.
func (r *registryRig) fieldsOf(t *testing.T, id string) string {
	t.Helper()
	s, err := r.Schema(t.Context(), id)
	if err != nil {
		return "error: " + err.Error()
	}
	var names []string
	for _, f := range s.Fields() {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func (r *registryRig) expect(t *testing.T, id, want string) {
	t.Helper()
	if got := r.fieldsOf(t, id); got != want {
		t.Fatalf("fields of %s: got %q, want %q", id, got, want)
	}
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

func TestSchemasComeFromEverySource(t *testing.T) {
	t.Parallel()
	file := writeFile(t, filepath.Join(t.TempDir(), "a schema%.json"), oneField)
	fancy := []byte(`{"properties":{"traits":{"properties":{"ÿþ?>":{"type":"string"}}}}}`)
	r := registry(t, nil,
		"default", DefaultURL, "file", file, "relative", "file://testdata/customer.schema.json", "http", "https://schemas.example.org/a?x=1#frag",
		"std", "base64://"+base64.StdEncoding.EncodeToString(fancy), "url", "base64://"+base64.URLEncoding.EncodeToString(fancy),
		"raw", "base64://"+base64.RawURLEncoding.EncodeToString(fancy))
	r.web.put("https://schemas.example.org/a?x=1", twoField)
	for id, want := range map[string]string{
		"default": "traits.email traits.name.first traits.name.last", "file": "traits.one", "relative": "traits.username traits.company",
		"http": "traits.two", "std": "traits.ÿþ?>", "url": "traits.ÿþ?>", "raw": "traits.ÿþ?>",
	} {
		r.expect(t, id, want)
	}
	if diff := cmp.Diff([]string{"default", "file", "relative", "http", "std", "url", "raw"}, r.IDs()); diff != "" {
		t.Error(diff)
	}
	raw, err := r.Raw(t.Context(), "file")
	if err != nil || string(raw) != oneField {
		t.Errorf("raw: %s, %v", raw, err)
	}
	if later, err := r.Load(t.Context()); later != nil || err != nil {
		t.Errorf("load all: %v", err)
	}
}

func TestWrongSourcesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sources []Source
		want    string
	}{
		"no id":           {[]Source{{"", DefaultURL}}, "no id"},
		"the same id":     {[]Source{{"a", DefaultURL}, {"a", DefaultURL}}, `two identity schemas have the id "a"`},
		"another scheme":  {[]Source{{"a", "ftp://x/y"}}, `the scheme "ftp"`},
		"no scheme":       {[]Source{{"a", "/etc/schema.json"}}, "not a URL"},
		"bad base64":      {[]Source{{"a", "base64://a%"}}, "not valid base64"},
		"too much base64": {[]Source{{"a", "base64://" + strings.Repeat("A", 2<<20)}}, "larger than"},
		"no host":         {[]Source{{"a", "https:///x"}}, "not a valid http URL"},
		"no path":         {[]Source{{"a", "file://"}}, "not a valid file URL"},
		"zero byte":       {[]Source{{"a", "file:///a%00b"}}, "not a valid file URL"},
		"other embedded":  {[]Source{{"a", "embedded://other"}}, `the scheme "embedded"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewRegistry(Options{Sources: test.sources, Now: (&clock{}).Now})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestProblemsHaveTypes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := registry(t, nil, "missing", "file://"+dir+"/none", "directory", "file://"+dir, "device", "file:///dev/zero",
		"remote", "https://a.example/x", "broken", writeFile(t, dir+"/broken.json", `{`), "pattern", writeFile(t, dir+"/pattern.json", `{"pattern":"(?=a)"}`))
	if _, err := r.Schema(t.Context(), "none"); err.Error() != "Unable to find JSON Schema ID: none" {
		t.Errorf("unknown id: %v", err)
	} else if _, ok := errors.AsType[*UnknownError](err); !ok {
		t.Errorf("unknown id: %T", err)
	}
	for _, id := range []string{"missing", "directory", "device", "remote"} {
		if _, err := r.Schema(t.Context(), id); !isType[*UnreadableError](err) {
			t.Errorf("schema %s: %T %v", id, err, err)
		}
		if _, err := r.Raw(t.Context(), id); !isType[*UnreadableError](err) {
			t.Errorf("raw %s: %T %v", id, err, err)
		}
	}
	for _, id := range []string{"broken", "pattern"} {
		if _, err := r.Schema(t.Context(), id); !isType[*SchemaError](err) {
			t.Errorf("schema %s: %T %v", id, err, err)
		}
		if _, err := r.Raw(t.Context(), id); err != nil {
			t.Errorf("raw %s: %v", id, err)
		}
	}
	later, err := r.Load(t.Context())
	if !isType[*SchemaError](err) || isType[*UnreadableError](err) {
		t.Errorf("load refuses %v", err)
	}
	if !isType[*UnreadableError](later) || isType[*SchemaError](later) || !errors.Is(later, fs.ErrNotExist) {
		t.Errorf("load puts off %v", later)
	}
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "schema.json")
	r := registry(t, nil, "default", writeFile(t, path, oneField))
	r.expect(t, "default", "traits.one")
	writeFile(t, path, twoField+" ")
	r.expect(t, "default", "traits.two")

	writeFile(t, path, `{"half`)
	r.expect(t, "default", "traits.two")
	if len(r.stale) != 1 || !strings.Contains(r.stale[0], "not usable JSON") {
		t.Errorf("told of %q", r.stale)
	}
	r.expect(t, "default", "traits.two")
	if len(r.stale) != 1 {
		t.Errorf("the same broken file was read twice: %q", r.stale)
	}
	writeFile(t, path, oneField+"  ")
	r.expect(t, "default", "traits.one")

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "default", "traits.one")
	writeFile(t, path, twoField+"   ")
	r.expect(t, "default", "traits.two")
}

func TestAFileThatAppearsLaterIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "schema.json")
	r := registry(t, nil, "default", "file://"+path)
	if got := r.fieldsOf(t, "default"); !strings.HasPrefix(got, "error") {
		t.Fatal(got)
	}
	writeFile(t, path, `{`)
	if got := r.fieldsOf(t, "default"); !strings.Contains(got, "not usable JSON") {
		t.Fatal(got)
	}
	writeFile(t, path, oneField)
	r.expect(t, "default", "traits.one")
}

func TestRemoteSchemasAreCachedAndOutliveTheirServer(t *testing.T) {
	t.Parallel()
	const location = "https://schemas.example.org/a"
	r := registry(t, nil, "default", location)
	r.web.put(location, oneField)
	for range 3 {
		r.expect(t, "default", "traits.one")
	}
	if n := r.web.count(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	r.web.put(location, twoField)
	r.clock.pass(59 * time.Second)
	r.expect(t, "default", "traits.one")
	r.clock.pass(time.Second)
	r.expect(t, "default", "traits.two")

	r.web.put(location, `nonsense`)
	r.clock.pass(time.Minute)
	r.expect(t, "default", "traits.two")
	r.expect(t, "default", "traits.two")
	if n := r.web.count(); n != 3 {
		t.Errorf("fetched %d times, want a pause after the failure", n)
	}
	r.clock.pass(retryAfter)
	r.web.put(location, oneField)
	r.expect(t, "default", "traits.one")
	if len(r.stale) != 1 {
		t.Errorf("told of %q", r.stale)
	}
}

func TestAServerThatFailsIsNotHammered(t *testing.T) {
	t.Parallel()
	const location = "https://user:secret@schemas.example.org/a"
	r := registry(t, nil, "default", location)
	for range 3 {
		if got := r.fieldsOf(t, "default"); !strings.Contains(got, "404") || strings.Contains(got, "secret") {
			t.Fatal(got)
		}
	}
	if n := r.web.count(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	r.web.put(location, oneField)
	r.clock.pass(retryAfter)
	r.expect(t, "default", "traits.one")
}

func TestARequestThatEndsDoesNotSpoilTheSchema(t *testing.T) {
	t.Parallel()
	const location = "https://schemas.example.org/a"
	r := registry(t, nil, "default", location)
	r.web.put(location, oneField)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Schema(ended, "default"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.expect(t, "default", "traits.one")
	r.clock.pass(time.Hour)
	if _, err := r.Schema(ended, "default"); err != nil {
		t.Errorf("stale schema: %v", err)
	}
	r.expect(t, "default", "traits.one")
	if len(r.stale) != 0 {
		t.Errorf("told of %q", r.stale)
	}
}

func TestOneRequestLoadsForAll(t *testing.T) {
	t.Parallel()
	const location = "https://schemas.example.org/a"
	entered, release := make(chan struct{}), make(chan struct{})
	calls := 0
	r := registry(t, func(o *Options) {
		o.Fetch = func(context.Context, string) ([]byte, error) {
			calls++
			close(entered)
			<-release
			return []byte(oneField), nil
		}
	}, "default", location)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := r.Schema(t.Context(), "default"); err != nil {
				t.Error(err)
			}
		})
	}
	<-entered
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Schema(waiting, "default"); !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting request that ends: %v", err)
	}
	close(release)
	group.Wait()
	if calls != 1 {
		t.Errorf("fetched %d times", calls)
	}
}
