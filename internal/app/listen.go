package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens the listener that the settings serve.NAME describe. Its errors name the
// setting to change.
func listen(ctx context.Context, name, host string, port int) (net.Listener, error) {
	var config net.ListenConfig
	address := net.JoinHostPort(host, strconv.Itoa(port))
	l, err := config.Listen(ctx, "tcp", address)
	var unknown *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("serve.%s.port: another program listens at %s; stop it or choose another port: %w", name, address, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("serve.%s.port: this user may not listen at port %d; choose one above 1023, or grant CAP_NET_BIND_SERVICE: %w", name, port, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &unknown):
		return nil, fmt.Errorf("serve.%s.host: %s is no address of this machine; write one that it has, or 0.0.0.0 for all: %w", name, host, err)
	}
	return nil, fmt.Errorf("%s listener: %w", name, err)
}
