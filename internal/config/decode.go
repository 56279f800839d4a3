package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apply decodes a value into its place below root and remembers where it came
// from.
func (l *loader) apply(k Key, root any, n *node) {
	pointer := k.in(root)
	if k.kind == kindHooks {
		n = l.dropHooks(k, n)
	}
	if k.size {
		n = inKiB(n)
	}
	var err error
	if k.kind == kindObjects {
		err = l.fill(k, reflect.ValueOf(pointer).Elem(), n)
	} else if err = assign(k, pointer, n); err == nil {
		err = k.check(pointer)
	}
	if l.refusesPlaceholder(k, n, err) {
		reflect.ValueOf(pointer).Elem().SetZero() // what is said about the value would mislead
		return
	}
	if err != nil {
		l.fail(k.Path, k.advise(err), n.origin)
		return
	}
	if n.origin.Kind == FromDefault {
		return
	}
	if !k.nested() {
		l.origins[k.Path] = n.origin
	}
	if k.NoEffect != "" && n.text != k.Default {
		l.warn(k.Path, "has no effect: "+k.NoEffect, n.origin)
	}
}

// advise completes what is wrong with an example of what is right.
func (k Key) advise(err error) string {
	if web := badWebHook(""); errors.As(err, &web) {
		return err.Error() + "; write for example {hook: web_hook, config: {url: https://app.example.org/hook, method: POST}}"
	}
	if k.Example == "" || k.kind == kindBool || k.Secret() && k.kind != kindSecretURL {
		return err.Error()
	}
	return fmt.Sprintf("%s, for example %s", err, k.Example)
}

// assign converts by the type of the target.
func assign(k Key, pointer any, n *node) (err error) {
	switch p := pointer.(type) {
	case *string, *Secret, *SecretURL:
		var s string
		s, err = n.asText()
		reflect.ValueOf(p).Elem().SetString(s)
	case *bool:
		*p, err = n.asBool()
	case *int:
		*p, err = n.asInt()
	case *time.Duration:
		*p, err = n.asDuration()
	case **url.URL:
		*p, err = n.asURL()
	case *[]string:
		*p, err = each(n, (*node).asText)
	case *[]Secret:
		*p, err = each(n, func(n *node) (Secret, error) { s, err := n.asText(); return Secret(s), err })
	case *[]*url.URL:
		*p, err = each(n, (*node).asURL)
	case *Hooks:
		*p, err = each(n, (*node).asHook)
	case *json.RawMessage:
		*p, err = n.asJSON()
	case *Headers:
		*p, err = n.asHeaders()
	default:
		err = fmt.Errorf("is of a type that cannot be read: %T", pointer)
	}
	if err != nil && k.Secret() && (n.shape == loose || k.kind == kindSecrets && n.shape != list) { // the error may show a part of the value
		return fmt.Errorf("is %s; write a %s", n.what(), k.Type())
	}
	return err
}

