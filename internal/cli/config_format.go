package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/config"
)

// outputFormat is the value of --format. The empty one is not valid: add sets
// the default.
type outputFormat string

// The formats: for people, for programs, and for both.
const (
	formatTable outputFormat = "table"
	formatJSON  outputFormat = "json"
	formatYAML  outputFormat = "yaml"
)

// add gives a command the flag.
func (f *outputFormat) add(c *cobra.Command) {
	*f = formatTable
	c.Flags().VarP(f, "format", "f", "`FORMAT` of the output: table, json or yaml")
}

// String, Set and Type are pflag.Value.
func (f *outputFormat) String() string { return string(*f) }

// Set refuses unknown formats. What v0.5 calls json-pretty is how JSON is
// written anyway.
func (f *outputFormat) Set(text string) error {
	switch v := outputFormat(strings.TrimSuffix(text, "-pretty")); v {
	case formatTable, formatJSON, formatYAML:
		*f = v
		return nil
	}
	return fmt.Errorf("must be table, json or yaml")
}

// Type names the value in help texts.
func (f *outputFormat) Type() string { return "format" }

// write renders a value as JSON or YAML, with the names of its json tags in
// both.
func (f *outputFormat) write(w io.Writer, v any) error {
	if *f == formatYAML {
		data, err := config.EncodeYAML(v)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
