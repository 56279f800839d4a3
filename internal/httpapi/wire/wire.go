package wire

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Wire is one version of the HTTP API below one base URL. Its methods are pure:
// httpapi asks the engine, sets the cookies and writes what a wire answers.
type Wire interface {
	Rules() Rules
	// Routes are what the wire serves, as paths below its base URL. Routes of kinds
	// and methods that are switched off must not be among them.
	Routes(Served) Routes
	// Method names the method that a submission is of, for routes that do not say so;
	// empty if the submission names none.
	Method(flow.Input) string
	// NoMethod says on the form of a kind that a submission names no method.
	NoMethod(flow.Kind) message.Message

	// Start reads what a request for a new flow asks for. The error goes to Started.
	Start(Request) (flow.StartRequest, error)

	// Started answers the start of a flow, Fetched a look at one, Submitted a
	// submission, the return from a link or from another site. Exactly one of
	// the result's outcome and the error says how it went; a result that comes with an
	// error has at most the flow.
	Started(Request, flow.Result, error) Answer
	Fetched(Request, flow.Result, error) Answer
	Submitted(Request, flow.Result, error) Answer

	// Session is the body of a session check, Identity the shape of an identity.
	Session(*session.Session) ([]byte, error)
	Identity(*identity.Identity) any
	// Fault is the error object of an error. requestID is what the client may know
	// of the log line, empty for nothing.
	Fault(e *errs.Error, requestID string) Fault
	// StoredError is what the page of a UI gets of an error that was kept for it.
	StoredError(*errs.Stored) (any, error)

	// Action is the URL that a method's form is sent to.
	Action(f *flow.Flow, method string) string
	// URL is where the wire serves a place; k matters where a kind has its own.
	URL(p Place, k flow.Kind) *url.URL
}

// Rules are the values by which wires differ.
type Rules struct {
	// Name of the version, such as "v0.5". The public listener serves the wire below
	// /Name too.
	Name string
	// CSRFCookie is the name of the cookie that the tokens of browser forms belong to.
	CSRFCookie string
	// CSRFHostOnly: that cookie is for the host alone and for all its paths.
	CSRFHostOnly bool
	// EagerCSRF: every look at a flow sees to that cookie, also if the answer is an error.
	EagerCSRF bool
	// HeaderDecides: a session token in X-Session-Token counts before all others, and a
	// Bearer token that opens nothing leaves the word to the cookie.
	HeaderDecides bool
	// CacheableAnswers: only what a GET answers says that it must not be kept.
	CacheableAnswers bool
	// ErrorQuery names the parameter by which the error page learns the id of an error,
	// ErrorStatus is how browsers are led there; "" stands for error, 0 for 302.
	ErrorQuery  string
	ErrorStatus int
	// WholeTraits: the traits that are sent in settings take the place of those that there
	// are.
	WholeTraits bool
	// Aliases are names of fields by older names that clients still send.
	Aliases map[string]string
	// ShowsOnGet: a GET of where the form of a recovery or a verification is sent shows the flow, and keeps nothing.
	ShowsOnGet bool
	// Flow is what the flow engine does differently for clients of the wire.
	Flow flow.Rules
	// StrictPaths: a path with a slash at its end is not found, one with repeated slashes
	// is redirected, OPTIONS is a verb as any, and the public listener names no version.
	StrictPaths bool
	// GuardUnknown: an unsafe request to an unknown path of the public listener is
	// refused without an anti-CSRF token before it is not found.
	GuardUnknown bool
	// StepsUp: a login that names no level asks a signed-in person who falls short for
	// the second factor. Clients of the wire can't ask for it themselves.
	StepsUp bool
	// LeavesByCookie: a submission that leads to a provider needs no form token; that the flow is this browser's own
	// stands in for it.
	LeavesByCookie bool
	// QuietCallbacks: the answer to a browser that is back from a provider sets no continuity cookie, and any provider
	// may post its answer.
	QuietCallbacks bool
	// KeepsTokens: a session token in a header stays what it is when the session is raised or
	// refreshed.
	KeepsTokens bool
}

