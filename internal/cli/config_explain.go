package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/config"
)

func newConfigExplainCommand(e *env) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "explain [KEY]",
		Short: "Tell what a setting does",
		Long: `Tell what a setting does, what it may be, its default and how to set it. KEY is
a path as in files, or the name of an environment variable. With the beginning
of a path, list what is below it; with nothing, list everything.`,
		Example: `  symbolon config explain serve.public.port
  symbolon config explain SECRETS_COOKIE
  symbolon config explain session`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var paths []string
			for _, k := range config.Keys() {
				paths = append(paths, k.Path)
			}
			return paths, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listKeys(e, format, config.Keys())
			}
			if k, ok := config.Find(args[0]); ok {
				return explainKey(e, format, k)
			}
			if below := config.Below(args[0]); len(below) > 0 {
				return listKeys(e, format, below)
			}
			return usageError{fmt.Errorf("%s %s", args[0], config.Suggest(args[0]))}
		},
	}
	format.add(c)
	return c
}

// explained is a key in JSON and YAML.
type explained struct {
	Key         string `json:"key"`
	Help        string `json:"help"`
	Type        string `json:"type"`
	Allowed     string `json:"allowed,omitempty"`
	Default     string `json:"default,omitempty"`
	Environment string `json:"environment,omitempty"`
	Example     string `json:"example,omitempty"`
	Secret      bool   `json:"secret"`
	Required    bool   `json:"required"`
	Restart     bool   `json:"needs_restart"`
	NoEffect    string `json:"no_effect,omitempty"`
}

func explain(k config.Key) explained {
	return explained{
		Key: k.Path, Help: k.Help, Type: k.Type(), Allowed: k.Allowed(), Default: k.Default, Environment: k.Env(),
		Example: k.Example, Secret: k.Secret(), Required: k.Required, Restart: k.Restart, NoEffect: k.NoEffect,
	}
}

func explainKey(e *env, format outputFormat, k config.Key) error {
	if format != formatTable {
		return format.write(e.Stdout, explain(k))
	}
	_, err := fmt.Fprint(e.Stdout, k.Explain())
	return err
}

func listKeys(e *env, format outputFormat, keys []config.Key) error {
	if format != formatTable {
		all := make([]explained, len(keys))
		for i, k := range keys {
			all[i] = explain(k)
		}
		return format.write(e.Stdout, all)
	}
	table := tabwriter.NewWriter(e.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tTYPE\tDEFAULT")
	for _, k := range keys {
		fmt.Fprintf(table, "%s\t%s\t%s\n", k.Path, k.Type(), cell(k.Default))
	}
	return table.Flush()
}
