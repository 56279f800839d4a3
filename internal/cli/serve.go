package cli

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// configFlags are the flags of every command that reads a configuration.
type configFlags struct {
	files []string
	dev   bool
	// v05 tells that the command line is one of v0.5.
	v05 bool
}

// variableConfig names configuration files where no -c does, as in images.
const variableConfig = "SYMBOLON_CONFIG"

// source is what a configuration is read from. Files that do not say which release
// they are for are of v0.5 where the command line is.
func (f *configFlags) source(e *env) config.Source {
	if len(f.files) == 0 {
		f.files = filepath.SplitList(e.variable(variableConfig))
	}
	source := config.Source{Files: f.files, Environ: e.Environ, Dev: f.dev}
	if f.v05 {
		source.Release = "v0.5"
	}
	return source
}

func (f *configFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.files, "config", "c", nil, "configuration `FILE` (.yaml, .json, .toml), or setup directory; may be repeated, later ones win (default SYMBOLON_CONFIG)")
}

// load reads the configuration and prints its warnings.
func (f *configFlags) load(e *env) (*config.Config, error) {
	c, report, err := config.Load(f.source(e))
	if err != nil {
		return nil, err
	}
	for _, w := range report.Warnings {
		fmt.Fprintf(e.Stderr, "warning: %v\n", w)
	}
	return c, nil
}

func newServeCommand(e *env) *cobra.Command {
	var f configFlags
	var migrate, quiet, ignored bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server: the public and the admin listener and the courier",
		Long: `Run the server until it gets SIGINT or SIGTERM; it then finishes the requests in
progress within 10 seconds. Changed configuration files are put in force by
themselves, and on SIGHUP; the log says what changed and what needs a restart.

Without -c an embedded profile applies: SQLite in ./symbolon.db, secrets in
./symbolon.db.secrets, the public listener on 127.0.0.1:4433 with its own pages,
the admin listener on 127.0.0.1:4434. Every key can be set in the environment:
SERVE_PUBLIC_PORT=8080 sets serve.public.port. 'symbolon config explain KEY'
tells what a key does.`,
		Example: `  symbolon serve
  symbolon serve --dev -c kratos.yml
  SERVE_PUBLIC_PORT=8080 symbolon serve`,
		Args: onlyAll, // "serve all" is how older releases were started
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Collections took a tenth of a start and freed little. A memory limit holds all the same.
			collect := debug.SetGCPercent(-1)
			defer debug.SetGCPercent(collect)
			cfg, report, err := config.Load(f.source(e))
			if err != nil {
				return err
			}
			started := time.Now()
			log, flush := newLogger(e.Stderr, cfg.Log)
			defer flush()
			a, err := app.New(cmd.Context(), app.Options{
				Config: cfg, Now: time.Now, Logger: log, Version: buildVersion(), Migrate: migrate,
			})
			if err != nil {
				return located(report, err)
			}
			for _, w := range report.Warnings {
				fmt.Fprintf(e.Stderr, "warning: %v\n", w)
			}
			go keepCurrent(cmd.Context(), &f, e, a, log)
			debug.SetGCPercent(collect)
			defer shareProcessors(e)()
			return a.Run(cmd.Context(), func(at app.Addresses) {
				alive := clickable(at.Admin, cfg.Serve.Admin.TLS).JoinPath("health/alive")
				go newNotifier(e).follow(cmd.Context(), a.Ready, alive)
				if err := a.Ready(cmd.Context()); err != nil {
					log.Error("the server is not ready and answers 503", slog.Any("error", err), slog.String("run", f.migrateCommand()))
					return
				}
				go applyDeclared(cmd.Context(), a, cfg, report.Identities, log)
				if !quiet {
					greet(e.Stdout, cfg, at, time.Since(started))
				}
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.dev, "dev", false, "development: cookies without Secure, lenient checks; never for production")
	c.Flags().BoolVar(&migrate, "migrate", false, "bring the database up to date first (SQLite always is)")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print no greeting")
	c.Flags().BoolVar(&f.v05, "disable-telemetry", false, "a flag of v0.5: files that name no version are read as its files; there is no telemetry")
	c.Flags().BoolVar(&ignored, "sqa-opt-out", false, "accepted and without effect: there is no telemetry")
	c.Flags().BoolVar(&ignored, "watch-courier", false, "accepted and without effect: mail is always delivered")
	return c
}

// shareProcessors runs Go on twice as many threads as there are processors, and returns how to undo that. Nothing
// interrupts the code that hashes passwords for milliseconds, and the runtime looks at the network in between alone: while
// 300 people signed in at once, a session check took up to 350 ms. With threads to spare the system shares the processors,
// and it takes 6 ms. An operator who sets GOMAXPROCS decides instead; under a quota of processor time, which Go keeps to with
// fewer threads, more of them would only spend it sooner.
func shareProcessors(e *env) (undo func()) {
	if slices.ContainsFunc(e.Environ, func(v string) bool { return strings.HasPrefix(v, "GOMAXPROCS=") }) {
		return func() {}
	}
	before := runtime.GOMAXPROCS(0)
	if before < runtime.NumCPU() {
		return func() {}
	}
	runtime.GOMAXPROCS(2 * before)
	return func() { runtime.GOMAXPROCS(before) }
}

// onlyAll accepts nothing, or the word that older releases wanted.
func onlyAll(c *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] == "all" {
		return nil
	}
	return cobra.NoArgs(c, args)
}

