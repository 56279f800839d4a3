package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/config"
)

// wantSameLine writes a line by newLogger and by slog's own handler.
func wantSameLine(t *testing.T, r slog.Record, before ...slog.Attr) {
	t.Helper()
	var got, want bytes.Buffer
	log, flush := newLogger(&got, config.Log{})
	for _, h := range []slog.Handler{log.Handler(), slog.NewTextHandler(&want, nil)} {
		if len(before) > 0 {
			h = h.WithAttrs(before)
		}
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	flush()
	if got.String() != want.String() {
		t.Errorf("wrote\n%s in place of\n%s", got.String(), want.String())
	}
}

func TestLineHandler(t *testing.T) {
	t.Parallel()
	spaced := "a key" // the linter knows no such keys
	at := time.Date(2026, 12, 1, 4, 5, 6, 70_899_999, time.FixedZone("", 3600))
	for name, attrs := range map[string][]slog.Attr{
		"a request": {
			slog.Int("status", 200), slog.Duration("took", 1234567), slog.String("request_id", "3b1f"), slog.String("client", "::1"),
		},
		"a text with a space":  {slog.String("error", "not found")},
		"no text":              {slog.String("error", "")},
		"a text with a quote":  {slog.String("error", `"`), slog.Int("n", 1)},
		"an equals sign":       {slog.String("query", "a=b")},
		"a line break":         {slog.String("error", "a\nlevel=ERROR")},
		"a backslash":          {slog.String("path", `c:\x`)},
		"letters beyond ASCII": {slog.String("name", "Zoë"), slog.String("\u00e9", "x")},
		"a key with a space":   {slog.Int(spaced, 1)},
		"an empty attribute":   {{}, slog.Int("n", -1)},
		"a group":              {slog.Group("g", slog.Int("n", 1))},
		"other kinds":          {slog.Bool("b", true), slog.Any("error", errors.New("x")), slog.Time("at", at), slog.Float64("f", .5), slog.Uint64("u", 1)},
		"more than five":       {slog.Int("a", 1), slog.Int("b", 2), slog.Int("c", 3), slog.Int("d", 4), slog.Int("e", 5), slog.Int("f", 6), slog.String("g", "h")},
		"no duration":          {slog.Duration("took", 0)},
		"nothing else":         nil,
	} {
		for _, level := range []slog.Level{slog.LevelInfo, slog.LevelInfo + 1, slog.LevelError} {
			r := slog.NewRecord(at, level, "request", 0)
			r.AddAttrs(attrs...)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				wantSameLine(t, r)
				wantSameLine(t, r, attrs...)
			})
		}
	}
	for name, r := range map[string]slog.Record{
		"no time": slog.NewRecord(time.Time{}, slog.LevelInfo, "request", 0), "no message": slog.NewRecord(at, slog.LevelInfo, "", 0),
		"a sentence": slog.NewRecord(at.UTC(), slog.LevelWarn, "it could not", 0), "world time": slog.NewRecord(at.UTC(), slog.LevelInfo, "ready", 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantSameLine(t, r)
		})
	}
	t.Run("after a group", func(t *testing.T) {
		t.Parallel()
		var got, want bytes.Buffer
		log, flush := newLogger(&got, config.Log{})
		r := slog.NewRecord(at, slog.LevelInfo, "request", 0)
		r.AddAttrs(slog.Int("n", 1))
		_ = log.Handler().WithGroup("g").Handle(t.Context(), r)
		_ = slog.NewTextHandler(&want, nil).WithGroup("g").Handle(t.Context(), r)
		if flush(); got.String() != want.String() {
			t.Errorf("wrote %q in place of %q", got.String(), want.String())
		}
	})
}

func FuzzLineHandler(f *testing.F) {
	f.Add("request", "client", "127.0.0.1", int64(1_790_000_000_123_456))
	f.Add("it ended", "a b", "é=\"\n\\", int64(-1))
	f.Fuzz(func(t *testing.T, message, key, value string, micros int64) {
		at := time.UnixMicro(micros % (1 << 55)).UTC()
		r := slog.NewRecord(at, slog.LevelInfo, message, 0)
		r.AddAttrs(slog.String(key, value), slog.Int64("n", micros), slog.Duration(key, time.Duration(micros)))
		wantSameLine(t, r)
		wantSameLine(t, r, slog.String(key, value))
	})
}
