package config

import (
	"fmt"
	"strings"
)

// suggest tells what the operator may have meant by an unknown path: a near one, or
// one that ends the same elsewhere, or else what there is in its group.
func (t *table) suggest(path, group string) string {
	last := path[strings.LastIndex(path, ".")+1:]
	best, bestDistance := "", 1+max(2, len(last)/3)
	for _, candidate := range t.paths {
		if d := distance(path, candidate, bestDistance); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best != "" {
		return fmt.Sprintf("is not a setting; did you mean %s?", best)
	}
	for _, candidate := range t.paths {
		if strings.HasSuffix(candidate, "."+last) {
			return fmt.Sprintf("is not a setting here; did you mean %s?", candidate)
		}
	}
	if len(t.groups[group]) == 0 {
		return "is not a setting"
	}
	return fmt.Sprintf("is not a setting; here are: %s", strings.Join(t.groups[group], ", "))
}

// distance is Levenshtein's, or limit if that is reached.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return min(row[len(b)], limit)
}

// Suggest completes a sentence about a name that is not a key: "… is not a
// setting; did you mean serve.public.port?"
func Suggest(name string) string {
	path := strings.ToLower(name)
	if name == strings.ToUpper(name) {
		for _, k := range Keys() {
			if env := k.Env(); env != "" && distance(name, env, 3) < 3 {
				return fmt.Sprintf("is not a setting; did you mean %s?", env)
			}
		}
	}
	t, group := newTable(), ""
	for part := range strings.SplitSeq(path, ".") {
		if !t.has(group, part) {
			break
		}
		group = join(group, part)
	}
	return t.suggest(path, group)
}
