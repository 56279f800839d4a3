package config

import (
	"encoding/json"
	"net/url"
	"time"
)

// Config is the whole configuration, named as in the files. URLs are nil when
// unset and absolute otherwise, unless their comment says more.
type Config struct {
	// Dev is --dev: cookies without Secure, lenient checks, never for production.
	Dev bool `key:"-"`
	// Embedded tells that no file was given and the built-in profile applies.
	Embedded bool `key:"-"`
	// V05 tells that the files say that they were written for v0.5 or older, so
	// that the defaults of v0.5 apply instead of the built-in profile.
	V05 bool `key:"-"`
	// LaxAPI lets API flows be submitted with cookies or an Origin header: the
	// environment variable DEV_DISABLE_API_FLOW_ENFORCEMENT together with Dev.
	LaxAPI bool `key:"-"`

	// WebHookHeaders are the headers of requests that web hooks are given.
	WebHookHeaders []string `key:"clients.web_hook.header_allowlist"`

	// Version is the release the file was written for; informative.
	Version string
	// DSN names the database, "memory" or scheme://….
	DSN SecretURL
	// DSNListen is PostgreSQL around its pooler, to hear of changes at once.
	DSNListen SecretURL
	// DSNReplica is a server that follows that of DSN, for long lists.
	DSNReplica  SecretURL
	Serve       Serve
	Identity    Identity
	Selfservice Selfservice
	Courier     Courier
	Session     Session
	Secrets     Secrets
	Flags       FeatureFlags `key:"feature_flags"`
	Hashers     Hashers
	Password    Password
	Link        LinkPages
	UI          UI
	Security    Security
	Cleanup     Cleanup
	Log         Log
}

// Serve holds the two listeners.
type Serve struct {
	Public Public
	Admin  Admin
	// TrustedProxies are addresses and CIDR ranges whose X-Forwarded-For counts.
	TrustedProxies []string
}

// Public is the listener that browsers and apps use.
type Public struct {
	Wire    string   // the API at the root: WireV05 or WireV1
	BaseURL *url.URL // never nil after Load: guessed when unset
	// BaseURLGuessed tells that no source says what BaseURL is.
	BaseURLGuessed bool `key:"-"`
	Host           string
	Port           int // 0 for any free one
	CORS           CORS
	TLS            TLS
	Metrics        bool // serve /metrics/prometheus here too
}

// Admin is the listener for operators.
type Admin struct {
	BaseURL  *url.URL // never nil after Load: guessed when unset
	Host     string
	Port     int // 0 for any free one
	TLS      TLS
	Token    Secret // bearer token that requests must carry; empty for none
	Insecure bool   // listen off loopback without a token
	Console  Console
}

// Console is the pages for operators, on the admin listener.
type Console struct {
	Enabled   bool       // deduced from the host of the listener when unset
	Password  Secret     // asked for at the sign-in page, as the token is; empty for none
	Operators []Operator // who sign in by name
}

// TLS is a certificate chain and its key in PEM files; both empty for plain
// HTTP.
type TLS struct {
	CertFile string
	KeyFile  string
}

// Enabled reports whether the listener speaks TLS.
func (t TLS) Enabled() bool { return t.CertFile != "" && t.KeyFile != "" }

// CORS is who may call the public listener from pages of other origins.
type CORS struct {
	Enabled          bool
	AllowedOrigins   []string // "*", an origin, or an origin with one "*"
	AllowedMethods   []string
	AllowedHeaders   []string
	ExposedHeaders   []string
	AllowCredentials bool
	MaxAge           int // seconds; 0 leaves it to the browser
}

// Identity holds the identity schemas.
type Identity struct {
	// DefaultSchemaURL is the default schema: file://, http(s):// or base64://;
	// empty for the embedded one.
	DefaultSchemaURL string
	// DefaultSchemaID is the id of the default schema. It is not in Schemas.
	DefaultSchemaID string
	Schemas         []Schema
}

// Schema is a further identity schema.
type Schema struct {
	ID  string
	URL string // as Identity.DefaultSchemaURL
}

// Selfservice is what people do for themselves.
type Selfservice struct {
	DefaultBrowserReturnURL *url.URL   // nil for the built-in welcome page
	WhitelistedReturnURLs   []*url.URL `key:"whitelisted_return_urls"`
	Methods                 Methods
	Flows                   Flows
}

// Methods switches the ways to prove or change something.
type Methods struct {
	Password     Toggle
	Profile      Toggle
	Link         Link
	Code         Code
	TOTP         TOTP
	LookupSecret Toggle
	WebAuthn     WebAuthn `key:"webauthn"`
	Passkey      Passkey
	OIDC         OIDC
	Deletion     Deletion
}

// Deletion lets people have their account deleted.
type Deletion struct {
	Enabled     bool
	GracePeriod time.Duration `key:"config.grace_period"` // in which they can sign in to keep it
}

// Toggle is a method that is only on or off.
type Toggle struct{ Enabled bool }

// Courier sends mail.
type Courier struct {
	SMTP                 SMTP
	DeliveryStrategy     string          // how mail goes out: "smtp" or "http"
	HTTP                 HTTPRequest     `key:"http.request_config"` // where mail goes with DeliveryStrategy "http"
	Channels             []Channel       // text messages
	TemplateOverridePath string          // directory; empty for the embedded templates only
	Templates            json.RawMessage // texts of single messages, see TemplateFiles; nil for none
	Workers              int
	MaxTries             int
	Backoff              Backoff
}

// Backoff is the wait between two tries: it doubles from Min to Max.
type Backoff struct {
	Min time.Duration
	Max time.Duration
}