// migrateCommand is the command that brings the database up to date.
func (f *configFlags) migrateCommand() string {
	var command strings.Builder
	command.WriteString("symbolon migrate sql -e")
	for _, file := range f.files {
		command.WriteString(" -c " + file)
	}
	return command.String()
}

// greet tells a person where to go.
func greet(w io.Writer, c *config.Config, at app.Addresses, took time.Duration) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Symbolon %s is ready (%d ms).\n\n", buildVersion(), took.Milliseconds())
	line := func(name, text string) { fmt.Fprintf(&b, "  %-14s %s\n", name, text) }
	public, admin := clickable(at.Public, c.Serve.Public.TLS), clickable(at.Admin, c.Serve.Admin.TLS)
	pages := c.Serve.Public.BaseURL
	if c.Serve.Public.BaseURLGuessed {
		pages = public
	}
	line("Pages", pages.String())
	line("Sign up", pages.JoinPath("self-service/registration/browser").String())
	line("Public API", public.String())
	line("Admin API", admin.String())
	if c.Courier.SMTP.ConnectionURI == "" {
		line("Mailbox", admin.JoinPath("mailbox").String())
	}
	if c.Serve.Admin.Console.Enabled {
		line("Console", admin.JoinPath("console").String())
	}
	line("Database", c.DSN.String())
	if c.Embedded {
		fmt.Fprintf(&b, "\n  This is the embedded profile: made to try out, ready to keep.\n  'symbolon config print' shows every setting and where it comes from.\n")
	}
	fmt.Fprintln(&b)
	_, _ = io.WriteString(w, b.String())
}

// clickable is an address of this machine that a browser on it can open.
func clickable(address string, t config.TLS) *url.URL {
	u := &url.URL{Scheme: "http", Host: address}
	if t.Enabled() {
		u.Scheme = "https"
	}
	if a, err := netip.ParseAddrPort(address); err == nil && a.Addr().IsUnspecified() {
		u.Host = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port()).String()
	}
	return u
}

// newLogger returns the logger that log.level and log.format ask for, and how to write the
// lines that still wait at the end.
func newLogger(w io.Writer, c config.Log) (log *slog.Logger, flush func()) {
	options := &slog.HandlerOptions{Level: level(c.Level)}
	writer := newLogWriter(w)
	var handler slog.Handler = lineHandler{Handler: slog.NewTextHandler(writer, options), to: writer, plain: true}
	if c.Format == "json" {
		handler = slog.NewJSONHandler(writer, options)
	}
	return slog.New(promptHandler{handler, writer}), writer.Flush
}

// level maps the words of v0.5 to those of slog.
func level(word string) slog.Level {
	switch word {
	case "trace", "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error", "fatal", "panic":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
