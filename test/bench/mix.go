package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// mix lets 64 users register, sign in and start flows all at once. None may see
// a failure of the server.
func (b *bench) mix(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		accounts, err := newAccounts(s.public, connections)
		if err != nil {
			return err
		}
		var turns [connections]int
		var all, failed, registrations, logins, flows atomic.Int64
		count := func(done *atomic.Int64, c *conn, request []byte) error {
			got, err := c.send(request)
			if err != nil {
				return err
			}
			all.Add(1)
			switch {
			case got.status >= http.StatusInternalServerError:
				failed.Add(1)
			case got.status == http.StatusOK:
				done.Add(1)
			default:
				return fmt.Errorf("%d: %s", got.status, got.body)
			}
			return nil
		}
		_, err = closedLoop(ctx, s.public, b.plan.mix, func(client int, c *conn) error {
			turns[client]++
			switch turns[client] % 4 {
			case 0:
				id, err := startFlow(c, "registration")
				if err != nil {
					return err
				}
				return count(&registrations, c, registrationRequest(id, account{email: newEmail()}))
			case 1:
				id, err := startFlow(c, "login")
				if err != nil {
					return err
				}
				return count(&logins, c, loginRequest(id, accounts[client]))
			default:
				return count(&flows, c, get("/self-service/login/api"))
			}
		})
		if err != nil {
			return err
		}
		b.report.none("mixed load of 64 clients: 5xx answers", int(failed.Load()), int(all.Load()))
		b.report.note("mixed load: %d registrations, %d logins and %d flows in %v", registrations.Load(), logins.Load(), flows.Load(), b.plan.mix)
		return nil
	})
}
