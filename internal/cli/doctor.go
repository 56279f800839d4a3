package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/doctor"
)

// maxAuthorities bounds the file of --ca.
const maxAuthorities = 1 << 20

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	admin, origin, authorities string
	timeout                    time.Duration
	format                     outputFormat
}

func newDoctorCommand(e *env) *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor URL",
		Short: "Find out what is wrong between browsers and a server",
		Long: `Walk through a login at a public URL as browsers and apps do, and name the
broken link: addresses, certificates, redirects, cookies, tokens, pages, forms,
headers, caches, clocks, and an admin API that everybody can reach.

Each check says what was seen. For what is wrong it says what usually is behind
it and which setting or which line of the proxy to change. The first broken link
comes first: mend it and ask again, since those behind it may be its doing.

URL is what people type, with the proxy in front. Nothing is changed: some login
flows are started, and a wrong password is sent for an address that does not
exist.

Exit codes: 0 no fault, though there may be warnings; 1 a fault was found; 2
wrong usage.`,
		Example: `  symbolon doctor https://auth.example.org
  symbolon doctor http://127.0.0.1:4433 --admin http://127.0.0.1:4434
  symbolon doctor https://auth.example.org --origin https://app.example.org
  symbolon doctor https://auth.example.org --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			config, err := f.config(args[0])
			if err != nil {
				return err
			}
			report := doctor.Examine(c.Context(), config)
			if err := c.Context().Err(); err != nil {
				return err
			}
			if err := writeReport(e, f.format, report); err != nil {
				return err
			}
			if report.Broken() {
				return fmt.Errorf("%s is broken: %s", visible(report.URL), report.Headline.Code)
			}
			return nil
		},
	}
	c.Flags().StringVar(&f.admin, "admin", "", "`URL` of the admin listener, to look at it too")
	c.Flags().StringVar(&f.origin, "origin", "", "`URL` of an application whose scripts call the server, to check CORS")
	c.Flags().StringVar(&f.authorities, "ca", "", "`FILE` with certificates (PEM) of authorities to trust beside the system's")
	c.Flags().DurationVar(&f.timeout, "timeout", 10*time.Second, "how long one answer may take")
	f.format.add(c)
	return c
}

func (f *doctorFlags) config(target string) (doctor.Config, error) {
	config := doctor.Config{Timeout: f.timeout, Agent: "symbolon-doctor/" + buildVersion(), Now: time.Now}
	var err error
	if config.URL, err = webURL("URL", target); err != nil {
		return config, err
	}
	if f.admin != "" {
		if config.Admin, err = webURL("--admin", f.admin); err != nil {
			return config, err
		}
	}
	if f.origin != "" {
		u, err := webURL("--origin", f.origin)
		if err != nil {
			return config, err
		}
		config.Origin = u.Scheme + "://" + u.Host
	}
	if f.timeout <= 0 {
		return config, usageError{errors.New("--timeout must be longer than 0")}
	}
	if f.authorities == "" {
		return config, nil
	}
	pem, err := readBounded(f.authorities, maxAuthorities)
	if err != nil {
		return config, fmt.Errorf("--ca: %w", err)
	}
	if config.Roots, err = x509.SystemCertPool(); err != nil {
		return config, fmt.Errorf("--ca: %w", err)
	}
	if !config.Roots.AppendCertsFromPEM(pem) {
		return config, fmt.Errorf("--ca: %s has no certificate in PEM form", f.authorities)
	}
	return config, nil
}

// webURL reads an address of the command line.
func webURL(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" {
		return nil, usageError{fmt.Errorf("%s is %q and must be a URL like https://auth.example.org", name, visible(text))}
	}
	if u.User != nil {
		return nil, usageError{fmt.Errorf("%s holds a user name or password, which browsers do not send: leave it out", name)}
	}
	return u, nil
}

// writeReport prints what was found: the checks, then what to do about those
// that did not go well.
func writeReport(e *env, format outputFormat, report *doctor.Report) error {
	if format != formatTable {
		return format.write(e.Stdout, report)
	}
	var rows [][]string
	var skipped []string
	for i := range report.Checks {
		c := &report.Checks[i]
		if c.Status == doctor.Skipped && report.Broken() {
			skipped = append(skipped, c.Name)
			continue
		}
		rows = append(rows, []string{statusWord(c.Status), c.Name, truncate(c.Seen, widestSeen)})
	}
	if err := writeTable(e.Stdout, []string{"STATUS", "CHECK", "SEEN"}, rows); err != nil {
		return err
	}
	if len(skipped) > 0 {
		fmt.Fprintf(e.Stdout, "\n%s\n", wrapped(fmt.Sprintf(
			"Skipped, since they say nothing until what comes before them is mended: %s.", strings.Join(skipped, ", ")), ""))
	}
	if report.Headline == nil {
		fmt.Fprintf(e.Stdout, "\n%s is well.\n", visible(report.URL))
		return nil
	}
	writeTrouble(e, "First: ", report.Headline)
	told := map[string]bool{report.Headline.Code: true}
	for i := range report.Checks {
		if c := &report.Checks[i]; c.Code != "" && !told[c.Code] {
			told[c.Code] = true
			writeTrouble(e, "Then: ", c)
		}
	}
	return nil
}

// widestSeen is the most of what was seen that the table shows; the rest stands
// below it.
const widestSeen = 100

// statusWord makes faults stand out without colours.
func statusWord(s doctor.Status) string {
	if s == doctor.Fault {
		return "FAULT"
	}
	return string(s)
}

func writeTrouble(e *env, label string, c *doctor.Check) {
	fmt.Fprintf(e.Stdout, "\n%s%s.\n", label, visible(c.Title))
	for _, part := range []struct{ name, text string }{
		{"Seen", c.Seen}, {"Cause", c.Cause}, {"Remedy", c.Remedy}, {"More", "docs/troubleshooting.md, " + c.Code},
	} {
		fmt.Fprintf(e.Stdout, "  %-8s%s\n", part.name, wrapped(visible(part.text), "          "))
	}
}

// lineWidth is where paragraphs are broken.
const lineWidth = 80

// wrapped breaks a text between its words; all lines but the first begin with
// the margin.
func wrapped(text, margin string) string {
	var b strings.Builder
	column := len(margin)
	for i, word := range strings.Fields(text) {
		width := len([]rune(word))
		switch {
		case i == 0:
		case column+1+width > lineWidth:
			b.WriteString("\n" + margin)
			column = len(margin)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String()
}
