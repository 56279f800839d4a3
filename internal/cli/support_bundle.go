package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/config"
)

// maxBundledLog is how much of the end of a log file a bundle holds, in bytes.
const maxBundledLog = 2 << 20

func newSupportBundleCommand(e *env) *cobra.Command {
	f := clientFlags{any: true}
	var logs []string
	c := &cobra.Command{
		Use:   "support-bundle [FILE]",
		Short: "Collect what others need to know to help, without secrets",
		Long: `Write a .tar.gz with what is needed to understand how a server is set up and how
it is: version, every setting with its source, what is wrong or unwise in the
configuration, the names (not the values) of variables that are settings, the
state of the server's parts and its metrics. Secrets and passwords are blotted
out, and nothing of any identity is read.

A server that does not answer, or a configuration that can't be read, is
written down like the rest and does not fail the command. --log adds the end of
a log file. The server logs no secrets; look through what you append to its log.

FILE is symbolon-support-TIME.tar.gz if none is named, and is readable by you
alone. Look at it before you send it: tar -xzf FILE.`,
		Example: `  symbolon support-bundle
  symbolon support-bundle -c /etc/symbolon/symbolon.yaml --log /var/log/symbolon.log bundle.tar.gz
  journalctl -u symbolon -n 5000 >log && symbolon support-bundle --log log`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "symbolon-support-" + time.Now().UTC().Format("20060102-150405") + ".tar.gz"
			if len(args) == 1 {
				name = args[0]
			}
			b := &bundle{files: map[string][]byte{}}
			b.collect(cmd.Context(), e, &f)
			for i, path := range logs {
				if err := b.addLog(i, path); err != nil {
					return err
				}
			}
			if err := b.write(name); err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s written:\n", name)
			for _, file := range b.names() {
				fmt.Fprintf(e.Stdout, "  %-20s %d bytes\n", file, len(b.files[file]))
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&logs, "log", nil, "add the end of this log `FILE`; may be repeated")
	return c
}

// bundle is what a support bundle holds, by file name.
type bundle struct {
	files map[string][]byte
}

func (b *bundle) names() []string {
	return slices.Sorted(maps.Keys(b.files))
}

func (b *bundle) add(name, format string, args ...any) {
	b.files[name] = fmt.Appendf(b.files[name], format, args...)
}

// addJSON adds a value as JSON.
func (b *bundle) addJSON(name string, value any) {
	format, out := formatJSON, &bytes.Buffer{}
	if err := format.write(out, value); err != nil {
		b.add(name, "%v\n", err)
		return
	}
	b.files[name] = out.Bytes()
}

// collect fills the bundle. What can't be had is told in its place.
func (b *bundle) collect(ctx context.Context, e *env, f *clientFlags) {
	b.add("version.txt", "%s\ncommit %s\n%s %s/%s, %d processors\n",
		buildVersion(), buildCommit(), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	b.addConfig(ctx, e, &f.configFlags)
	client, err := f.client(e)
	if err != nil {
		b.add("server.txt", "The server can't be asked: %v\n", err)
		return
	}
	defer client.Close()
	b.addServer(ctx, client)
}

func (b *bundle) addConfig(ctx context.Context, e *env, f *configFlags) {
	report, err := f.check(ctx, e)
	if report != nil {
		out := &bytes.Buffer{}
		table := formatTable
		if printErr := printValues(&env{Stdout: out}, table, report); printErr == nil {
			b.files["config.txt"] = out.Bytes()
		}
		names := map[string]bool{}
		for _, v := range report.Values {
			names[v.Key.Env()], names[v.Key.Env()+"_FILE"] = true, true
		}
		for _, pair := range e.Environ {
			name, _, _ := strings.Cut(pair, "=")
			if names[name] || strings.HasPrefix(name, "SYMBOLON_") || name == "GOMEMLIMIT" || name == "GOGC" || name == "GOMAXPROCS" {
				b.add("environment.txt", "%s is set\n", name)
			}
		}
		b.addJSON("warnings.json", findings(report.Warnings))
	}
	switch problems, listed := errors.AsType[config.Problems](err); {
	case listed:
		b.addJSON("problems.json", findings(problems))
	case err != nil:
		b.add("problems.txt", "%v\n", err)
	}
}

func (b *bundle) addServer(ctx context.Context, client *adminclient.Client) {
	status, err := askStatus(ctx, client)
	b.addJSON("status.json", status)
	if err != nil {
		b.add("server.txt", "%v\n", err)
		return
	}
	if version, err := client.Version(ctx); err == nil {
		b.add("server.txt", "The server is %s.\n", visible(version))
	}
	if text, err := client.Metrics(ctx); err == nil {
		b.files["metrics.txt"] = text
	} else {
		b.add("metrics.txt", "%v\n", err)
	}
}

// addLog adds the end of a log file.
func (b *bundle) addLog(number int, path string) error {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	if _, err := file.Seek(max(0, info.Size()-maxBundledLog), io.SeekStart); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxBundledLog))
	if err != nil {
		return err
	}
	b.files[fmt.Sprintf("log-%d.txt", number+1)] = text
	return nil
}

// write writes the archive to a file that must not exist.
func (b *bundle) write(name string) (err error) {
	file, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	packed := gzip.NewWriter(file)
	out := tar.NewWriter(packed)
	for _, name := range b.names() {
		header := &tar.Header{Name: "symbolon-support/" + name, Mode: 0o600, Size: int64(len(b.files[name])), ModTime: time.Now()}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := out.Write(b.files[name]); err != nil {
			return err
		}
	}
	return errors.Join(out.Close(), packed.Close())
}
