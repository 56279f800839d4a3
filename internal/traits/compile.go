package traits

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is a compiled identity schema. It never changes and is safe for
// concurrent use.
type Schema struct {
	compiled  *jsonschema.Schema
	judge     *jsonschema.Schema              // compiled under one allOf
	order     map[*jsonschema.Schema][]string // property names as written
	annotated map[*jsonschema.Schema]bool     // leads to an ory.sh/kratos keyword
	reserving map[*jsonschema.Schema]bool     // leads to a value that only administrators may set
	root      *property
	leaves    []*property
	fields    []Field
	known     map[string]*property // by path
	depth     int                  // how deep traits may be nested
}

// Compile compiles a schema document that refers to no other document. JSON
// Schema drafts 7 and 2020-12 are meant; a document without $schema is draft 7.
// Formats are asserted in both.
func Compile(raw []byte) (*Schema, error) {
	doc, err := parseDocument(raw)
	if err != nil {
		return nil, err
	}
	return compile(embeddedURL, map[string]document{embeddedURL: doc})
}

// compile compiles the document at the URL root; docs has every document that it
// refers to.
func compile(root string, docs map[string]document) (s *Schema, err error) {
	defer func() {
		// The library panics on some contradictory identifiers; a schema is input.
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("can not be compiled: %v", r)
		}
	}()
	compiler, err := newCompiler(docs)
	if err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(root)
	if err != nil {
		return nil, err
	}
	all := closure([]*jsonschema.Schema{compiled}, children)
	if len(all) > maxSchemas {
		return nil, fmt.Errorf("more than %d subschemas", maxSchemas)
	}
	depth := depthAllowed(compiled)
	if depth < minDepth {
		return nil, errors.New("too complex: too many subschemas apply to one value")
	}
	delayFormats(all)
	judge, err := validatorOf(compiler, compiled)
	if err != nil {
		return nil, err
	}
	s = &Schema{compiled: compiled, judge: judge, depth: depth, order: propertyOrder(all, docs)}
	identifyByKeys(all)
	s.annotated = leadingTo(all, func(s *jsonschema.Schema) bool { return extensionOf(s) != nil })
	s.reserving = leadingTo(all, reserves)
	if err := s.deriveFields(); err != nil {
		return nil, err
	}
	return s, nil
}

func newCompiler(docs map[string]document) (*jsonschema.Compiler, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	c.AssertVocabs()
	c.RegisterFormat(emailFormat)
	c.RegisterFormat(telFormat)
	c.RegisterVocabulary(vocabulary())
	c.UseLoader(noLoader{})
	for location, doc := range docs {
		if err := c.AddResource(location, doc.value); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// validatorOf puts a schema under an allOf. The library forgets where it found several
// errors if that was the outermost schema; here it never is.
func validatorOf(c *jsonschema.Compiler, compiled *jsonschema.Schema) (*jsonschema.Schema, error) {
	const location = "embedded://judge"
	if err := c.AddResource(location, map[string]any{"allOf": []any{true}}); err != nil {
		return nil, err
	}
	judge, err := c.Compile(location)
	if err != nil {
		return nil, err
	}
	judge.AllOf = []*jsonschema.Schema{compiled}
	return judge, nil
}

// noLoader refuses every document that was not loaded and checked before.
type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(string) (any, error) {
	return nil, errors.New("the document is not available")
}

// propertyOrder finds the written order of each schema's properties.
func propertyOrder(all []*jsonschema.Schema, docs map[string]document) map[*jsonschema.Schema][]string {
	order := map[*jsonschema.Schema][]string{}
	for _, s := range all {
		if len(s.Properties) == 0 {
			continue
		}
		location, pointer := splitLocation(s.Location)
		names := slices.Clone(docs[location].order[pointer+"/properties"])
		names = slices.DeleteFunc(names, func(name string) bool { return s.Properties[name] == nil })
		if len(names) < len(s.Properties) { // a metaschema, which the library brings along
			names = names[:0]
			for name := range s.Properties {
				names = append(names, name)
			}
			slices.Sort(names)
		}
		order[s] = names
	}
	return order
}

// splitLocation splits where a compiled schema stands into the URL of its
// document and a JSON pointer.
func splitLocation(location string) (document, pointer string) {
	document, fragment, _ := strings.Cut(location, "#")
	pointer, err := url.PathUnescape(fragment)
	if err != nil {
		return document, fragment
	}
	return document, pointer
}
