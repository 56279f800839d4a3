package api

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write v05-operations.json from the original description")

// factsFile holds the facts of version 0.5; source is the description they are taken from, which is not part of this repository.
const (
	factsFile = "v05-operations.json"
	source    = "../../shared/spec/api.json"
)

// deviations are the places where answers cannot be what the old description says. None may be superfluous.
var deviations = map[string]struct{ is, source string }{
	"formField.value":                                      {"string|number|boolean", "surprises 0: pages need scalars"},
	"errorContainer.errors":                                {"[]genericErrorPayload", "surprises 0, http-api 2.26: always was a list"},
	"registrationViaApiResponse.session_token":             {"optional", "surprises 0: there is none without the session hook"},
	"loginFlowMethodConfig.providers":                      {"absent", "http-api 2.0: never was sent"},
	"registrationFlowMethodConfig.providers":               {"absent", "http-api 2.0: never was sent"},
	"completeSelfServiceSettingsFlowWithProfileMethod 200": {"settingsViaApiResponse", "http-api 2.13: always was both"},
}

func load(t *testing.T) (*openapi3.T, facts) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(Document)
	if err != nil {
		t.Fatal(err)
	}
	return doc, factsOfOpenAPI(doc)
}

func version05(t *testing.T) facts {
	t.Helper()
	raw, err := os.ReadFile(factsFile)
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Operations) < 27 || len(f.Objects) < 30 {
		t.Fatalf("%s holds %d operations and %d objects, which cannot be all", factsFile, len(f.Operations), len(f.Objects))
	}
	return f
}

func TestTheDescriptionIsValid(t *testing.T) {
	t.Parallel()
	doc, _ := load(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheFactsAreThoseOfTheOriginalDescription(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(source)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here; the committed facts stand for it", source)
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := factsOfSwagger(raw)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		out, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(factsFile, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compare := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(operation{}, parameter{}, object{})}
	if diff := cmp.Diff(want, version05(t), compare); diff != "" {
		t.Errorf("%s differs from %s (-original +committed):\n%s", factsFile, source, diff)
	}
}

func TestEveryOperationOfVersion05IsDescribed(t *testing.T) {
	t.Parallel()
	_, ours := load(t)
	described, old := ours.byID(), version05(t)
	for _, want := range old.Operations {
		got, ok := described[want.ID]
		if !ok {
			t.Errorf("%s is not described", want.ID)
			continue
		}
		if got.Method != want.Method || got.Path != want.Path || got.Body != want.Body && want.Body != "object" {
			t.Errorf("%s is %s %s (%s), want %s %s (%s)", want.ID, got.Method, got.Path, got.Body, want.Method, want.Path, want.Body)
		}
		if !slices.Equal(got.Tags, want.Tags) {
			t.Errorf("%s is served by %v, want %v", want.ID, got.Tags, want.Tags)
		}
		if got.ours {
			t.Errorf("%s is of version 0.5 and must not carry x-symbolon", want.ID)
		}
		checkParameters(t, got, want)
	}
	known := old.operationIDs()
	for _, op := range ours.Operations {
		if !op.ours && !slices.Contains(known, op.ID) {
			t.Errorf("%s is not of version 0.5 and needs x-symbolon", op.ID)
		}
	}
}

func checkParameters(t *testing.T, got, want operation) {
	t.Helper()
	for _, p := range want.Parameters {
		if !slices.Contains(got.Parameters, p) {
			t.Errorf("%s lacks the parameter %+v; it has %+v", want.ID, p, got.Parameters)
		}
	}
	for _, p := range got.Parameters {
		if !p.ours && !slices.Contains(want.Parameters, p) {
			t.Errorf("%s: the parameter %s is not of version 0.5 and needs x-symbolon", want.ID, p.Name)
		}
	}
}

func TestAnswersHaveTheTypesOfVersion05(t *testing.T) {
	t.Parallel()
	_, ours := load(t)
	described := ours.byID()
	for _, want := range version05(t).Operations {
		for status, types := range want.Responses {
			if len(types) == 0 {
				continue
			}
			got, ok := described[want.ID].Responses[status]
			if !ok {
				got = described[want.ID].Responses["default"]
			}
			expected := types[0]
			if d, ok := deviations[want.ID+" "+status]; ok {
				expected = d.is
			}
			if !slices.Contains(got, expected) {
				t.Errorf("%s answers %s with %v, want %s", want.ID, status, got, expected)
			}
		}
	}
}

func TestObjectsHaveTheMembersOfVersion05(t *testing.T) {
	t.Parallel()
	_, ours := load(t)
	old := version05(t)
	for name, want := range old.Objects {
		got, ok := ours.Objects[name]
		if !ok {
			t.Errorf("%s is not described", name)
			continue
		}
		for member, typ := range want.Members {
			if d, ok := deviations[name+"."+member]; ok && d.is != "optional" {
				typ = strings.TrimPrefix(d.is, "absent")
			}
			if got.Members[member] != typ {
				t.Errorf("%s.%s is %q, want %q", name, member, got.Members[member], typ)
			}
		}
		for _, member := range want.Required {
			optional := deviations[name+"."+member].is == "optional"
			if slices.Contains(got.Required, member) == optional {
				t.Errorf("%s.%s is required by version 0.5; required here: %v, want %v", name, member, optional, !optional)
			}
		}
		for member := range got.Members {
			if want.Members[member] == "" && !got.ours[member] {
				t.Errorf("%s.%s is not of version 0.5 and needs x-symbolon", name, member)
			}
		}
	}
}

func TestEveryDeviationIsOne(t *testing.T) {
	t.Parallel()
	old := version05(t)
	for place, d := range deviations {
		if d.source == "" {
			t.Errorf("%s names no source", place)
		}
		var was string
		if id, status, ok := strings.Cut(place, " "); ok {
			was = strings.Join(old.byID()[id].Responses[status], "|")
		} else if name, member, ok := strings.Cut(place, "."); ok {
			was = old.Objects[name].Members[member]
		}
		if was == "" || was == d.is {
			t.Errorf("%s was %q and is %q: no deviation", place, was, d.is)
		}
	}
}

// The generated clients of version 0.5 refuse members they do not know and nulls, so nothing that is sent may allow either.
func TestObjectsInAnswersAreClosedAndNothingIsNullable(t *testing.T) {
	t.Parallel()
	doc, _ := load(t)
	seen := map[*openapi3.Schema]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, r := range op.Responses.Map() {
				if media := r.Value.Content["application/json"]; media != nil {
					checkClosed(t, strings.Join([]string{method, path, status}, " "), media.Schema.Value, seen)
				}
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d schemas were reached from answers", len(seen))
	}
}

func checkClosed(t *testing.T, place string, s *openapi3.Schema, seen map[*openapi3.Schema]bool) {
	t.Helper()
	if seen[s] {
		return
	}
	seen[s] = true
	if s.Nullable || s.Type.Includes("null") {
		t.Errorf("%s: a value may be null", place)
	}
	extra := s.AdditionalProperties
	if free := s.Extensions["x-free-form"] != nil; s.Type.Is("object") && extra.Schema == nil && (extra.Has == nil || *extra.Has) != free {
		t.Errorf("%s: an object with the members %v is neither closed nor marked x-free-form", place, s.Properties)
	}
	children := slices.Concat(s.OneOf, s.AnyOf, s.AllOf)
	for _, p := range s.Properties {
		children = append(children, p)
	}
	if s.Items != nil {
		children = append(children, s.Items)
	}
	if extra.Schema != nil {
		children = append(children, extra.Schema)
	}
	for _, child := range children {
		checkClosed(t, place, child.Value, seen)
	}
}
