package cli

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
)

// lineHandler writes the lines of slog.TextHandler in half of its time, as long as no part of a line needs
// quotes: those of requests, of which each has one. It leaves other lines to that handler.
type lineHandler struct {
	slog.Handler // the TextHandler

	to    *logWriter
	attrs []byte // those of WithAttrs, as they stand on a line
	plain bool   // nothing of them needs quotes, and there is no group
}

// Handle implements slog.Handler.
func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	if !h.plain || r.Time.IsZero() || !isPlain(r.Message) {
		return h.Handler.Handle(ctx, r)
	}
	var space [512]byte
	line := r.Time.AppendFormat(append(space[:0], "time="...), "2006-01-02T15:04:05.000Z07:00")
	line = append(append(line, " level="...), r.Level.String()...)
	line = append(append(line, " msg="...), r.Message...)
	line = append(line, h.attrs...)
	plain := true
	r.Attrs(func(a slog.Attr) bool {
		line, plain = appendAttr(line, a)
		return plain
	})
	if !plain {
		return h.Handler.Handle(ctx, r)
	}
	_, err := h.to.Write(append(line, '\n'))
	return err
}

// WithAttrs implements slog.Handler.
func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler, h.attrs = h.Handler.WithAttrs(attrs), slices.Clone(h.attrs)
	for _, a := range attrs {
		var plain bool
		h.attrs, plain = appendAttr(h.attrs, a)
		h.plain = h.plain && plain
	}
	return h
}

// WithGroup implements slog.Handler.
func (h lineHandler) WithGroup(name string) slog.Handler {
	h.Handler, h.plain = h.Handler.WithGroup(name), h.plain && name == ""
	return h
}

// appendAttr appends an attribute, and reports whether that is how slog writes it.
func appendAttr(line []byte, a slog.Attr) ([]byte, bool) {
	line = append(append(append(line, ' '), a.Key...), '=')
	switch a.Value.Kind() {
	case slog.KindString:
		text := a.Value.String()
		return append(line, text...), isPlain(a.Key) && isPlain(text)
	case slog.KindInt64:
		return strconv.AppendInt(line, a.Value.Int64(), 10), isPlain(a.Key)
	case slog.KindDuration:
		return append(line, a.Value.Duration().String()...), isPlain(a.Key)
	default:
		return line, false
	}
}

// isPlain reports whether slog writes a text without quotes. It doubts some that it would.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\' {
			return false
		}
	}
	return s != ""
}
