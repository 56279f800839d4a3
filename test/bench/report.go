package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// report collects the rows of the table that the bench prints.
type report struct {
	rows   []row
	notes  []string
	missed int
}

type row struct{ what, measured, reference, result, limit, verdict string }

func (r *report) add(what, measured, reference, result, limit string, ok bool) {
	verdict := "ok"
	if !ok {
		verdict = "MISSED"
		r.missed++
	}
	r.rows = append(r.rows, row{what, measured, reference, result, limit, verdict})
	fmt.Printf("%-36s %s  (%s) %s\n", what, result, limit, verdict)
}

// atLeast reports measured as a share of reference.
func (r *report) atLeast(what string, measured, reference, floor float64) {
	share := measured / reference
	r.add(what, rate(measured), rate(reference), fmt.Sprintf("%.3f", share), fmt.Sprintf("≥ %.3f", floor), share >= floor)
}

// faster reports a speed as a share of another, by rates or by processor time. The two are
// the same where nothing else runs and all processors are busy.
func (r *report) faster(what string, ours, theirs speed, floor float64, byProcessor bool) {
	share, beside := ours.rate/theirs.rate, ours.perWork/theirs.perWork
	name := "by processor time"
	if byProcessor {
		share, beside, name = beside, share, "by rate"
	}
	result := fmt.Sprintf("%.3f", share)
	if theirs.perWork > 0 && ours.perWork > 0 {
		result = fmt.Sprintf("%.3f (%.3f %s)", share, beside, name)
	}
	r.add(what, rate(ours.rate), rate(theirs.rate), result, fmt.Sprintf("≥ %.3f", floor), share >= floor)
}

// atMost reports a figure that has a ceiling.
func (r *report) atMost(what string, measured, ceiling float64, unit string) {
	r.add(what, fmt.Sprintf("%.1f %s", measured, unit), "", fmt.Sprintf("%.1f %s", measured, unit), fmt.Sprintf("≤ %.0f %s", ceiling, unit), measured <= ceiling)
}

// none reports a count that must be zero, of so many.
func (r *report) none(what string, count, of int) {
	r.add(what, fmt.Sprint(count), fmt.Sprintf("of %d", of), fmt.Sprint(count), "0", count == 0 && of > 0)
}

// failed reports a measurement that could not be made.
func (r *report) failed(what string, err error) {
	r.add(what, "", "", "failed", "", false)
	r.note("%s: %v", what, err)
}

// note adds a line below the table.
func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func rate(perSecond float64) string { return fmt.Sprintf("%.0f/s", perSecond) }

func (r *report) write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\nwhat\tmeasured\treference\tresult\tlimit\t\n")
	for _, row := range r.rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", row.what, row.measured, row.reference, row.result, row.limit, row.verdict)
	}
	_ = table.Flush()
	for _, note := range r.notes {
		fmt.Fprintln(w, "  "+note)
	}
	fmt.Fprintln(w)
}