func each[T any](n *node, convert func(*node) (T, error)) ([]T, error) {
	items, err := n.asList()
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(items))
	for i, item := range items {
		v, err := convert(item)
		if err != nil {
			return nil, fmt.Errorf("item %d %w", i+1, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func (n *node) asURL() (*url.URL, error) {
	s, err := n.asText()
	if err != nil || s == "" {
		return nil, err
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("is %s, which is not a URL", n.shown())
	}
	return u, nil
}

func (n *node) asJSON() (json.RawMessage, error) {
	n, err := n.parsed()
	if err != nil {
		return nil, err
	}
	return json.Marshal(n.json())
}

// check holds a decoded value against the rule of its key.
func (k Key) check(pointer any) error {
	values, isList := items(pointer)
	seen := map[string]bool{}
	for i, v := range values {
		what := "it"
		if isList {
			what = fmt.Sprintf("item %d", i+1)
		}
		switch name := revealed(v); {
		case k.must.ok == nil || unset(v) || k.must.ok(v):
			if k.must.different && seen[name] {
				return fmt.Errorf("has the same value twice; remove item %d", i+1)
			}
			seen[name] = true
		case k.Secret():
			return fmt.Errorf("is not accepted; %s must be %s", what, k.must.text)
		default:
			return fmt.Errorf("is %s; %s must be %s", quoted(v), what, k.must.text)
		}
	}
	return nil
}

// quoted puts texts in quotes, as they would stand in a file.
func quoted(v any) string {
	if _, isInt := v.(int); isInt {
		return plainWord(v)
	}
	return strconv.Quote(plainWord(v))
}

// items takes a list apart; anything else is one item. Hooks count by their names.
func items(pointer any) (values []any, isList bool) {
	if hooks, ok := pointer.(*Hooks); ok {
		names := hooks.Names()
		pointer = &names
	}
	v := reflect.ValueOf(pointer).Elem()
	if v.Kind() != reflect.Slice {
		return []any{v.Interface()}, false
	}
	for i := range v.Len() {
		values = append(values, v.Index(i).Interface())
	}
	return values, true
}

// unset values break no rule: where one is needed, that is said elsewhere.
func unset(v any) bool {
	u, isURL := v.(*url.URL)
	return v == "" || v == SecretURL("") || isURL && u == nil
}

// fill decodes a list of groups, such as providers.
func (l *loader) fill(k Key, target reflect.Value, n *node) error {
	list, err := n.asNamed(k.named)
	if err != nil {
		return err
	}
	group := k.Path + "[]"
	target.Set(reflect.MakeSlice(target.Type(), len(list), len(list)))
	for i, item := range list {
		before, warned := len(l.problems), len(l.warnings)
		if member, err := item.asObject(); err != nil {
			l.fail(group, err.Error(), item.origin)
		} else {
			l.applyAll(group, target.Index(i).Addr().Interface(), l.collect(group, member), item.origin)
		}
		numberAll(l.problems[before:], i)
		numberAll(l.warnings[warned:], i)
	}
	return nil
}

// numberAll puts the position of an item into the paths of its problems.
func numberAll(problems []Problem, i int) {
	for j := range problems {
		problems[j].Key = strings.Replace(problems[j].Key, "[]", fmt.Sprintf("[%d]", i), 1)
		problems[j].Text = strings.Replace(problems[j].Text, anyItem, fmt.Sprintf("_%d_", i), 1)
	}
}

func (n *node) asHeaders() (Headers, error) {
	n, err := n.asObject()
	if err != nil {
		return nil, err
	}
	headers := make(Headers, len(n.fields))
	for _, f := range n.fields {
		value, err := f.value.asText()
		if err != nil {
			return nil, fmt.Errorf("has %s, which %w", f.name, err)
		}
		headers[f.name] = Secret(value)
	}
	return headers, nil
}

// asNamed is asList for groups that are written by name: the name becomes the
// member that holds it.
func (n *node) asNamed(member string) ([]*node, error) {
	if member == "" || n.shape == list {
		return n.asList()
	}
	n, err := n.asObject()
	if err != nil {
		return nil, err
	}
	var list []*node
	for _, f := range n.fields {
		item, err := f.value.asObject()
		if err != nil {
			return nil, fmt.Errorf("has %s, which %w", f.name, err)
		}
		named := *item
		named.remove(member)
		named.fields = append(slices.Clip(named.fields), field{name: member, value: &node{shape: text, text: f.name, origin: f.place}, place: f.place})
		list = append(list, &named)
	}
	return list, nil
}

// inKiB turns a size with a unit into a number of KiB. Anything else stays. As in
// v26, kB and KiB are both 1024 bytes.
func inKiB(n *node) *node {
	if n.shape != text && n.shape != loose {
		return n
	}
	size := strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(n.text)), "B")
	for i, unit := range []string{"K", "M", "G", "T"} {
		number, ok := strings.CutSuffix(strings.TrimSuffix(size, "I"), unit)
		if !ok {
			continue
		}
		if value, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil && value >= 0 && value < 1<<20 {
			return &node{shape: loose, text: strconv.FormatInt(int64(value*float64(int64(1)<<(10*i))), 10), origin: n.origin}
		}
	}
	return n
}

// placeholder reports whether a text is a variable that other programs would expand.
func placeholder(text string) bool {
	return strings.Contains(text, "$") && // most texts have none, and compiling takes longer than reading a value
		regexp.MustCompile(`^\$([A-Z][A-Z0-9_]*|\{[A-Za-z][^}]*\})$|\$\{[A-Z][A-Z0-9_]*\}`).MatchString(text)
}

// refusesPlaceholder says where a value is one. A text may be meant as it is.
func (l *loader) refusesPlaceholder(k Key, n *node, err error) bool {
	switch {
	case placeholder(n.text) && err == nil && k.kind == kindText:
		l.warn(k.Path, k.placeholderAdvice(), n.origin)
		return false
	case placeholder(n.text):
		l.fail(k.Path, k.placeholderAdvice(), n.origin)
		return true
	case k.kind != kindURLs && k.kind != kindTexts:
		return false
	}
	i := slices.IndexFunc(n.items, func(item *node) bool { return placeholder(item.text) })
	if i >= 0 {
		l.fail(k.Path, fmt.Sprintf("item %d %s", i+1, k.placeholderAdvice()), firstKnown(n.items[i].origin, n.origin))
	}
	return i >= 0
}

func (k Key) placeholderAdvice() string {
	advice := "is a placeholder, and placeholders are not expanded in files; set the environment variable " + k.variable()
	if k.Secret() && !k.nested() {
		advice += ", or " + k.Path + fileSuffix + " to a file that holds it"
	}
	return advice
}
