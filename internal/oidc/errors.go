package oidc

import (
	"errors"
	"fmt"
	"net/url"
)

// Kind tells whose a problem is.
type Kind string

// The kinds.
const (
	// Refused: the person or the provider said no, or the answer is not to be trusted.
	Refused Kind = "refused"
	// Unavailable: the provider can't be reached, or does not make sense.
	Unavailable Kind = "unavailable"
	// Misconfigured: the provider and the configuration do not fit.
	Misconfigured Kind = "misconfigured"
)

// Problem is why a sign-in failed.
type Problem struct {
	Kind Kind
	// Text is for the person. It may quote the query string of the callback,
	// which anyone can forge: show it as text.
	Text string
	// Cause is for the log. It holds no code, token or secret.
	Cause error
}

// Error is the text for the log.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return fmt.Sprintf("provider %s: %s", p.Kind, p.Text)
	}
	return fmt.Sprintf("provider %s: %v", p.Kind, p.Cause)
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// distrusted is all that a person learns of an answer that may be forged.
const distrusted = "The answer of the provider could not be trusted. Please try again."

func refused(cause error, format string, args ...any) *Problem {
	return &Problem{Kind: Refused, Text: fmt.Sprintf(format, args...), Cause: cause}
}

func unavailable(cause error) *Problem { return &Problem{Kind: Unavailable, Cause: cause} }

// truncate bounds what others say.
func truncate(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// withoutQuery is an error without the query of a URL, where codes and tokens stand.
func withoutQuery(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if u, parseErr := url.Parse(failed.URL); parseErr == nil {
			u.RawQuery = ""
			return fmt.Errorf("%s %s: %w", failed.Op, u.Redacted(), failed.Err)
		}
	}
	return errors.New(truncate(err.Error()))
}
