package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

const mailFloor = 0.5

// mail compares the durable queue with the same mail library without one, by the two
// benchmarks that lie beside the courier.
func (b *bench) mail(ctx context.Context) error {
	if b.plan.mails == 0 {
		return nil
	}
	rates := map[string][]float64{}
	for range b.plan.rounds {
		test := exec.CommandContext(ctx, "go", "test", "./internal/courier", "-run", "^$", "-bench", "SMTPAlone|Courier", "-benchtime", fmt.Sprint(b.plan.mails, "x"))
		test.Stderr = os.Stderr
		out, err := test.Output()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		for _, found := range regexp.MustCompile(`Benchmark(\w+).* ([0-9.]+) messages/s`).FindAllSubmatch(out, -1) {
			rate, err := strconv.ParseFloat(string(found[2]), 64)
			if err != nil {
				return err
			}
			rates[string(found[1])] = append(rates[string(found[1])], rate)
		}
	}
	if len(rates["Courier"]) == 0 || len(rates["SMTPAlone"]) == 0 {
		return fmt.Errorf("the benchmarks say %v", rates)
	}
	b.report.atLeast("mail through the queue / bare SMTP", median(rates["Courier"]), median(rates["SMTPAlone"]), mailFloor/b.plan.leniency)
	return nil
}
