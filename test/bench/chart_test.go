package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestChart(t *testing.T) {
	t.Parallel()
	c := chart{"Time <of> requests", "identities", "µs", []line{
		{"one & two", []point{{1e3, 10}, {1e6, 35}}},
		{"three", []point{{1e3, 0}, {1e6, 0}}},
	}}
	drawn := c.svg()
	for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, drawn)
		}
	}
	// 35 is at 35/40 of the height, a million at the right end.
	for _, want := range []string{`cx="450.0" cy="71.5"`, `>1M<`, `>1000<`, `>40<`, `one &amp; two`, `&lt;of&gt;`} {
		if !strings.Contains(drawn, want) {
			t.Errorf("no %s in\n%s", want, drawn)
		}
	}
}

func TestNiceTop(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]float64{0: 1, 0.3: 0.4, 1: 1, 3: 4, 9: 10, 35: 40, 81: 100, 1001: 2000} {
		if got := niceTop(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("niceTop(%v) = %v, want %v", v, got, want)
		}
	}
}
