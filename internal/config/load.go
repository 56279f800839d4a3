package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Source is where settings come from. Later ones win: the defaults, the files
// in their order, the environment, the flags.
type Source struct {
	// Files are paths of .yaml, .yml, .json or .toml files, or of setup directories.
	// Without any, the embedded profile takes their place.
	Files []string
	// Environ is the environment as NAME=value, as from os.Environ.
	Environ []string
	// Flags maps a key's path to its value, written as in the environment.
	Flags map[string]string
	// Dev is --dev.
	Dev bool
	// Release is what files were written for that do not say; empty for unknown.
	Release string
	// ReadFile reads configuration and secret files; nil for the file system.
	ReadFile func(path string) ([]byte, error)
	// WorkDir is what relative paths start from; empty for the current directory.
	WorkDir string
}

// maxFile bounds configuration and secret files, in bytes.
const maxFile = 1 << 20

// Load reads, completes and checks the configuration. The error, if any, is a
// Problems with everything that is wrong; the report is there in both cases.
func Load(src Source) (*Config, *Report, error) {
	l := newLoader(src)
	l.sources()
	l.deduce()
	l.weaker()
	l.tellMissing()
	l.validate()
	report := l.report()
	if len(l.problems) > 0 {
		return nil, report, l.problems
	}
	return l.config, report, nil
}

// readBounded reads a regular file. Opening another kind, such as a FIFO without a
// writer, could block for ever, and with it the end of the process.
func readBounded(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is not a regular file"), err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, errors.New("the file is larger than 1 MiB")
	}
	return data, nil
}

// loader fills a Config and keeps what there is to say about it.
type loader struct {
	source   Source
	table    *table
	config   *Config
	env      map[string]string
	origins  map[string]Origin // by path, of what is not a default
	problems Problems
	warnings []Problem
	// partial tells that a file is missing from the whole, so that there is no
	// use in judging it.
	partial bool
	// absent are the settings whose features are not here, and where the first is.
	absent   []string
	absentAt Origin
	// itemNames are the variables that name an item of a list.
	itemNames []string
	// declared are the identities of setup directories.
	declared []Declared
}

func newLoader(src Source) *loader {
	if src.ReadFile == nil {
		src.ReadFile = readBounded
	}
	return &loader{
		source: src, table: newTable(), config: &Config{Dev: src.Dev, Embedded: len(src.Files) == 0},
		env: variables(src.Environ), origins: map[string]Origin{},
	}
}

func (l *loader) fail(key, text string, at Origin) {
	l.problems = append(l.problems, Problem{Key: key, Text: text, Origin: at})
}

func (l *loader) warn(key, text string, at Origin) {
	l.warnings = append(l.warnings, Problem{Key: key, Text: text, Origin: at})
}

// sources applies what the profile, the files, the environment and the flags say. What the
// latter two set as a whole is not judged in the files, where it has no effect and often is a
// placeholder.
func (l *loader) sources() {
	files := l.files()
	found := l.profile(files)
	given := l.given()
	for path := range given {
		files.prune(strings.Split(path, "."))
	}
	l.itemVariables(files, given)
	maps.Copy(found, l.collect("", files))
	l.legacy(found)
	maps.Copy(found, given)
	l.applyAll("", l.config, found, Origin{})
	l.misspelt()
}

// files reads and merges the files.
func (l *loader) files() *node {
	var merged *node
	for _, name := range l.source.Files {
		read := l.readFile
		if l.isDir(name) {
			read = l.readDir
		}
		root, p := read(name)
		switch {
		case p != nil:
			l.partial = true
			l.problems = append(l.problems, *p)
		case root.shape != object && root.shape != null:
			l.partial = true
			l.fail("", fmt.Sprintf("is %s; write settings as name: value", root.what()), root.origin)
		case root.shape == object:
			l.rename(root)
			merged = merge(merged, root)
		}
	}
	return cmp.Or(merged, &node{shape: object})
}

func (l *loader) readFile(name string) (*node, *Problem) {
	data, err := l.source.ReadFile(l.absolute("", name))
	if err != nil {
		return nil, &Problem{Text: "cannot be read: " + cause(err), Origin: Origin{Kind: FromFile, Name: name}}
	}
	return parseFile(name, data)
}

