package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// The limits of connections. Headers and bodies are small and come at once or
// not at all; stopping waits as long as requests may take (decision: 10 s).
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	stopWithin        = 10 * time.Second
)

// collectLessOften halves the number of garbage collections, unless the operator who runs
// this process set GOGC. The heap is small beside the memory in which passwords are hashed,
// which passhash keeps: a few megabytes more are worth the time.
func collectLessOften() {
	const goDefault = 100
	if set := debug.SetGCPercent(2 * goDefault); set != goDefault {
		debug.SetGCPercent(set)
	}
}

// Addresses are where the listeners were opened, as host:port.
type Addresses struct{ Public, Admin string }

// Run serves both listeners and the courier until ctx ends, then finishes what
// is in progress and closes the database. ready is called once both listeners
// accept connections.
func (a *App) Run(ctx context.Context, ready func(Addresses)) error {
	collectLessOften()
	listeners := a.current.Load().config.Serve
	public, err := listen(ctx, "public", listeners.Public.Host, listeners.Public.Port)
	if err != nil {
		return errors.Join(err, a.db.Close())
	}
	admin, err := listen(ctx, "admin", listeners.Admin.Host, listeners.Admin.Port)
	if err != nil {
		return errors.Join(err, public.Close(), a.db.Close())
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	servers := []*http.Server{a.newHTTPServer(a.Public(), a.publicCertificate), a.newHTTPServer(a.Admin(), a.adminCertificate)}
	var group sync.WaitGroup
	group.Go(func() { stop(serve(servers[0], public)) })
	group.Go(func() { stop(serve(servers[1], admin)) })
	group.Go(func() { stop(a.dispatch(ctx)) })
	group.Go(func() { stop(a.cleanUp(ctx)) })
	group.Go(func() { stop(a.followChanges(ctx)) })
	group.Go(func() { stop(a.publishFailures(ctx)) })
	group.Go(func() { stop(a.storeSeen(ctx)) })
	group.Go(func() { stop(a.keepHistory(ctx)) })
	group.Go(func() { a.releaseStart(ctx) })
	ready(Addresses{Public: public.Addr().String(), Admin: admin.Addr().String()})
	<-ctx.Done()
	a.ended.Close()
	err = a.stop(servers)
	group.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return errors.Join(err, a.db.Close())
}

func (a *App) newHTTPServer(h http.Handler, c *certificate) *http.Server {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if c != nil {
		s.TLSConfig = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
	}
	return s
}

// serve answers until the server is shut down, which is not an error.
func serve(s *http.Server, l net.Listener) error {
	var err error
	if s.TLSConfig != nil {
		err = s.ServeTLS(l, "", "")
	} else {
		err = s.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return context.Canceled
	}
	return err
}

// stop lets requests in progress and the calls that they left behind end, then cuts off the rest.
func (a *App) stop(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var group sync.WaitGroup
	for _, s := range servers {
		group.Go(func() {
			if err := s.Shutdown(ctx); err != nil {
				a.log.Warn("requests were cut off at shutdown", slog.Any("error", err))
				_ = s.Close()
			}
		})
	}
	group.Wait()
	a.asides.Close(ctx)
	return nil
}
