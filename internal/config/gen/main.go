// Command gen owns writing docs/config.md from the table of keys. It does not
// hold any text of its own; go generate ./internal/config runs it.
package main

import (
	"fmt"
	"os"

	"github.com/symbolon/symbolon/internal/config"
)

func main() {
	path := "../../docs/config.md"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	//nolint:gosec // a document in a repository is for everybody to read
	if err := os.WriteFile(path, []byte(config.Markdown()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
