package config

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// durationPattern is that of v0.5, ^[0-9]+(ns|us|ms|s|m|h)$, and several of
// them one after the other.
const durationPattern = `^([0-9]+(ns|us|ms|s|m|h))+$`

func parseDuration(text string) (time.Duration, bool) {
	if ok, err := regexp.MatchString(durationPattern, text); !ok || err != nil {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// formatDuration is the shortest text that parseDuration reads back as d.
func formatDuration(d time.Duration) string {
	var out strings.Builder
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{time.Hour, "h"},
		{time.Minute, "m"},
		{time.Second, "s"},
		{time.Millisecond, "ms"},
		{time.Microsecond, "us"},
		{time.Nanosecond, "ns"},
	} {
		if count := d / unit.size; count > 0 {
			out.WriteString(strconv.FormatInt(int64(count), 10) + unit.name)
			d %= unit.size
		}
	}
	if out.Len() == 0 {
		return "0s"
	}
	return out.String()
}