// Served says which flows there are. *flow.Engine satisfies it.
type Served interface {
	Serves(flow.Kind) bool
	Methods(flow.Kind) []string
}

// Place is a kind of URL that answers lead to.
type Place uint8

// The places.
const (
	StartBrowser Place = iota + 1 // where a browser starts a flow
	StartAPI                      // where a client without a browser starts one
	FetchFlow                     // where a flow is read, without its id
	LinkTarget                    // where mailed links lead, without their token
	SignOut                       // where a browser signs out
)

// Fault is an error as a wire shows it.
type Fault struct {
	Status int
	Object any            // the member error
	Beside map[string]any // members beside it
}

// Error is an error as it is kept for the error page, and as v0.5 shows it.
type Error = adminapi.Fault

// Problem is an entry of errs.Stored.Payload: the error in the words of the wire
// that met it, and the id by which another wire finds its own.
type Problem struct {
	Error
	ID string `json:"id,omitempty"`
}

// Request is what a wire may know of a request.
type Request struct {
	*http.Request

	Sent flow.Input // of a submission
	Back bool       // the browser is back from a provider

	Admin  bool // on the admin listener
	Kind   flow.Kind
	Client flow.Client // of a flow that starts
	Method string      // that the submission is of; empty where there is none
	// AnyMethod: the URL names no method; a submission that waited may be of any.
	AnyMethod bool
	Caller    flow.Caller
	// URL is the request's own as browsers know it.
	URL string
	// Page returns the URL of the page that shows a flow.
	Page func(*flow.Flow) string
}

// Answer is what a wire says. The zero value is 200 without a body.
type Answer struct {
	Status int // 0: 302 beside a Location, else 200
	// Body is sent as JSON; nil for none.
	Body any
	// Location leads the client on.
	Location string
	// Err is answered as the wire's error object; ErrorPage keeps it for the error page
	// and leads the browser there.
	Err       error
	ErrorPage bool
	// SignIn writes the cookies of the session that the result issued.
	SignIn bool
	// KeepSignedIn writes the cookie of the caller's session once more.
	KeepSignedIn bool
}

// AsksToStart reads what every wire takes.
func (r Request) AsksToStart() flow.StartRequest {
	query := r.Request.URL.Query()
	level := session.AAL0
	if r.Kind == flow.Login {
		level, _ = session.ParseAAL(query.Get("aal")) // what is no level asks for none
	}
	return flow.StartRequest{
		AAL:  level,
		Kind: r.Kind, Client: r.Client, URL: r.URL, Caller: r.Caller,
		ReturnTo: query.Get("return_to"), Refresh: query.Get("refresh") == "true", Link: query.Get("link"),
	}
}

// JSON answers a value.
func JSON(status int, body any) Answer { return Answer{Status: status, Body: body} }

// Redirect leads a client on by 302.
func Redirect(to string) Answer { return Answer{Location: to} }

// Fail answers an error object.
func Fail(err error) Answer { return Answer{Err: err} }

// FailOnPage shows an error on the error page.
func FailOnPage(err error) Answer { return Answer{Err: err, ErrorPage: true} }

// Status maps what went wrong to HTTP.
func Status(c errs.Code) int {
	switch c {
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Unauthorized:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Gone:
		return http.StatusGone
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.TooMany:
		return http.StatusTooManyRequests
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	case errs.Upstream:
		return http.StatusBadGateway
	case errs.Internal:
	}
	return http.StatusInternalServerError
}

// Faulter is an error in the words of the wire that made it.
type Faulter interface {
	error
	WireFault() Fault
}

// Binder is a wire with operations of its own, which need what httpapi lends them.
type Binder[H any] interface{ Bind(H) }
