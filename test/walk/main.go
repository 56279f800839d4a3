// Command walk measures how often a reader of a password login comes back to a file of internal/flow: it follows the login
// from Engine.Submit through the functions that it runs, each once and in the order of the calls, and counts the files that
// are entered again.
//
//	go run ./test/walk       the figure of docs/measurements.md
//	go run ./test/walk -v    and the files in their order, each with the function that is entered
//
// It exits with 1 when the limit is missed. It does not look at other packages or other kinds of flows.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	flowPackage = "github.com/symbolon/symbolon/internal/flow"
	start       = "(*" + flowPackage + ".Engine).Submit"
	// the effect of a login, which apply.go calls by a variable of type effect.
	loginEffect = flowPackage + ".loginEffect"
)

func main() {
	limit := flag.Int("limit", 12, "how many returns are allowed")
	verbose := flag.Bool("v", false, "list the files in the order in which they are entered, each with a function")
	flag.Parse()
	w, err := newWalk()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	w.enter(start)
	if *verbose {
		for _, s := range w.stays {
			fmt.Println(s.file, s.function)
		}
	}
	fmt.Printf("%d functions in %d files, %d returns, at most %d allowed\n", len(w.entered), len(w.files()), w.returns(), *limit)
	if w.returns() > *limit {
		os.Exit(1)
	}
}

// stay is a run of functions of one file; function is the first of them.
type stay struct{ file, function string }

// walk follows calls, each function once.
type walk struct {
	fset    *token.FileSet
	info    *types.Info
	decls   map[string]*ast.FuncDecl // by full name
	run     map[string][]span        // by file, what the login runs
	entered map[string]bool
	stays   []stay
}

func newWalk() (*walk, error) {
	w := &walk{
		fset: token.NewFileSet(), info: &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}},
		decls: map[string]*ast.FuncDecl{}, entered: map[string]bool{},
	}
	if err := w.load(); err != nil {
		return nil, err
	}
	var err error
	w.run, err = login()
	return w, err
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// load parses and checks the package; what it imports is read as the compiler left it.
func (w *walk) load() error {
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", flowPackage).Output()
	if err != nil {
		return fmt.Errorf("list packages: %w", err)
	}
	exports, flow := map[string]string{}, listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if exports[p.ImportPath] = p.Export; p.ImportPath == flowPackage {
			flow = p
		}
	}
	var files []*ast.File
	for _, name := range flow.GoFiles {
		f, err := parser.ParseFile(w.fset, filepath.Join(flow.Dir, name), nil, 0)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	c := types.Config{Importer: importer.ForCompiler(w.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	if _, err := c.Check(flowPackage, w.fset, files, w.info); err != nil {
		return err
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				w.decls[w.info.Defs[d.Name].(*types.Func).FullName()] = d
			}
		}
	}
	return nil
}

// span is a piece of a file, from a line and column to another.
type span struct{ line0, column0, line1, column1 int }

// login signs in once in a browser and once without, and returns what of the package that runs.
func login() (map[string][]span, error) {
	profile, err := os.CreateTemp("", "walk")
	if err != nil {
		return nil, err
	}
	defer os.Remove(profile.Name())
	defer profile.Close()
	out, err := exec.Command("go", "test", "github.com/symbolon/symbolon/internal/method/password", "-run", "^TestLogin_plain$", "-count=1",
		"-coverpkg", flowPackage, "-coverprofile", profile.Name()).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("sign in: %w\n%s", err, out)
	}
	run := map[string][]span{}
	for lines := bufio.NewScanner(profile); lines.Scan(); {
		file, rest, _ := strings.Cut(lines.Text(), ":")
		var s span
		var statements, count int
		_, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &s.line0, &s.column0, &s.line1, &s.column1, &statements, &count)
		if err == nil && count > 0 {
			run[filepath.Base(file)] = append(run[filepath.Base(file)], s)
		}
	}
	return run, nil
}

// enter follows the calls of a function that was not entered before.
func (w *walk) enter(function string) {
	d := w.decls[function]
	if d == nil || w.entered[function] {
		return
	}
	w.entered[function] = true
	if file := w.at(d.Pos()).Filename; len(w.stays) == 0 || w.stays[len(w.stays)-1].file != file {
		w.stays = append(w.stays, stay{file, d.Name.Name})
	}
	w.follow(d.Body)
}

// follow enters what a piece of code calls, arguments first.
func (w *walk) follow(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !w.runs(call.Pos()) {
			return true
		}
		w.follow(call.Fun)
		for _, a := range call.Args {
			w.follow(a)
		}
		w.enter(w.called(call))
		return false
	})
}

// called is the full name of what is called, empty for what can't be told.
func (w *walk) called(c *ast.CallExpr) string {
	var name *ast.Ident
	switch f := ast.Unparen(c.Fun).(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		name = f.Sel
	default:
		return ""
	}
	switch called := w.info.Uses[name].(type) {
	case *types.Func:
		return called.Origin().FullName()
	case *types.Var:
		if named, ok := called.Type().(*types.Named); ok && named.Obj().Name() == "effect" {
			return loginEffect
		}
	}
	return ""
}

func (w *walk) at(p token.Pos) token.Position {
	at := w.fset.Position(p)
	at.Filename = filepath.Base(at.Filename)
	return at
}

// runs reports whether the login runs what stands at a position.
func (w *walk) runs(p token.Pos) bool {
	at := w.at(p)
	for _, s := range w.run[at.Filename] {
		after := at.Line > s.line0 || at.Line == s.line0 && at.Column >= s.column0
		if before := at.Line < s.line1 || at.Line == s.line1 && at.Column <= s.column1; after && before {
			return true
		}
	}
	return false
}

func (w *walk) files() map[string]bool {
	files := map[string]bool{}
	for _, s := range w.stays {
		files[s.file] = true
	}
	return files
}

// returns is how often a file is entered that was left before.
func (w *walk) returns() int { return len(w.stays) - len(w.files()) }
