package api

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// facts is what a description says about an API in the terms that bind clients: names, places and types, no prose.
type facts struct {
	Operations []operation       `json:"operations"`
	Objects    map[string]object `json:"objects"`
}

type operation struct {
	ID         string      `json:"id"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Tags       []string    `json:"tags"`
	Parameters []parameter `json:"parameters,omitempty"`
	Body       string      `json:"body,omitempty"`
	// Responses maps a status to the types its body may have; none when there is no body.
	Responses map[string][]string `json:"responses"`

	ours bool
}

type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`

	ours bool
}

// object is a type with members. Types are written as in Go: "string", "[]Message", "map[string]loginFlowMethod".
type object struct {
	Required []string          `json:"required,omitempty"`
	Members  map[string]string `json:"members"`

	ours map[string]bool
}

// swagger is the part of a Swagger 2.0 document that holds facts.
type swagger struct {
	Paths map[string]map[string]struct {
		ID         string   `json:"operationId"`
		Tags       []string `json:"tags"`
		Parameters []struct {
			Name     string         `json:"name"`
			In       string         `json:"in"`
			Required bool           `json:"required"`
			Type     string         `json:"type"`
			Schema   *swaggerSchema `json:"schema"`
		} `json:"parameters"`
		Responses map[string]struct {
			Schema *swaggerSchema `json:"schema"`
		} `json:"responses"`
	} `json:"paths"`
	Definitions map[string]*swaggerSchema `json:"definitions"`
}

type swaggerSchema struct {
	Ref        string                    `json:"$ref"`
	Type       string                    `json:"type"`
	Format     string                    `json:"format"`
	Required   []string                  `json:"required"`
	Properties map[string]*swaggerSchema `json:"properties"`
	Items      *swaggerSchema            `json:"items"`
	Additional json.RawMessage           `json:"additionalProperties"`
}

// factsOfSwagger extracts the facts of a Swagger 2.0 document.
func factsOfSwagger(raw []byte) (facts, error) {
	var doc swagger
	if err := json.Unmarshal(raw, &doc); err != nil {
		return facts{}, err
	}
	f := facts{Objects: map[string]object{}}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			op := operation{ID: o.ID, Method: strings.ToUpper(method), Path: path, Tags: o.Tags, Responses: map[string][]string{}}
			for _, p := range o.Parameters {
				if p.In == "body" {
					op.Body = doc.typeOf(p.Schema)
					continue
				}
				op.Parameters = append(op.Parameters, parameter{Name: p.Name, In: p.In, Type: p.Type, Required: p.Required})
			}
			for status, r := range o.Responses {
				op.Responses[status] = nil
				if r.Schema != nil {
					op.Responses[status] = []string{doc.typeOf(r.Schema)}
				}
			}
			f.Operations = append(f.Operations, op)
		}
	}
	for name, s := range doc.Definitions {
		if len(s.Properties) == 0 {
			continue
		}
		o := object{Required: slices.Sorted(slices.Values(s.Required)), Members: map[string]string{}}
		for member, m := range s.Properties {
			o.Members[member] = doc.typeOf(m)
		}
		f.Objects[name] = o
	}
	sortOperations(f.Operations)
	return f, nil
}

func (doc swagger) typeOf(s *swaggerSchema) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		if target := doc.Definitions[name]; len(target.Properties) == 0 {
			return doc.typeOf(target)
		}
		return name
	}
	if s.Type == "array" {
		return "[]" + doc.typeOf(s.Items)
	}
	var values swaggerSchema
	if json.Unmarshal(s.Additional, &values) == nil && (values.Ref != "" || values.Type != "") {
		return "map[string]" + doc.typeOf(&values)
	}
	return typeName(s.Type, s.Format)
}

// factsOfOpenAPI extracts the facts of an OpenAPI 3 document.
func factsOfOpenAPI(doc *openapi3.T) facts {
	f := facts{Objects: map[string]object{}}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op := operation{
				ID: o.OperationID, Method: method, Path: path, Tags: o.Tags,
				Responses: map[string][]string{}, ours: o.Extensions["x-symbolon"] == true,
			}
			for _, p := range o.Parameters {
				op.Parameters = append(op.Parameters, parameter{
					Name: p.Value.Name, In: p.Value.In, Required: p.Value.Required,
					Type: typesOf(p.Value.Schema)[0], ours: p.Value.Extensions["x-symbolon"] == true,
				})
			}
			if o.RequestBody != nil && o.RequestBody.Value.Extensions["x-symbolon"] != true {
				op.Body = typesOf(o.RequestBody.Value.Content["application/json"].Schema)[0]
			}
			for status, r := range o.Responses.Map() {
				op.Responses[status] = nil
				if media := r.Value.Content["application/json"]; media != nil {
					op.Responses[status] = typesOf(media.Schema)
				}
			}
			f.Operations = append(f.Operations, op)
		}
	}
	for name, s := range doc.Components.Schemas {
		if len(s.Value.Properties) == 0 {
			continue
		}
		o := object{Required: slices.Sorted(slices.Values(s.Value.Required)), Members: map[string]string{}, ours: map[string]bool{}}
		for member, m := range s.Value.Properties {
			o.Members[member] = strings.Join(typesOf(m), "|")
			o.ours[member] = m.Value.Extensions["x-symbolon"] == true
		}
		f.Objects[name] = o
	}
	sortOperations(f.Operations)
	return f
}

// typesOf lists the types that a schema allows.
func typesOf(s *openapi3.SchemaRef) []string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok && len(s.Value.Properties) > 0 {
		return []string{name}
	}
	var types []string
	for _, alternative := range s.Value.OneOf {
		types = append(types, typesOf(alternative)...)
	}
	switch {
	case types != nil:
		return types
	case s.Value.Type.Is("array"):
		return []string{"[]" + strings.Join(typesOf(s.Value.Items), "|")}
	case s.Value.AdditionalProperties.Schema != nil && len(s.Value.Properties) == 0:
		return []string{"map[string]" + strings.Join(typesOf(s.Value.AdditionalProperties.Schema), "|")}
	case s.Value.Type == nil:
		return []string{"any"}
	}
	return []string{typeName((*s.Value.Type)[0], s.Value.Format)}
}

// typeName keeps of the formats the one that changes how a client reads a value.
func typeName(typ, format string) string {
	if format == "date-time" {
		return "time"
	}
	return typ
}

func sortOperations(list []operation) {
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
}

// byID finds operations by their id.
func (f facts) byID() map[string]operation {
	m := make(map[string]operation, len(f.Operations))
	for _, o := range f.Operations {
		m[o.ID] = o
	}
	return m
}

// operationIDs lists the ids in order.
func (f facts) operationIDs() []string { return slices.Sorted(maps.Keys(f.byID())) }
