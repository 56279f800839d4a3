package cli

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// startSite starts both listeners of a server whose base URL is where it is
// reached, with the clock of this machine.
func startSite(t *testing.T) (public, admin string) {
	t.Helper()
	front, back := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	address := "http://" + front.Listener.Addr().String()
	c, _, err := config.Load(config.Source{Environ: []string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SERVE_PUBLIC_BASE_URL=" + address + "/",
	}})
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	a, err := app.New(t.Context(), app.Options{Config: c, Now: time.Now, Version: "v0.0.0-test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = a.Close() })
	front.Config.Handler, back.Config.Handler = a.Public(), a.Admin()
	front.Start()
	back.Start()
	t.Cleanup(front.Close)
	t.Cleanup(back.Close)
	return address, back.URL
}

func TestTheDoctorSaysWhatItSaw(t *testing.T) {
	t.Parallel()
	public, admin := startSite(t)
	s := &server{folder: t.TempDir()}
	var text strings.Builder
	for _, args := range [][]string{
		{"doctor", public, "--admin", admin},
		{"doctor", public, "--origin", "https://app.example.org/somewhere"},
		{"doctor", strings.Replace(public, "127.0.0.1", "localhost", 1)},
		{"doctor", admin},
		{"doctor", admin, "--format", "yaml"},
		{"doctor"},
		{"doctor", "auth.example.org"},
		{"doctor", "https://jane:secret@auth.example.org"},
		{"doctor", public, "--ca", filepath.Join(s.folder, "missing.pem")},
		{"doctor", public, "--timeout", "0s"},
	} {
		got := s.run(t, "", args...)
		text.WriteString("$ symbolon " + strings.Join(args, " ") + "\n" + got.out)
		for line := range strings.Lines(got.err) {
			text.WriteString("! " + line)
		}
		text.WriteString("[" + string(rune('0'+got.code)) + "]\n\n")
	}
	names := strings.NewReplacer(public, "http://127.0.0.1:4433", strings.Replace(public, "127.0.0.1", "localhost", 1), "http://localhost:4433",
		admin, "http://127.0.0.1:4434", s.folder+string(filepath.Separator), "")
	compareFile(t, filepath.Join("testdata", "doctor.txt"), names.Replace(text.String()))
}

func TestTheDoctorsReportIsReadByPrograms(t *testing.T) {
	t.Parallel()
	public, admin := startSite(t)
	s := &server{}
	var report struct {
		URL      string
		Headline *struct{ Code, Status, Remedy string }
		Checks   []struct{ Name, Status, Seen string }
	}
	for target, want := range map[string]struct {
		code     int
		headline string
	}{public: {exitOK, ""}, admin: {exitFailed, "admin_instead"}} {
		got := s.run(t, "", "doctor", target, "--format", "json")
		report.Headline = nil
		if err := json.Unmarshal([]byte(got.out), &report); err != nil {
			t.Fatalf("%v in %s", err, got.out)
		}
		headline := ""
		if report.Headline != nil {
			headline = report.Headline.Code
		}
		if got.code != want.code || headline != want.headline || len(report.Checks) < 20 {
			t.Errorf("%s: exit code %d, headline %q, %d checks", target, got.code, headline, len(report.Checks))
		}
	}
}

func TestTheDoctorMakesNoAccount(t *testing.T) {
	t.Parallel()
	public, admin := startSite(t)
	s := &server{environ: []string{"SYMBOLON_ADMIN_URL=" + admin}}
	if got := s.run(t, "", "doctor", public); got.code != exitOK {
		t.Fatalf("exit code %d: %s%s", got.code, got.out, got.err)
	}
	if got := s.run(t, "", "identities", "list", "--quiet"); got.code != exitOK || got.out != "" {
		t.Errorf("there are accounts: %s%s", got.out, got.err)
	}
}
