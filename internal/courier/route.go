package courier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Route leads messages of a type to a channel.
type Route struct {
	Type Type
	// Templates narrows the route to some messages; nil for all of the type.
	Templates []Template
	Channel   Channel
}

// Router delivers each message by the first route that fits it. It implements Channel.
type Router []Route

// Name implements Channel.
func (r Router) Name() string {
	for _, route := range r {
		if route.Type == Email && route.Templates == nil {
			return route.Channel.Name()
		}
	}
	return "none"
}

// Deliver implements Channel.
func (r Router) Deliver(ctx context.Context, m Rendered) error {
	for _, route := range r {
		if route.Type == m.Type && (route.Templates == nil || slices.Contains(route.Templates, m.Template)) {
			return route.Channel.Deliver(ctx, m)
		}
	}
	return fmt.Errorf("there is no channel for %s: set courier.channels", m.Type)
}

// Close closes the channels that can be.
func (r Router) Close() error {
	var err error
	for _, route := range r {
		if c, ok := route.Channel.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}
