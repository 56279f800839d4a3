package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

func newConfigCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, show and explain settings",
		Long: `Settings come from defaults, files (-c, or an embedded profile without any), the
environment and flags, in this order; later ones win. Every key can be set in
the environment: serve.public.port is SERVE_PUBLIC_PORT.`,
		Example: `  symbolon config validate -c kratos.yml
  symbolon config print -c kratos.yml --changed
  symbolon config explain serve.public.port
  symbolon config schema > symbolon.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newConfigValidateCommand(e), newConfigPrintCommand(e), newConfigSchemaCommand(e), newConfigExplainCommand(e))
	return c
}

func (f *configFlags) addWithDev(c *cobra.Command) {
	f.add(c)
	c.Flags().BoolVar(&f.dev, "dev", false, "judge as 'serve --dev' does")
}

func newConfigValidateCommand(e *env) *cobra.Command {
	var f configFlags
	var format outputFormat
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration without starting anything",
		Long: `Read the configuration as serve does, and the files that it names: schemas,
mappers, certificates, templates, pictures. Everything that is wrong is named with
file, line and column. Warnings do not make it wrong. The database is not asked,
but a SQLite file and its folder must be writable for this user (a file whose name
starts with .symbolon-check- is made there and removed at once), and the hosts to
listen at must be addresses of this machine: run it where serve is to run.

Exit codes: 0 valid, 1 not valid, 2 wrong usage.`,
		Example: `  symbolon config validate -c kratos.yml
  symbolon config validate -c base.yml -c production.yml --format json
  SERVE_PUBLIC_PORT=8080 symbolon config validate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := f.check(cmd.Context(), e)
			if format != formatTable {
				return writeVerdict(e, format, report, err)
			}
			if err != nil {
				fmt.Fprintf(e.Stderr, "symbolon: %v\n", err)
			}
			for _, w := range report.Warnings {
				fmt.Fprintf(e.Stderr, "warning: %v\n", w)
			}
			if err != nil {
				return toldError{err}
			}
			fmt.Fprintln(e.Stdout, "The configuration is valid.")
			f.tellUnread(e)
			return nil
		},
	}
	f.addWithDev(c)
	format.add(c)
	return c
}

// check reads the configuration and composes a server of it, as serve does.
func (f *configFlags) check(ctx context.Context, e *env) (*config.Report, error) {
	c, report, err := config.Load(f.source(e))
	if err != nil {
		return report, err
	}
	warnings, err := app.Check(ctx, c)
	report.Warnings = append(report.Warnings, report.Locate(warnings)...)
	return report, located(report, err)
}

// located gives the problems of a composition the places of their keys.
func located(report *config.Report, err error) error {
	if problems, ok := errors.AsType[config.Problems](err); ok {
		return config.Problems(report.Locate(problems))
	}
	return err
}

// tellUnread names a configuration file that lies there and was not read.
func (f *configFlags) tellUnread(e *env) {
	if len(f.files) > 0 {
		return
	}
	for _, name := range []string{"symbolon.yml", "symbolon.yaml", "kratos.yml", "kratos.yaml"} {
		if _, err := os.Stat(name); err == nil {
			fmt.Fprintf(e.Stderr, "note: no file was given, so this is about the embedded profile; for %s add -c %s\n", name, name)
			return
		}
	}
}

// finding is a problem or a warning in JSON and YAML.
type finding struct {
	Key    string `json:"key,omitempty"`
	Source string `json:"source,omitempty"`
	Text   string `json:"text"`
}

func findings(problems []config.Problem) []finding {
	out := make([]finding, len(problems))
	for i, p := range problems {
		out[i] = finding{Key: p.Key, Source: p.Origin.String(), Text: p.Text}
	}
	return out
}

func writeVerdict(e *env, format outputFormat, report *config.Report, problems error) error {
	list, _ := errors.AsType[config.Problems](problems)
	err := format.write(e.Stdout, struct {
		Valid    bool      `json:"valid"`
		Problems []finding `json:"problems"`
		Warnings []finding `json:"warnings"`
	}{problems == nil, findings(list), findings(report.Warnings)})
	if err == nil && problems != nil {
		err = fmt.Errorf("the configuration is not valid: %d mistakes", len(list))
	}
	return err
}

func newConfigPrintCommand(e *env) *cobra.Command {
	var f configFlags
	var format outputFormat
	var changed bool
	c := &cobra.Command{
		Use:   "print",
		Short: "Show every setting and where its value comes from",
		Long: `Show every setting as serve would use it, and where the value comes from: file,
line and column, environment variable, or default. Secrets are blotted out.
--format yaml is a configuration file with the places as comments.`,
		Example: `  symbolon config print
  symbolon config print -c kratos.yml --changed
  symbolon config print -c kratos.yml --format yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, report, err := config.Load(f.source(e))
			if err != nil {
				return err
			}
			if changed {
				report.Values = onlyChanged(report.Values)
			}
			return printValues(e, format, report)
		},
	}
	f.addWithDev(c)
	format.add(c)
	c.Flags().BoolVar(&changed, "changed", false, "leave out what has its default value")
	return c
}

func onlyChanged(all []config.Value) []config.Value {
	var kept []config.Value
	for _, v := range all {
		if v.Origin.Kind != config.FromDefault {
			kept = append(kept, v)
		}
	}
	return kept
}

func printValues(e *env, format outputFormat, report *config.Report) error {
	if format == formatYAML {
		data, err := report.YAML()
		if err != nil {
			return err
		}
		_, err = e.Stdout.Write(data)
		return err
	}
	if format == formatJSON {
		type row struct {
			Key    string `json:"key"`
			Value  any    `json:"value"`
			Source string `json:"source"`
		}
		rows := make([]row, len(report.Values))
		for i, v := range report.Values {
			rows[i] = row{v.Key.Path, v.Value, v.Origin.String()}
		}
		return format.write(e.Stdout, rows)
	}
	table := tabwriter.NewWriter(e.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tVALUE\tSOURCE")
	for _, v := range report.Values {
		fmt.Fprintf(table, "%s\t%s\t%s\n", v.Key.Path, cell(v.Text()), v.Origin)
	}
	return table.Flush()
}

// cell keeps a value on its line and shows that there is none.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(text)
}

func newConfigSchemaCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON Schema of configuration files, for editors",
		Long: `Print a JSON Schema (draft 7). Editors that know it complete names and mark
mistakes while you write; in YAML the first line names it:

  # yaml-language-server: $schema=symbolon.schema.json`,
		Example: `  symbolon config schema > symbolon.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data, err := config.JSONSchema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.Stdout, "%s\n", data)
			return err
		},
	}
}
