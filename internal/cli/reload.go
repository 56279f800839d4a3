package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// lookEvery is how often the files of the configuration and the certificates are looked
// at. A poll sees every way in which files get replaced, network and container mounts
// included.
const lookEvery = 2 * time.Second

// keepCurrent puts changed configuration files and certificates in force until ctx ends,
// and looks at once on SIGHUP. What can't be used is logged and left.
func keepCurrent(ctx context.Context, f *configFlags, e *env, a *app.App, log *slog.Logger) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	seen := f.state()
	for {
		forced := false
		select {
		case <-ctx.Done():
			return
		case <-hup:
			forced = true
		case <-ticker.C:
		}
		a.ReloadCertificates()
		now := f.state()
		if now == seen && !forced {
			continue
		}
		seen = now
		next, report, err := config.Load(f.source(e))
		if err == nil {
			err = a.Reload(next)
		}
		if err == nil {
			applyDeclared(ctx, a, next, report.Identities, log)
		} else {
			log.Error("configuration files changed and can't be used, the configuration before stays in force", slog.Any("error", err))
		}
	}
}

// state tells versions of the files apart: their times and sizes.
func (f *configFlags) state() string {
	var state []byte
	for _, path := range f.files {
		state = appendState(state, path)
		entries, err := os.ReadDir(path) // an error for a file
		if err != nil {
			continue
		}
		for _, entry := range entries {
			state = append(state, entry.Name()...)
			state = appendState(state, filepath.Join(path, entry.Name()))
		}
	}
	return string(state)
}

func appendState(state []byte, path string) []byte {
	info, err := os.Stat(path)
	if err != nil {
		return state
	}
	state = info.ModTime().AppendFormat(state, time.RFC3339Nano)
	return append(state, byte(info.Size()), byte(info.Size()>>8), byte(info.Size()>>16))
}
