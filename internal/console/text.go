package console

import (
	"math"
	"strconv"
	"time"
)

// roundedUp writes a duration as people say it, rounded up.
func roundedUp(d time.Duration) string {
	switch {
	case d <= time.Minute:
		return plural(int(math.Ceil(d.Seconds())), "second", "seconds")
	case d <= time.Hour:
		return plural(int(math.Ceil(d.Minutes())), "minute", "minutes")
	case d <= 48*time.Hour:
		return plural(int(math.Ceil(d.Hours())), "hour", "hours")
	}
	return plural(int(math.Ceil(d.Hours()/24)), "day", "days")
}

// roundedDown writes a duration as people say it, rounded down.
func roundedDown(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour", "hours")
	}
	return plural(int(d.Hours()/24), "day", "days")
}

// plural writes a number and what is counted.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// mebibytes writes an amount of memory.
func mebibytes(bytes int64) string { return grouped(int(bytes>>20)) + " MiB" }
