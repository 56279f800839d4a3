package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
)

const mailFloor = 0.5

// mail compares the durable queue with the same mail library without one, by the two
// benchmarks that lie beside the courier.
func (b *bench) mail(ctx context.Context) error {
	if b.plan.mails == 0 {
		return nil
	}
	rates, perWork := map[string][]float64{}, map[string][]float64{}
	for range b.plan.rounds {
		test := exec.CommandContext(ctx, "go", "test", "./internal/courier", "-run", "^$", "-bench", "SMTPAlone|Courier", "-benchtime", fmt.Sprint(b.plan.mails, "x"))
		test.Stderr = os.Stderr
		out, err := test.Output()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		for _, found := range regexp.MustCompile(`Benchmark(\w+).* ([0-9.]+) messages/cpu-s\s+([0-9.]+) messages/s`).FindAllSubmatch(out, -1) {
			name, work, rate := string(found[1]), 0.0, 0.0
			if _, err := fmt.Sscan(string(found[2])+" "+string(found[3]), &work, &rate); err != nil {
				return err
			}
			rates[name], perWork[name] = append(rates[name], rate), append(perWork[name], work)
		}
	}
	if len(rates["Courier"]) == 0 || len(rates["SMTPAlone"]) == 0 {
		return fmt.Errorf("the benchmarks say %v", rates)
	}
	of := func(name string) speed { return speed{median(rates[name]), median(perWork[name])} }
	b.report.faster("mail through the queue / bare SMTP", of("Courier"), of("SMTPAlone"), mailFloor/b.plan.leniency, false)
	return nil
}
