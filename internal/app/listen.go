package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listenError says which setting keeps a listener from being opened.
type listenError struct {
	key string
	err error
}

func (e *listenError) Error() string { return e.key + ": " + e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }

// listen opens the listener that the settings serve.NAME describe. Its errors name the
// setting to change.
func listen(ctx context.Context, name, host string, port int) (net.Listener, error) {
	var config net.ListenConfig
	address := net.JoinHostPort(host, strconv.Itoa(port))
	l, err := config.Listen(ctx, "tcp", address)
	var unknown *net.DNSError
	refused := func(setting, format string, args ...any) (net.Listener, error) {
		return nil, &listenError{"serve." + name + "." + setting, fmt.Errorf(format, args...)}
	}
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return refused("port", "another program listens at %s; stop it or choose another port: %w", address, err)
	case errors.Is(err, syscall.EACCES):
		return refused("port", "this user may not listen at port %d; choose one above 1023, or grant CAP_NET_BIND_SERVICE: %w", port, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &unknown),
		errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EAFNOSUPPORT): // fe80::1 without a zone, and IPv6 where there is none
		return refused("host", "%s is no address of this machine; write one that it has, or 0.0.0.0 for all: %w", host, err)
	}
	return nil, fmt.Errorf("%s listener: %w", name, err)
}
