package wire1

import (
	"encoding/json"
	"time"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// Flow is a flow of any kind. Members that a kind does not have are left out.
type Flow struct {
	ID             string          `json:"id"`
	OrganizationID json.RawMessage `json:"organization_id,omitempty"` // null; login, registration
	Type           string          `json:"type"`
	ExpiresAt      time.Time       `json:"expires_at"`
	IssuedAt       time.Time       `json:"issued_at"`
	RequestURL     string          `json:"request_url"`
	ReturnTo       string          `json:"return_to,omitempty"`
	Active         string          `json:"active,omitempty"`
	UI             UI              `json:"ui"`
	CreatedAt      *time.Time      `json:"created_at,omitempty"` // login
	UpdatedAt      *time.Time      `json:"updated_at,omitempty"` // login
	Refresh        *bool           `json:"refresh,omitempty"`    // login
	RequestedAAL   string          `json:"requested_aal,omitempty"`
	ExchangeCode   string          `json:"session_token_exchange_code,omitempty"`
	Identity       *Identity       `json:"identity,omitempty"` // settings
	State          string          `json:"state"`
	ContinueWith   []ContinueWith  `json:"continue_with,omitempty"`
	Transient      json.RawMessage `json:"transient_payload,omitempty"`
}

// UI is the form of a flow: one form for all methods.
type UI struct {
	Action   string    `json:"action"`
	Method   string    `json:"method"`
	Nodes    []Node    `json:"nodes"`
	Messages []Message `json:"messages,omitempty"`
}

// Node is one element of the form. Messages is never null.
type Node struct {
	Type       string     `json:"type"` // input, img, text, script, a
	Group      string     `json:"group"`
	Attributes Attributes `json:"attributes"`
	Messages   []Message  `json:"messages"`
	Meta       Meta       `json:"meta"`
}

// Meta carries what a page shows beside a node.
type Meta struct {
	Label *Message `json:"label,omitempty"`
}

// Attributes is what a node's HTML element has. Which members are sent depends
// on NodeType, so every one but NodeType is left out when empty.
type Attributes struct {
	Name           string   `json:"name,omitempty"`
	Type           string   `json:"type,omitempty"`
	Value          any      `json:"value,omitempty"`
	Required       bool     `json:"required,omitempty"`
	Autocomplete   string   `json:"autocomplete,omitempty"`
	Pattern        string   `json:"pattern,omitempty"`
	MaxLength      int      `json:"maxlength,omitempty"`
	OnClick        string   `json:"onclick,omitempty"`
	OnLoad         string   `json:"onload,omitempty"`
	OnClickTrigger string   `json:"onclickTrigger,omitempty"`
	OnLoadTrigger  string   `json:"onloadTrigger,omitempty"`
	Disabled       *bool    `json:"disabled,omitempty"` // inputs always have it
	Href           string   `json:"href,omitempty"`
	Title          *Message `json:"title,omitempty"`
	Text           *Message `json:"text,omitempty"`
	Src            string   `json:"src,omitempty"`
	Width          int      `json:"width,omitempty"`
	Height         int      `json:"height,omitempty"`
	Async          bool     `json:"async,omitempty"`
	CrossOrigin    string   `json:"crossorigin,omitempty"`
	Integrity      string   `json:"integrity,omitempty"`
	Nonce          string   `json:"nonce,omitempty"`
	ReferrerPolicy string   `json:"referrerpolicy,omitempty"`
	ID             string   `json:"id,omitempty"`
	NodeType       string   `json:"node_type"`
}

// Message is a numbered text.
type Message struct {
	ID      int            `json:"id"`
	Text    string         `json:"text"`
	Type    string         `json:"type"` // info, error, success
	Context map[string]any `json:"context,omitempty"`
}

// ContinueWith says what a client is to do next. One member beside Action is
// set, the one that Action names.
type ContinueWith struct {
	Action            string    `json:"action"`
	RedirectBrowserTo string    `json:"redirect_browser_to,omitempty"`
	SessionToken      string    `json:"ory_session_token,omitempty"`
	Flow              *NextFlow `json:"flow,omitempty"`
}

// NextFlow is a flow that another one leads to.
type NextFlow struct {
	ID                string `json:"id"`
	VerifiableAddress string `json:"verifiable_address,omitempty"`
	URL               string `json:"url,omitempty"`
}

// The actions of ContinueWith.
const (
	actionRedirect     = "redirect_browser_to"
	actionToken        = "set_ory_session_token"
	actionVerification = "show_verification_ui"
	actionSettings     = "show_settings_ui"
	actionRecovery     = "show_recovery_ui"
)

// Session is a session with its identity.
type Session struct {
	ID              string      `json:"id"`
	Active          bool        `json:"active"`
	ExpiresAt       time.Time   `json:"expires_at"`
	AuthenticatedAt time.Time   `json:"authenticated_at"`
	AAL             string      `json:"authenticator_assurance_level"`
	Methods         []AuthnStep `json:"authentication_methods"`
	IssuedAt        time.Time   `json:"issued_at"`
	Identity        *Identity   `json:"identity"` // null where operators did not ask for it
	Devices         []Device    `json:"devices"`
	Tokenized       string      `json:"tokenized,omitempty"`
}

// AuthnStep is one proof that a session rests on.
type AuthnStep struct {
	Method       string    `json:"method"`
	AAL          string    `json:"aal"`
	CompletedAt  time.Time `json:"completed_at"`
	Provider     string    `json:"provider,omitempty"`
	Organization string    `json:"organization,omitempty"`
}

// Device is what a session was made with.
type Device struct {
	ID        string  `json:"id"`
	IPAddress *string `json:"ip_address"`
	UserAgent *string `json:"user_agent"`
	Location  *string `json:"location"`
}

// The shapes of identities, which commands read too.
type (
	Identity          = adminapi.IdentityV1
	Credential        = adminapi.CredentialV1
	VerifiableAddress = adminapi.VerifiableAddressV1
	RecoveryAddress   = adminapi.RecoveryAddressV1
)

// Error is an error as clients get it.
type Error struct {
	ID      string         `json:"id,omitempty"`
	Code    int            `json:"code"`
	Status  string         `json:"status"`
	Request string         `json:"request,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Details map[string]any `json:"details,omitempty"`
	Message string         `json:"message"`
}

// Envelope wraps an error with what clients need to go on.
type Envelope struct {
	Error             Error      `json:"error"`
	RedirectBrowserTo string     `json:"redirect_browser_to,omitempty"`
	UseFlowID         string     `json:"use_flow_id,omitempty"`
	ExpiredAt         *time.Time `json:"expired_at,omitempty"`
	Since             int64      `json:"since,omitempty"` // nanoseconds
}

// StoredError is what the error page of a browser flow shows.
type StoredError struct {
	ID        string    `json:"id"`
	Error     Error     `json:"error"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Exchanged is the session that waited for an app.
type Exchanged struct {
	SessionToken string   `json:"session_token"`
	Session      *Session `json:"session"`
}

// Signed answers a login or registration. A member that does not apply is left
// out, but for ContinueWith, which native clients get as null.
type Signed struct {
	SessionToken string          `json:"session_token,omitempty"`
	Session      *Session        `json:"session,omitempty"`
	Identity     *Identity       `json:"identity,omitempty"` // registration
	ContinueWith json.RawMessage `json:"continue_with"`
}
