package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

// Role says what an operator may do.
type Role string

// The roles: Read sees everything, Write changes it too.
const (
	Read  Role = "read"
	Write Role = "write"
)

// Operator is a person who signs in to the console by name.
type Operator struct {
	Name string
	Role Role
	Hash string // of the password, as passhash reads it
}

// The names of operators that the configuration does not name.
const (
	byToken    = "token"    // who sent or typed the token of the admin API
	byPassword = "operator" // who typed the one password
	byNobody   = "local"    // where no sign-in is needed
)

// Passwords verifies the passwords of operators. *passhash.Hasher does so behind it.
type Passwords interface {
	// Matches compares a password with a hash.
	Matches(ctx context.Context, hash, plain string) (bool, error)
	// MatchesNothing takes the time of Matches, for names that no operator has (OWASP ASVS
	// 5.0, 6.3.8).
	MatchesNothing(ctx context.Context, plain string) error
}

// operatorKey is the key of the operator in the context of a request.
type operatorKey struct{}

// operatorOf is the operator behind a request of a guarded page.
func operatorOf(ctx context.Context) Operator {
	who, _ := ctx.Value(operatorKey{}).(Operator)
	return who
}

// locked reports whether operators have to sign in.
func (o *Console) locked() bool {
	return o.config.Token != "" || o.config.Password != "" || len(o.config.Operators) > 0
}

// operator returns the operator who sends a request. An operator is known by a cookie, or
// by the admin token as a bearer token, which a proxy can add. It is nil for others. The
// error is that of storage, which records sign-outs.
func (o *Console) operator(r *http.Request) (*Operator, error) {
	if !o.locked() {
		return &Operator{Name: byNobody, Role: Write}, nil
	}
	if o.hasBearerToken(r) {
		return &Operator{Name: byToken, Role: Write}, nil
	}
	id, until, who := o.cookie(r)
	if who == nil || !o.Now().Before(until) {
		return nil, nil
	}
	out, err := o.SignOuts.SignedOut(r.Context(), id)
	if out || err != nil {
		return nil, err
	}
	return who, nil
}

// hasBearerToken reports whether a request carries the token as a bearer token.
func (o *Console) hasBearerToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return o.config.Token != "" && strings.EqualFold(scheme, "Bearer") && secret.Equal(token, o.config.Token)
}

// cookie reads the operator's cookie: which signing in it stands for, until when that
// holds, and whose it is; nil if there is none. An operator whose role, password or name has
// changed in the configuration has to sign in again.
func (o *Console) cookie(r *http.Request) (id string, until time.Time, who *Operator) {
	kept, err := r.Cookie(cookieName)
	if err != nil {
		return "", time.Time{}, nil
	}
	value, ok := o.signer.Open(kept.Value)
	fields := strings.SplitN(value, " ", 4)
	if !ok || len(fields) != 4 {
		return "", time.Time{}, nil
	}
	unix, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return "", time.Time{}, nil
	}
	who = o.named(fields[3])
	if who == nil || !secret.Equal(fields[2], o.fingerprint(who)) {
		return "", time.Time{}, nil
	}
	return fields[0], time.Unix(unix, 0), who
}

// cookieValue is what signs an operator in.
func (o *Console) cookieValue(who *Operator, until time.Time) string {
	return o.signer.Sign(fmt.Sprintf("%s %d %s %s", secret.NewID(), until.Unix(), o.fingerprint(who), who.Name))
}

// fingerprint changes with everything that lets an operator in.
func (o *Console) fingerprint(who *Operator) string {
	known := who.Hash
	switch who.Name {
	case byToken:
		known = o.config.Token
	case byPassword:
		if known == "" {
			known = o.config.Password
		}
	}
	return secret.Hash(string(who.Role) + "\x00" + known)[:16]
}

// named finds the operator of that name; nil for none.
func (o *Console) named(name string) *Operator {
	i := slices.IndexFunc(o.config.Operators, func(p Operator) bool { return p.Name == name })
	switch {
	case i >= 0:
		return &o.config.Operators[i]
	case name == byToken && o.config.Token != "", name == byPassword && o.config.Password != "":
		return &Operator{Name: name, Role: Write}
	}
	return nil
}

// authenticate finds the operator by what was typed; nil if it is wrong. Token and
// password are compared even if the first comparison fails, and an unknown name takes the
// time of a known one.
func (o *Console) authenticate(ctx context.Context, name, typed string) (*Operator, error) {
	if i := slices.IndexFunc(o.config.Operators, func(p Operator) bool { return p.Name == name }); i >= 0 {
		match, err := o.Passwords.Matches(ctx, o.config.Operators[i].Hash, typed)
		if err != nil || !match {
			return nil, err
		}
		return &o.config.Operators[i], nil
	}
	token, password := secret.Equal(typed, o.config.Token), secret.Equal(typed, o.config.Password)
	switch {
	case o.config.Token != "" && token:
		return o.named(byToken), nil
	case o.config.Password != "" && password:
		return &Operator{Name: byPassword, Role: Write}, nil
	case len(o.config.Operators) > 0:
		return nil, o.Passwords.MatchesNothing(ctx, typed)
	}
	return nil, nil
}

// Action is something that an operator did.
type Action struct {
	Operator   string
	Name       string // such as identity.deleted
	IdentityID string // whom it was done to; empty for none
	Details    map[string]string
}

// Recorder keeps what operators do.
type Recorder interface {
	RecordOperator(ctx context.Context, a Action) error
}

// record notes on the request's line in the log what the operator did, and keeps it where
// there is a recorder.
func (o *Console) record(r *http.Request, name, identityID string, details ...string) error {
	a := Action{Operator: operatorOf(r.Context()).Name, Name: name, IdentityID: identityID, Details: map[string]string{}}
	attrs := []slog.Attr{slog.String("operator", a.Operator), slog.String("action", name)}
	if identityID != "" {
		attrs = append(attrs, slog.String("identity_id", identityID))
	}
	for i := 0; i+1 < len(details); i += 2 {
		a.Details[details[i]] = details[i+1]
		attrs = append(attrs, slog.String(details[i], details[i+1]))
	}
	reqctx.Note(r.Context(), attrs...)
	if o.Recorder == nil {
		return nil
	}
	return o.Recorder.RecordOperator(r.Context(), a)
}