// SMTP is the mail server.
type SMTP struct {
	// ConnectionURI is smtp:// or smtps://user:password@host:port/; empty for
	// none, and then mail stays in the mailbox of the admin listener.
	ConnectionURI SecretURL
	FromAddress   string
	FromName      string
	Headers       Headers       // further headers of every mail
	LocalName     string        // of EHLO; empty for the host of serve.public.base_url
	ClientCert    string        `key:"client_cert_path"` // PEM file with the certificate that this client shows; empty for none
	ClientKey     string        `key:"client_key_path"`  // PEM file with its key
	Timeout       time.Duration // of one delivery
}

// Session is being signed in.
type Session struct {
	Lifespan  time.Duration
	CacheSize int // sessions kept in memory
	Cookie    Cookie
	// IdleTimeout ends sessions that were not checked for so long; 0 for never.
	IdleTimeout    time.Duration
	MaxPerIdentity int // sessions of one identity; 0 for any number
	// EarliestExtend is how long before its end a session may be extended; 0 for at
	// any time.
	EarliestExtend time.Duration `key:"earliest_possible_extend"`
	Whoami         Whoami
}

// Cookie is the session cookie.
type Cookie struct {
	Name       string
	Domain     string // empty: this host only
	Path       string
	Persistent bool
	SameSite   string // Strict, Lax or None
}

// Secrets are the keys of everything signed or sealed; the first one is used,
// the others are still accepted.
type Secrets struct {
	Default []Secret
	Cookie  []Secret
	Cipher  []Secret // of the original; what it stored of providers is opened with them
}

// Signing returns the secrets that sign cookies: those of secrets.cookie, or
// else those of secrets.default.
func (s Secrets) Signing() []string {
	if len(s.Cookie) > 0 {
		return Reveal(s.Cookie)
	}
	return Reveal(s.Default)
}

// Unset reports whether secrets.default is missing, so that the caller has to
// make one.
func (s Secrets) Unset() bool { return len(s.Default) == 0 }

// Hashers is how passwords are hashed and what hashes are accepted.
type Hashers struct {
	Argon2 Argon2
	Limits HashLimits
	Budget HashBudget
}

// Argon2 are the parameters of new hashes.
type Argon2 struct {
	Memory      int // KiB
	Iterations  int
	Parallelism int
	SaltLength  int // bytes
	KeyLength   int // bytes
	// Implementation is "built-in" or "x/crypto".
	Implementation string
}

// HashLimits bound the parameters of hashes that are verified or imported.
type HashLimits struct {
	Argon2 Argon2Limits
	Bcrypt BcryptLimits
	Scrypt ScryptLimits
	PBKDF2 PBKDF2Limits
}

// Argon2Limits bound Argon2 hashes.
type Argon2Limits struct {
	Memory      int // KiB
	Iterations  int
	Parallelism int
}

// BcryptLimits bound bcrypt hashes.
type BcryptLimits struct{ Cost int }

// ScryptLimits bound scrypt hashes.
type ScryptLimits struct {
	Cost        int // base-2 logarithm of N
	BlockSize   int // r
	Parallelism int // p
}

// PBKDF2Limits bound PBKDF2 hashes.
type PBKDF2Limits struct{ Iterations int }

// HashBudget bounds the memory of all hashing together.
type HashBudget struct {
	Memory int // KiB; 0 for a quarter of what the process may use, at most 1 GiB
	// Wait is how long a request waits for its share before it is turned away.
	Wait time.Duration
}

// Password is which passwords are accepted.
type Password struct {
	MinLength           int  // bytes
	CheckBreaches       bool `key:"/selfservice.methods.password.config.haveibeenpwned_enabled"`
	CheckSimilarity     bool `key:"/selfservice.methods.password.config.identifier_similarity_check_enabled"` // to the identifier
	CommonList          bool
	MaxBreaches         int
	IgnoreNetworkErrors bool
	BreachAPIURL        *url.URL `key:"breach_api_url"` // /range/XXXXX is asked below it
	// Migration is asked for the passwords of identities that only another system knows.
	Migration PasswordMigration `key:"/selfservice.methods.password.config.migrate_hook"`
}

// PasswordMigration is the call that asks another system whether a password is right.
type PasswordMigration struct {
	Enabled bool
	Request HTTPRequest `key:"config"`
}

// LinkPages is how links in mails behave.
type LinkPages struct {
	// Confirm puts a button before a link takes effect, on the built-in pages.
	Confirm bool
}

// Security is protection against abuse.
type Security struct {
	Limits   Limits
	Outgoing Outgoing
	// Notices mails people about changes to their credentials and addresses.
	Notices bool
	// RequiredFactors are the policies of identity schemas.
	RequiredFactors []FactorPolicy
}

// Limits bound failed proofs.
type Limits struct {
	Enabled     bool
	Window      time.Duration
	PerIdentity int
	PerAddress  int
}

// Outgoing bounds which hosts the server itself may call.
type Outgoing struct {
	// Allow are hosts, host:port pairs, addresses and CIDR ranges that may be
	// called although they are not public.
	Allow []string
}

// Cleanup is the removal of what has ended.
type Cleanup struct {
	Interval     time.Duration // 0 for never
	KeepFlows    time.Duration // after expiry
	KeepSessions time.Duration // after expiry or revocation
	KeepErrors   time.Duration // after creation
	KeepMessages time.Duration // after delivery or the last try
	KeepEvents   time.Duration // after recording; 0 for ever
}

// Log is what the process writes about itself.
type Log struct {
	Level  string // trace, debug, info, warning, error, fatal, panic
	Format string // text or json
	// LeakSensitiveValues is read for old files and has no effect: nothing
	// sensitive is ever logged.
	LeakSensitiveValues bool
}
