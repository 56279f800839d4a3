package traits

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Limits on what one schema may pull in.
const (
	maxDocuments  = 16
	maxTotalBytes = 4 << 20
)

// bundle is a schema document with everything it refers to.
type bundle struct {
	root   origin
	raw    []byte // of the root
	docs   map[string]document
	stamps []stamp
	remote bool
	bytes  int
	// broken is why the documents are not a schema although they could be read.
	broken error
}

// collect reads the document of an origin and, step by step, those it refers to.
func (r *Registry) collect(ctx context.Context, root origin) (*bundle, error) {
	b := &bundle{root: root, docs: map[string]document{}}
	b.stampFile(root)
	raw, err := root.read(ctx, r.options.Fetch)
	if err != nil {
		return b, err
	}
	b.raw = raw
	known := map[string]bool{}
	next := b.add(root, raw, known)
	for ; len(next) > 0 && b.broken == nil; next = next[1:] {
		ref := next[0]
		if known[ref.to] {
			continue
		}
		if len(b.docs) == maxDocuments {
			b.broken = fmt.Errorf("reference to more than %d documents", maxDocuments)
			break
		}
		more, err := r.resolve(ctx, b, ref, known)
		if err != nil {
			return b, err
		}
		next = append(next, more...)
	}
	return b, nil
}

// operatorURL is the remote URL that the operator configured, empty if there is
// none.
func (b *bundle) operatorURL() string {
	if b.root.remote() {
		return b.root.url
	}
	return ""
}

// reference is a $ref from a document to another.
type reference struct {
	from origin
	to   string
}

func (b *bundle) stampFile(o origin) {
	if o.path != "" {
		b.stamps = append(b.stamps, stampOf(o.path))
	}
	b.remote = b.remote || o.remote()
}

// add parses a document and returns its references. known collects the URLs that
// need not be loaded any more.
func (b *bundle) add(o origin, raw []byte, known map[string]bool) []reference {
	known[o.url] = true
	if b.bytes += len(raw); b.bytes > maxTotalBytes {
		b.broken = fmt.Errorf("more than %d bytes with all it refers to", maxTotalBytes)
		return nil
	}
	doc, err := parseDocument(raw)
	if err != nil {
		b.broken = fmt.Errorf("read %s: %w", o.name(), err)
		return nil
	}
	b.docs[o.url] = doc
	s := scanner{ids: known}
	s.schema(doc.value, o.url)
	var refs []reference
	for _, target := range s.refs {
		if !known[target] && !metaschema(target) {
			refs = append(refs, reference{o, target})
		}
	}
	return refs
}

// resolve loads the target of a reference. What a document refers to is not the
// operator's choice, so a remote document never leads to a file, and a server
// that the operator did not name is asked through FetchReference alone, also by
// a document that came from it.
func (r *Registry) resolve(ctx context.Context, b *bundle, ref reference, known map[string]bool) ([]reference, error) {
	target, err := parseOrigin(ref.to)
	if err != nil {
		return nil, fmt.Errorf("reference in %s to %q %w", ref.from.name(), ref.to, err)
	}
	var raw []byte
	switch {
	case target.data != nil || target.path != "" && ref.from.remote():
		return nil, fmt.Errorf("reference in %s to %q is not allowed", ref.from.name(), ref.to)
	case target.path != "" || target.sameHost(b.root):
		b.stampFile(target)
		raw, err = target.read(ctx, r.options.Fetch)
	case r.options.FetchReference == nil:
		err = errors.New("references to other servers are not enabled")
	default:
		b.stampFile(target)
		raw, err = r.options.FetchReference(ctx, b.operatorURL(), target.url)
	}
	if err != nil {
		return nil, fmt.Errorf("follow reference in %s to %q: %w", ref.from.name(), ref.to, err)
	}
	known[ref.to] = true
	return b.add(target, raw, known), nil
}

// metaschema reports whether the library brings a document along.
func metaschema(location string) bool {
	return strings.HasPrefix(location, "http://json-schema.org/") || strings.HasPrefix(location, "https://json-schema.org/")
}

// scanner finds identifiers and references in a schema document.
type scanner struct {
	ids  map[string]bool
	refs []string
}

// named are the keywords whose members have names of the author's choice.
var named = map[string]bool{
	"properties": true, "patternProperties": true, "definitions": true,
	"$defs": true, "dependencies": true, "dependentSchemas": true,
}

// literals are the keywords that hold plain values.
var literals = map[string]bool{"const": true, "enum": true, "default": true, "examples": true}

func (s *scanner) schema(value any, base string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			s.schema(item, base)
		}
	case map[string]any:
		if id, ok := v["$id"].(string); ok {
			base = resolve(base, id)
			s.ids[base] = true
		}
		for keyword, member := range v {
			s.keyword(keyword, member, base)
		}
	}
}

func (s *scanner) keyword(keyword string, value any, base string) {
	members, isObject := value.(map[string]any)
	switch {
	case keyword == "$ref" || keyword == "$dynamicRef":
		if target, ok := value.(string); ok && !strings.HasPrefix(target, "#") {
			s.refs = append(s.refs, resolve(base, target))
		}
	case literals[keyword]:
	case named[keyword] && isObject:
		for _, member := range members {
			s.schema(member, base)
		}
	default:
		s.schema(value, base)
	}
}

// resolve resolves a reference against a base URL (RFC 3986) and drops the
// fragment.
func resolve(base, ref string) string {
	ref, _, _ = strings.Cut(ref, "#")
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	u, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return u.String()
}
