// Package internal_test owns the rules that hold for all packages: who may
// import whom, where the clock and the environment are read, how large a file
// may grow, and what a package comment says.
//
// It does not judge style; that is .golangci.yml's, which also says who may use
// which library. The reasons stand beside the rules, so that a reader who is stopped
// by one can tell whether it is still right.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/symbolon/symbolon/"

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Dir        string
	Name       string
	GoFiles    []string
	Imports    []string
	Standard   bool
	Deps       []string
}

// name is the path below internal/, or below the module for other packages.
func (p listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "internal/")
}

// of tells whether the package is one of those named or lies below one.
func (p listed) of(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return p.name() == n || strings.HasPrefix(p.name(), n+"/") })
}

func (p listed) internal() bool { return strings.HasPrefix(p.ImportPath, module+"internal/") }

// support tells whether the package exists for tests: fakes and conformance
// suites, and the programs under test/.
func (p listed) support() bool { return strings.HasSuffix(p.ImportPath, "test") || p.of("test") }

// packages lists the packages of this module, with their non-test files only.
var packages = sync.OnceValues(func() ([]listed, error) {
	list := exec.Command("go", "list", "-json=ImportPath,Dir,Name,GoFiles,Imports,Deps,Standard", "./...")
	list.Dir = ".."
	var complaint bytes.Buffer
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		return nil, errors.New("go list: " + err.Error() + "\n" + complaint.String())
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
})

func mustPackages(t *testing.T) []listed {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("go list found %d packages, so these tests would see nothing", len(all))
	}
	return all
}

// file is one parsed file that is not a test.
type file struct {
	*ast.File
	path  string // relative to the module
	lines int
	set   *token.FileSet
}

func (p listed) files(t *testing.T) []file {
	t.Helper()
	var all []file
	for _, name := range p.GoFiles {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		relative := path.Join(strings.TrimPrefix(p.ImportPath, module), name)
		all = append(all, file{File: parsed, path: relative, lines: set.File(parsed.Pos()).LineCount(), set: set})
	}
	return all
}

func TestEveryPackageSaysWhatItOwnsAndWhatItDoesNot(t *testing.T) {
	t.Parallel()
	for _, p := range mustPackages(t) {
		if p.Name == "main" {
			continue
		}
		var comment strings.Builder
		for _, f := range p.files(t) {
			comment.WriteString(f.Doc.Text())
		}
		for _, word := range []string{"owns", "does not"} {
			if !strings.Contains(comment.String(), word) {
				t.Errorf("%s: its package comment lacks %q: say what the package owns, and what it does not own or do", p.ImportPath, word)
			}
		}
	}
}

func TestNoFileOutgrowsAReview(t *testing.T) {
	t.Parallel()
	const most = 400 // above it a file holds two things, and a reader finds neither
	for _, p := range mustPackages(t) {
		for _, f := range p.files(t) {
			if f.lines > most && !ast.IsGenerated(f.File) {
				t.Errorf("%s has %d lines, more than %d: split it by what it does", f.path, f.lines, most)
			}
		}
	}
}

func TestNoPackageIsADrawer(t *testing.T) {
	t.Parallel()
	// A name that says nothing collects everything.
	banned := []string{"util", "utils", "common", "helper", "helpers", "types", "x", "base", "misc", "shared", "lib", "pkg", "models"}
	for _, p := range mustPackages(t) {
		for name := range strings.SplitSeq(strings.TrimPrefix(p.ImportPath, module), "/") {
			if slices.Contains(banned, name) {
				t.Errorf("%s: a package is named for what it provides, not %q", p.ImportPath, name)
			}
		}
	}
}

func TestOnlyTheEdgeReadsTheClockAndTheEnvironment(t *testing.T) {
	t.Parallel()
	rules := []struct {
		functions []string
		allowed   []string
		why       string
	}{
		{
			[]string{"time.Now", "time.Since", "time.Until"},
			[]string{"app", "cli", "client", "cmd", "test"}, // client is part of other programs
			"everything else takes `now func() time.Time`, so tests choose the time",
		},
		{
			[]string{"time.Sleep", "time.After", "time.Tick"},
			[]string{"app", "cli", "cmd", "test"},
			"waiting must end with its context: use a timer in a select",
		},
		{
			[]string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv"},
			[]string{"config", "cli", "cmd", "test"},
			"a setting that is read on the side is in no documentation and no report",
		},
		{
			[]string{"os.Exit", "log.Fatal", "log.Fatalf"},
			[]string{"cmd", "test"},
			"code that ends the process takes it from every other request: return an error",
		},
		{
			[]string{"http.DefaultClient", "http.DefaultTransport", "http.DefaultServeMux", "http.Get", "http.Post"},
			nil,
			"outgoing calls have limits and a guard (netguard)",
		},
	}
	for _, p := range mustPackages(t) {
		for _, f := range p.files(t) {
			used := selectors(f)
			for _, rule := range rules {
				if p.of(rule.allowed...) || p.Name == "main" {
					continue
				}
				for _, function := range rule.functions {
					if place, ok := used[function]; ok {
						t.Errorf("%s uses %s: %s", place, function, rule.why)
					}
				}
			}
		}
	}
}

// selectors returns what the file uses of other packages, as path.Name with
// the last element of the import path, and where it does so first.
func selectors(f file) map[string]string {
	imports := map[string]string{}
	for _, spec := range f.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imports[local] = path.Base(imported)
	}
	used := map[string]string{}
	ast.Inspect(f.File, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		left, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		name := imports[left.Name] + "." + selector.Sel.Name
		if _, seen := used[name]; !seen && imports[left.Name] != "" {
			used[name] = f.path + strings.TrimPrefix(f.set.Position(selector.Pos()).String(), f.set.Position(f.Package).Filename)
		}
		return true
	})
	return used
}
