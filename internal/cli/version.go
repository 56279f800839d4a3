package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version and commit are set by the release build (-ldflags "-X …"); others say
// what Go knows of the build.
var (
	version = ""
	commit  = "" //nolint:gochecknoglobals // the linker sets it, as it does version
)

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// buildCommit is the commit that the program was built from, empty if the build
// does not know.
func buildCommit() string {
	if commit != "" {
		return commit
	}
	revision, changed := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				changed = s.Value == "true"
			}
		}
	}
	if revision != "" && changed {
		return revision + " with changes"
	}
	return revision
}

func newVersionCommand(e *env) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: cobra.NoArgs,
		Long: `Print the version of this program, and in a second line the commit that it was
built from, the release of Go and the system.`,
		Example: `  symbolon version
  symbolon version --quiet`,
		RunE: func(*cobra.Command, []string) error {
			text := buildVersion()
			if !quiet {
				text += fmt.Sprintf("\ncommit %s, %s, %s/%s", cmp.Or(buildCommit(), "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			}
			_, err := fmt.Fprintln(e.Stdout, text)
			return err
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the version alone")
	return c
}
