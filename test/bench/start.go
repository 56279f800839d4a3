package main

import (
	"context"
	"time"
)

const (
	startCeiling = 60 // ms, from the start of the process to ready, with migration
	idleCeiling  = 35 // MB resident
)

// start measures starting in an empty directory, and what an idle server holds.
func (b *bench) start(ctx context.Context) error {
	var took, idle []float64
	for range b.plan.starts {
		s, err := b.startServer(ctx, nil)
		if err != nil {
			return err
		}
		took = append(took, float64(s.took.Microseconds())/1000)
		time.Sleep(2 * time.Second) // also what it does after it said ready
		resident, err := s.memory("VmRSS")
		if err != nil {
			return err
		}
		idle = append(idle, resident*1.048576)
		if err := s.stop(); err != nil {
			return err
		}
	}
	b.report.atMost("start in an empty directory to ready", median(took), startCeiling*b.plan.leniency*b.plan.leniency, "ms")
	b.report.atMost("idle: resident memory", median(idle), idleCeiling*b.plan.leniency, "MB")
	return nil
}
