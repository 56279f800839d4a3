package passpolicy

import (
	_ "embed"
	"sort"
	"strings"
)

// The list of common passwords in lower case, sorted, one a line. NOTICE has its
// origin and licence.
//
//go:embed common.txt
var commonList string

// common reports whether a password is on the list, in any case. It searches the
// text itself, so the list costs no memory beyond the program's own.
func common(password string) bool {
	want := strings.ToLower(password)
	at := sort.Search(len(commonList), func(i int) bool { return lineAt(i) >= want })
	return want != "" && at < len(commonList) && lineAt(at) == want
}

// lineAt returns the line of the list that the byte at i belongs to, without its
// line feed.
func lineAt(i int) string {
	start := strings.LastIndexByte(commonList[:i], '\n') + 1
	return commonList[start : start+strings.IndexByte(commonList[start:], '\n')]
}
