package app

import (
	"context"

	"symbolon/internal/courier"
)

type tempMail struct{}

func (tempMail) Enqueue(context.Context, courier.Message) error { return nil }
func (tempMail) DeliverDue(context.Context) (int, error)        { return 0, nil }
func (tempMail) Run(ctx context.Context) error                  { <-ctx.Done(); return ctx.Err() }

func (a *App) newCourier() error { return nil }
