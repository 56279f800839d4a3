package traits

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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
	if err := r.Load(t.Context()); err != nil {
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
	if err := r.Load(t.Context()); err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("load tells of %v", err)
	}
	if err := r.Load(t.Context()); !isType[*UnreadableError](err) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("load hides the causes: %v", err)
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

func TestReferencesToOtherDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	parts := writeFile(t, dir+"/parts.json", `{"definitions":{"m":{"type":"string","format":"email"}}}`)
	root := func(ref string) string {
		return `{"properties":{"traits":{"properties":{"m":{"$ref":"` + ref + `"}}}}}`
	}
	for name, test := range map[string]struct {
		source, root, want string
		other              bool // whether other servers may be asked
	}{
		"file to a file beside it":       {"file://" + dir + "/a.json", root("parts.json#/definitions/m"), "traits.m", false},
		"file to a file by URL":          {"file://" + dir + "/b.json", root(parts + "#/definitions/m"), "traits.m", false},
		"file to a missing file":         {"file://" + dir + "/c.json", root("none.json"), "no such file", false},
		"file to a server":               {"file://" + dir + "/d.json", root("https://other.example/parts"), "not enabled", false},
		"file to a server, allowed":      {"file://" + dir + "/e.json", root("https://other.example/parts#/definitions/m"), "traits.m", true},
		"server to itself":               {"https://a.example/s", root("parts#/definitions/m"), "traits.m", false},
		"server to another port":         {"https://a.example/s2", root("https://a.example:8443/parts#/definitions/m"), "not enabled", false},
		"server to plain http":           {"https://a.example/s3", root("http://a.example/parts"), "not enabled", false},
		"server to a file":               {"https://a.example/s4", root(parts), "is not allowed", true},
		"server to embedded":             {"https://a.example/s5", root(DefaultURL), "is not allowed", true},
		"to a strange scheme":            {"https://a.example/s6", root("gopher://a.example/"), "the scheme", true},
		"relative in base64":             {"base64://" + base64.StdEncoding.EncodeToString([]byte(root("parts.json"))), "", "the scheme", true},
		"by the id of the document":      {"https://a.example/s7", `{"$id":"https://ids.example/x","definitions":{"m":{"type":"string"}},` + root("https://ids.example/x#/definitions/m")[1:], "traits.m", false},
		"relative to the id":             {"https://a.example/s8", `{"$id":"https://ids.example/x",` + root("parts")[1:], "not enabled", false},
		"to a metaschema":                {"https://a.example/s9", root("http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger"), "traits.m", false},
		"to a metaschema that is none":   {"https://a.example/s10", root("http://json-schema.org/none"), "not available", true},
		"to a place that is not there":   {"https://a.example/s11", root("#/definitions/none"), "not found", false},
		"in plain values they are text":  {"https://a.example/s12", `{"properties":{"traits":{"properties":{"m":{"type":"object","const":{"$ref":"https://x.example/"}}}}}}`, "traits.m", false},
		"under names like plain values":  {"https://a.example/s13", `{"properties":{"traits":{"properties":{"const":{"$ref":"parts#/definitions/m"}}}}}`, "traits.const", false},
		"a document that refers to more": {"https://a.example/chain0", chainLink(0), "more than 16 documents", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registry(t, func(o *Options) {
				if test.other {
					fetch := o.Fetch
					o.FetchReference = func(ctx context.Context, _, location string) ([]byte, error) { return fetch(ctx, location) }
				}
			}, "default", test.source)
			for _, server := range []string{"https://a.example", "https://other.example", "https://a.example:8443"} {
				r.web.put(server+"/parts", `{"definitions":{"m":{"type":"string","format":"email"}}}`)
			}
			for i := range 30 {
				r.web.put(fmt.Sprintf("https://a.example/chain%d", i), chainLink(i))
			}
			if path, ok := strings.CutPrefix(test.source, "file://"); ok {
				writeFile(t, path, test.root)
			} else if test.root != "" {
				r.web.put(test.source, test.root)
			}
			if got := r.fieldsOf(t, "default"); !strings.Contains(got, test.want) || strings.HasPrefix(test.want, "traits") && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func chainLink(i int) string {
	return fmt.Sprintf(`{"properties":{"traits":{"$ref":"chain%d"}}}`, i+1)
}

func TestAChangeInAReferencedFileIsSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir+"/part.json", `{"properties":{"one":{"type":"string"}}}`)
	r := registry(t, nil, "default", writeFile(t, dir+"/root.json", `{"properties":{"traits":{"$ref":"part.json"}}}`))
	r.expect(t, "default", "traits.one")
	writeFile(t, dir+"/part.json", `{"properties":{"three":{"type":"string"}}}`)
	r.expect(t, "default", "traits.three")
}
