package program

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"
	"github.com/google/go-jsonnet/toolutils"
)

// prelude stands around every program. It bounds the functions of the standard library
// that make much of little, and so could be told by a claim to fill the memory; see maxCalls for the measure.
const prelude = `
local real = std;
local most = 20000;
local bounded(size, made) = if size > most then error 'more than ' + most + ' elements' else made;
local longest = 1000000;
local sized(size, made) = if size > longest then error 'more than ' + longest + ' characters or elements' else made;
local total(arr) = real.foldl(function(sum, part) sum + (if part == null then 0 else real.length(part)), arr, 0);
local std = real + {
  range(from, to):: bounded(to - from, real.range(from, to)),
  makeArray(sz, func):: bounded(sz, real.makeArray(sz, func)),
  repeat(what, count):: bounded(real.length(what) * count, real.repeat(what, count)),
  strReplace(str, from, to):: sized(real.length(str) + real.length(str) / real.max(1, real.length(from)) * real.length(to), real.strReplace(str, from, to)),
  join(sep, arr):: sized(total(arr) + real.length(sep) * real.length(arr), real.join(sep, arr)),
  flattenArrays(arrs):: sized(total(arrs), real.flattenArrays(arrs)),
};
null`

// bound reads a program and puts it under the prelude and the meter.
func bound(name, program string) (ast.Node, error) {
	own, err := jsonnet.SnippetToAST(name, program)
	if err != nil {
		return nil, fmt.Errorf("read Jsonnet: %w", err)
	}
	if at := imported(own); at != nil {
		return nil, fmt.Errorf("%s: programs can't import", at.Loc())
	}
	whole, err := jsonnet.SnippetToAST("prelude", prelude)
	if err != nil {
		return nil, fmt.Errorf("read prelude: %w", err)
	}
	innermost, ok := whole.(*ast.Local)
	for ok {
		inner, more := innermost.Body.(*ast.Local)
		if !more {
			innermost.Body = own
			break
		}
		innermost = inner
	}
	metered(whole)
	return whole, nil
}

// imported finds an import.
func imported(n ast.Node) ast.Node {
	switch n.(type) {
	case *ast.Import, *ast.ImportStr, *ast.ImportBin:
		return n
	}
	for _, child := range children(n) {
		if at := imported(child); at != nil {
			return at
		}
	}
	return nil
}

// children adds to the library's list the assertions of objects, which it forgets.
func children(n ast.Node) []ast.Node {
	all := toolutils.Children(n)
	if object, ok := n.(*ast.DesugaredObject); ok {
		all = append(all, object.Asserts...)
	}
	return all
}

// metered makes the body of every function pass the meter first. All that repeats in
// Jsonnet, recursion and comprehensions, calls a function each time. The library has no
// way to stop an evaluation but to fail an import, so that is what the meter is: the
// body becomes `if (import 'meter') then body`.
func metered(n ast.Node) {
	for _, child := range children(n) {
		metered(child)
	}
	function, ok := n.(*ast.Function)
	if !ok {
		return
	}
	base := ast.NodeBase{Ctx: function.Body.Context(), FreeVars: function.Body.FreeVariables(), LocRange: *function.Body.Loc()}
	function.Body = &ast.Conditional{
		NodeBase:    base,
		Cond:        &ast.Import{NodeBase: base, File: &ast.LiteralString{NodeBase: base, Value: "meter"}},
		BranchTrue:  function.Body,
		BranchFalse: function.Body,
	}
}

// meter counts the calls of one evaluation.
type meter struct {
	ctx     context.Context //nolint:containedctx // the library's importers have no context of their own
	left    int
	spent   bool
	content jsonnet.Contents
}

// Import implements jsonnet.Importer, see metered.
func (m *meter) Import(_, _ string) (jsonnet.Contents, string, error) {
	if m.left--; m.left < 0 || m.ctx.Err() != nil {
		m.spent = true
		return jsonnet.Contents{}, "", errors.New("stopped")
	}
	if m.content == (jsonnet.Contents{}) {
		m.content = jsonnet.MakeContents("true")
	}
	return m.content, "meter", nil
}
