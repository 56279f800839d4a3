package httpapi

import (
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// The ways to be turned away from the admin listener.
var (
	errNoAdminToken = errs.New(errs.Unauthorized, "admin_token_missing", "This listener asks for a bearer token. Send the header Authorization: Bearer <serve.admin.token>.")
	errForeignHost  = errs.New(errs.Forbidden, "host_unknown", "This listener answers to addresses, to localhost and to the host of serve.admin.base_url. Set that if this name is right, or set serve.admin.token.")
)

// admit lets administrators in. Where no token is asked for, anyone who reaches the
// listener is one, so pages of other sites in an administrator's browser must
// not: neither by sending requests here, nor under a name of theirs that they
// point at this machine (DNS rebinding).
func (s *Server) admit(r *http.Request) error {
	if s.config.AdminToken != "" {
		if _, given := bearer(r); !given {
			return errNoAdminToken
		}
		right, err := s.judgeToken(r, func() bool { return s.hasAdminToken(r) })
		if err == nil && !right {
			err = errNoAdminToken
		}
		return err
	}
	if s.config.AdminNamed != nil && !s.config.AdminNamed(r.Host) {
		return errForeignHost
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return errForeignOrigin.Because(err)
	}
	return nil
}

func (s *Server) hasAdminToken(r *http.Request) bool {
	token, ok := bearer(r)
	return s.config.AdminToken == "" || ok && secret.Equal(token, s.config.AdminToken)
}