// cause drops the path from file errors, which the message names already.
func cause(err error) string {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}

// absolute resolves a path against a directory, and that against WorkDir.
func (l *loader) absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	if filepath.IsAbs(dir) {
		return filepath.Join(dir, path)
	}
	return filepath.Join(l.source.WorkDir, dir, path)
}

// applyAll applies what was found of the settings of a group, which is "" or the items of a
// list, above the defaults.
func (l *loader) applyAll(group string, target any, found map[string]*node, at Origin) {
	for _, k := range l.table.keys {
		if k.Path[:strings.LastIndex(k.Path, "]")+1] != group {
			continue
		}
		n, given := found[k.Path]
		if k.Default != "" {
			l.apply(k, target, &node{shape: loose, text: k.Default, origin: Origin{Kind: FromDefault}})
		}
		if given && n.shape != null {
			l.apply(k, target, n)
		}
		if k.Required && group != "" && (!given || n.text == "" && n.shape != list) {
			l.fail(k.Path, k.advise(errors.New("is needed here")), at)
		}
	}
}

// collect finds the values of the settings below a group, by path, and reports
// what is not a setting.
func (l *loader) collect(group string, n *node) map[string]*node {
	found := map[string]*node{}
	for _, f := range n.fields {
		path := join(group, f.name)
		switch secret := l.table.secretOf(group, f.name); {
		case l.table.has(group, f.name):
			l.collectChild(path, f, found)
		case secret != nil:
			l.collectSecretFile(secret, n, f, found)
		case path == "$schema": // it is for editors
		case l.isAbsent(path, f):
		default:
			l.fail(path, l.table.suggest(path, group), f.place)
		}
	}
	return found
}

func (l *loader) collectChild(path string, f field, found map[string]*node) {
	switch {
	case f.value.shape == null:
	case l.table.byPath[path] != nil:
		f.value.origin = firstKnown(f.value.origin, f.place)
		found[path] = f.value
	case f.value.shape == loose && f.value.text == "":
	case f.value.shape != object:
		l.fail(path, fmt.Sprintf("is %s; write a group of settings: %s", f.value.what(), strings.Join(l.table.groups[path], ", ")), f.place)
	default:
		maps.Copy(found, l.collect(path, f.value))
	}
}

// firstKnown prefers the place of the value, which aliases move far away from
// where the reader looks.
func firstKnown(value, name Origin) Origin {
	if value.Line == 0 {
		return name
	}
	return value
}

func (l *loader) collectSecretFile(secret *Key, n *node, f field, found map[string]*node) {
	if f.value.shape == null {
		return
	}
	path, err := f.value.asText()
	if err != nil {
		l.fail(secret.Path+fileSuffix, err.Error(), f.place)
		return
	}
	if plain := n.field(strings.TrimSuffix(f.name, fileSuffix)); plain != nil && plain.value.shape != null {
		l.fail(secret.Path+fileSuffix, "and "+secret.Path+" are both given; keep one", f.place)
		return
	}
	found[secret.Path] = l.secretFile(*secret, secret.Path+fileSuffix, l.absolute(filepath.Dir(f.place.Name), path), f.place)
}

// secretFile reads a secret, or of a list of secrets one from each line. It is null where the
// file can't be used.
func (l *loader) secretFile(k Key, name, path string, at Origin) *node {
	data, err := l.source.ReadFile(path)
	n := &node{text: strings.TrimSpace(string(data)), origin: at}
	switch {
	case err != nil:
		l.fail(name, fmt.Sprintf("names %s, which cannot be read: %s", path, cause(err)), at)
	case n.text == "":
		l.fail(name, "names "+path+", which is empty", at)
	case k.kind == kindSecrets:
		n.shape, n.items = list, n.split("\n")
	default:
		n.shape = loose
	}
	return n
}

// find returns a setting that is no member of an item.
func (l *loader) find(path string) (Key, bool) {
	k := l.table.byPath[path]
	if k == nil || k.nested() {
		return Key{}, false
	}
	return *k, true
}
