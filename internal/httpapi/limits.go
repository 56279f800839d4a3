package httpapi

import (
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// Limits bound what one address may do.
type Limits interface {
	// ChargeCreation counts a row that a stranger makes us keep: a flow, or an error
	// for the error page. It is not given back.
	ChargeCreation(address string) (wait time.Duration, ok bool)
	// OperatorWait is how long an address may not try the admin token, 0 if it may;
	// ChargeOperator counts a failed attempt. All doors share the count.
	OperatorWait(address string) time.Duration
	ChargeOperator(address string) (refund func(), wait time.Duration, ok bool)
}

// mayCreate refuses strangers that make us keep too much.
func (s *Server) mayCreate(r *http.Request, c flow.Caller) error {
	if s.Limits == nil || c.Session != nil {
		return nil
	}
	wait, ok := s.Limits.ChargeCreation(reqctx.From(r.Context()).Address)
	if ok {
		return nil
	}
	return tooMany("too_many_flows", wait, "Too many forms were asked for from this address. Please wait and try again.")
}

func tooMany(id string, wait time.Duration, reason string) error {
	return &errs.Error{Code: errs.TooMany, ID: id, RetryAfter: max(wait, time.Second), Reason: reason}
}

// judgeToken counts a guess of the admin token that failed, and refuses all further
// ones from an address that guessed too often, right or wrong.
func (s *Server) judgeToken(r *http.Request, guess func() bool) (right bool, err error) {
	address := reqctx.From(r.Context()).Address
	if s.Limits != nil {
		if wait := s.Limits.OperatorWait(address); wait > 0 {
			return false, tooMany("too_many_attempts", wait, "The admin token was guessed too often from this address. Please wait and try again.")
		}
	}
	right = guess()
	if !right && s.Limits != nil {
		_, _, _ = s.Limits.ChargeOperator(address)
	}
	return right, nil
}

// door bounds the guesses at a page that asks for the admin token by itself and
// answers 401 to a wrong one.
func (s *Server) door(page http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Header.Get("Authorization") == "" {
			page.ServeHTTP(w, r)
			return nil
		}
		_, err := s.judgeToken(r, func() bool {
			seen := &recorder{ResponseWriter: w}
			page.ServeHTTP(seen, r)
			return seen.status != http.StatusUnauthorized
		})
		return err
	}
}
