package message

import (
	"maps"
	"math"
	"time"
)

// The keys of the catalogue. A key is stored in flows and in translations, so
// it is never renamed.
const (
	KeyReason              = "reason"
	KeyMissing             = "missing"
	KeyPasswordTooShort    = "password.too_short"
	KeyPasswordTooSimilar  = "password.too_similar"
	KeyPasswordCommon      = "password.common"
	KeyPasswordBreached    = "password.breached"
	KeyPasswordUnchecked   = "password.unchecked"
	KeyInvalidCredentials  = "login.invalid_credentials"
	KeyTooManyAttempts     = "login.too_many_attempts"
	KeyTooManyMails        = "link.too_many_mails"
	KeyDuplicateIdentifier = "registration.duplicate_identifier"
	KeyLoginExpired        = "login.expired"
	KeyRegistrationExpired = "registration.expired"
	KeySettingsExpired     = "settings.expired"
	KeySettingsSaved       = "settings.saved"
	KeyRecoveryDone        = "recovery.done"
	KeyRecoverySent        = "recovery.sent"
	KeyRecoveryRetry       = "recovery.already_completed"
	KeyRecoveryInvalid     = "recovery.invalid_token"
	KeyRecoveryExpired     = "recovery.expired"
	KeyVerificationDone    = "verification.done"
	KeyVerificationSent    = "verification.sent"
	KeyVerificationRetry   = "verification.already_completed"
	KeyVerificationInvalid = "verification.invalid_token"
	KeyVerificationExpired = "verification.expired"
	KeyNoChanges           = "settings.no_changes"
	KeyCookieInAPIFlow     = "api.cookie"
	KeyOriginInAPIFlow     = "api.origin"
	KeyNotAnEmail          = "link.not_an_email"
	KeySchemaPrefix        = "schema."
	KeyBodyUnsupported     = "body.unsupported_type"
	KeyBodyEmpty           = "body.empty"
	KeyBodyMethod          = "body.method"
	KeyBodyNotObject       = "body.not_object"
	KeyBodyMalformed       = "body.malformed"
	KeyBodyTooLarge        = "body.too_large"
	KeyWrongType           = "field.wrong_type"
	KeyEmpty               = "field.empty"
	KeyProviderMissing     = "provider.missing"
	KeyProviderTrouble     = "provider.trouble"
	KeyProviderMixedUp     = "provider.mixed_up"
	KeySubjectTaken        = "provider.subject_taken"
	KeySubjectUnknown      = "provider.subject_unknown"
	KeySignInToLink        = "provider.sign_in_to_link"
	KeyCannotLink          = "provider.cannot_link"
	KeyCannotUnlink        = "provider.cannot_unlink"
	KeyLastCredential      = "provider.last_credential"
	KeyLinkAndUnlink       = "provider.link_and_unlink"
	KeyConfirmIdentity     = "login.confirm_identity"
	KeyConfirmLink         = "provider.confirm_link"
	KeyUnprovenEnded       = "recovery.unproven_ended"
	KeyLastIdentifier      = "settings.last_identifier"
	KeyAccountExists       = "login.account_exists"
	KeyWrongMethod         = "login.wrong_method"
	KeyNoMethodLeft        = "login.no_method_left"

	KeySecondFactor       = "second_factor.prompt"
	KeyFactorCodeInvalid  = "factor.code_invalid"
	KeyFactorNone         = "factor.none"
	KeyFactorLast         = "factor.last"
	KeyFactorRequired     = "factor.required"
	KeyFactorDue          = "factor.due"
	KeyFactorNeeded       = "factor.needed"
	KeyTOTPSecret         = "totp.secret"
	KeyLookupCode         = "lookup_secret.code"
	KeyLookupCodeHidden   = "lookup_secret.hidden"
	KeyLookupCodeUsed     = "lookup_secret.code_used"
	KeyLookupInvalid      = "lookup_secret.invalid"
	KeyLookupUsed         = "lookup_secret.used"
	KeyLookupNone         = "lookup_secret.none"
	KeyLookupNotGenerated = "lookup_secret.not_generated"
	KeyKeyMalformed       = "key.malformed"
	KeyKeyNotAdded        = "key.not_added"
	KeyKeyTaken           = "key.taken"
	KeyKeyInvalid         = "key.invalid"
	KeyKeyUnknown         = "key.unknown"
	KeyKeyNone            = "key.none"
	KeyKeyPrepare         = "key.prepare"
	KeyKeyGone            = "key.gone"
	KeyKeyNameless        = "key.nameless"
	KeyCodeTooOften       = "code.too_often"
	KeyCodeUnknown        = "code.unknown"
	KeyCodeSameMailbox    = "code.same_mailbox"
	KeyCodeTraitsChanged  = "code.traits_changed"
	// KeyCodeSentPrefix and KeyCodeInvalidPrefix are followed by the kind of the flow.
	KeyCodeSentPrefix    = "code.sent."
	KeyCodeInvalidPrefix = "code.invalid."
)

var none = []string{}

// catalogue is every message by its key. Wires number them: wire05/numbers.go,
// wire1/messages.go.
var catalogue = map[string]Entry{
	KeyReason:  {Error, "{text}", nil},
	KeyMissing: {Error, "Property {property} is missing.", []string{"property"}},

	KeyPasswordTooShort:   {Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordTooSimilar: {Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordCommon:     {Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordBreached:   {Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordUnchecked:  {Error, "The password can not be used because {reason}.", []string{"reason"}},

	KeyInvalidCredentials:  {Error, "The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.", none},
	KeyDuplicateIdentifier: {Error, "An account with the same identifier (email, phone, username, ...) exists already.", none},
	KeyTooManyAttempts:     {Error, "Too many failed attempts. Please wait {minutes:%.0f} minutes and try again, or recover your account.", []string{"retry_after"}},

	KeyTooManyMails: {Error, "Too many e-mails were asked for. Please wait {minutes:%.0f} minutes and try again.", []string{"retry_after"}},

	KeyLoginExpired:        {Error, "The login flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeyRegistrationExpired: {Error, "The registration flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeySettingsExpired:     {Error, "The settings flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeySettingsSaved:       {Info, "Your changes have been saved!", none},
	KeyNoChanges:           {Error, "Did not receive any value changes.", nil},

	KeyRecoveryDone:    {Info, "You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next {minutes:%.2f} minutes.", []string{"privilegedSessionExpiresAt"}},
	KeyRecoverySent:    {Info, "An email containing a recovery link has been sent to the email address you provided.", none},
	KeyRecoveryRetry:   {Error, "The request was already completed successfully and can not be retried.", none},
	KeyRecoveryInvalid: {Error, "The recovery token is invalid or has already been used. Please retry the flow.", none},
	KeyRecoveryExpired: {Error, "The recovery flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},

	KeyVerificationDone:    {Info, "You successfully verified your email address.", none},
	KeyVerificationSent:    {Info, "An email containing a verification link has been sent to the email address you provided.", none},
	KeyVerificationInvalid: {Error, "The verification token is invalid or has already been used. Please retry the flow.", none},
	KeyVerificationRetry:   {Error, "The request was already completed successfully and can not be retried.", none},
	KeyVerificationExpired: {Error, "The verification flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},

	KeyProviderMissing: {Error, `The HTTP request did not contain the required "provider" form field`, nil},
	KeyProviderTrouble: {Error, "{provider} could not be reached or gave an unusable answer. Please try again in a moment, or choose another way to sign in.", none},
	KeyProviderMixedUp: {Error, "The answer came from another provider than the one that was asked. Please try again.", none},
	KeySubjectTaken:    {Error, "That account is already linked to another account here.", none},
	KeySubjectUnknown:  {Error, "That account is not linked to yours. Please choose the one that you signed in with before.", none},
	KeySignInToLink:    {Info, "Sign in to your account once more, and your account at {provider} will be linked to it.", none},
	KeyCannotLink:      {Error, "can not link unknown or already existing OpenID Connect connection", nil},
	KeyCannotUnlink:    {Error, "can not unlink non-existing OpenID Connect connection", nil},
	KeyLastCredential:  {Error, "can not unlink non-existing OpenID Connect connection", nil},
	KeyLinkAndUnlink:   {Error, "it is not possible to link and unlink providers in the same request", nil},

	KeyNotAnEmail: {Error, `"{value}" is not valid "email"`, nil},
	KeyEmpty:      {Error, "length must be >= 1, but got 0", nil},
	KeyWrongType:  {Error, "expected {want}, but got {got}", nil},

	KeyCookieInAPIFlow: {Error, `The HTTP Request Header included the "Cookie" key, indicating that this request was made by a Browser. ` + apiBlocked, nil},
	KeyOriginInAPIFlow: {Error, `The HTTP Request Header included the "Origin" key, indicating that this request was made as part of an AJAX request in a Browser. ` + apiBlocked, nil},

	KeyBodyUnsupported: {Error, `HTTP {method} Request used unknown HTTP Header "Content-Type: {type}", only [multipart/form-data application/x-www-form-urlencoded application/json] are supported.`, nil},
	KeyBodyEmpty:       {Error, `Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.`, nil},
	KeyBodyMethod:      {Error, `Unable to decode body because HTTP Request Method was "{method}" but only [POST PUT PATCH] are supported.`, nil},
	KeyBodyNotObject:   {Error, "Expected JSON sent in request body to be an object but got: JSON", nil},
	KeyBodyMalformed:   {Error, "Unable to decode JSON payload: {cause}", nil},
	KeyBodyTooLarge:    {Error, "The request body is larger than {limit} bytes. Please send less.", nil},

	KeyConfirmIdentity: {Info, "Please confirm this action by verifying that it is you.", none},
	KeyConfirmLink:     {Info, "Do you want to connect the account {account} at {provider} to the account that you are signed in to? Do so only if both are yours.", []string{"provider", "account"}},
	KeyUnprovenEnded:   {Info, "This address was confirmed for the first time. The password and the connected accounts from before have been removed, since they may not be yours. Please set a new password.", none},
	KeyLastIdentifier:  {Error, "This would remove the last name that you sign in with. Please keep one while you have a password.", nil},
	KeyNoMethodLeft:    {Error, "This account does not exist or has no login method configured.", none},
	KeyWrongMethod:     {Error, "Could not find a strategy to log you in with. Did you fill out the form correctly?", none},
	KeyAccountExists:   {Info, "Your account has been created. Please sign in.", none},

	KeySecondFactor:       {Info, "Please complete the second authentication challenge.", none},
	KeyFactorCodeInvalid:  {Error, "The provided authentication code is invalid, please try again.", none},
	KeyFactorNone:         {Error, "No authentication methods are available. Please contact the system administrator.", none},
	KeyFactorRequired:     {Info, "This account needs a second factor, such as an authenticator app or a security key. Please set one up to go on.", none},
	KeyFactorDue:          {Info, "This account needs a second factor, such as an authenticator app or a security key. Please set one up. Days left: {days:%.0f}.", []string{"days"}},
	KeyFactorNeeded:       {Error, "This account needs a second factor. Please add another one before you remove this one.", none},
	KeyFactorLast:         {Error, "unable to remove this credential because it would lock you out of your account", nil},
	KeyTOTPSecret:         {Info, "{secret}", []string{"secret"}},
	KeyLookupCode:         {Info, "{secret}", []string{"secret"}},
	KeyLookupCodeHidden:   {Info, "{hint}******", []string{"hint"}},
	KeyLookupCodeUsed:     {Info, "Secret was used at {used_at}", []string{"used_at"}},
	KeyLookupInvalid:      {Error, "The backup recovery code is not valid.", none},
	KeyLookupUsed:         {Error, "This backup recovery code has already been used.", none},
	KeyLookupNone:         {Error, "You have no backup recovery codes set up.", none},
	KeyLookupNotGenerated: {Error, "You must (re-)generate recovery backup codes before you can save them.", nil},
	KeyKeyMalformed:       {Error, "Unable to parse WebAuthn response.", nil},
	KeyKeyNotAdded:        {Error, "Unable to create WebAuthn credential.", nil},
	KeyKeyTaken:           {Error, "This security key is registered already.", none},
	KeyKeyInvalid:         {Error, "The answer of the security key is invalid, please try again.", none},
	KeyKeyUnknown:         {Error, "This account does not exist or has no security key set up.", none},
	KeyKeyNone:            {Error, "You have no WebAuthn device set up.", none},
	KeyKeyPrepare:         {Info, "Prepare your WebAuthn device (e.g. security key, biometrics scanner, ...) and press continue.", none},
	KeyKeyGone:            {Error, "You tried to remove a WebAuthn credential which does not exist.", nil},
	KeyKeyNameless:        {Error, "Could not find any login identifiers. Did you forget to set them? This could also be caused by a server misconfiguration.", none},
	KeyCodeTooOften:       {Error, "The request was submitted too often. Please request another code.", nil},
	KeyCodeUnknown:        {Error, "This account does not exist or has not setup sign in with code.", none},
	KeyCodeSameMailbox:    {Error, "This address was used for the first factor and can not be the second one. Please use another factor.", none},
	KeyCodeTraitsChanged:  {Error, "The provided traits do not match the traits previously associated with this flow.", none},

	KeyCodeSentPrefix + "login":           {Info, "A code was sent to the address you provided. If you didn't receive it, please check the spelling of the address and try again.", none},
	KeyCodeSentPrefix + "registration":    {Info, "A code has been sent to the address(es) you provided. If you have not received a message, check the spelling of the address and retry the registration.", none},
	KeyCodeSentPrefix + "recovery":        {Info, "An email containing a recovery code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.", none},
	KeyCodeSentPrefix + "verification":    {Info, "An email containing a verification code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.", none},
	KeyCodeInvalidPrefix + "login":        {Error, "The login code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "registration": {Error, "The registration code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "recovery":     {Error, "The recovery code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "verification": {Error, "The verification code is invalid or has already been used. Please try again.", none},
}

const apiBlocked = "The flow however was initiated as an API request. To prevent potential misuse and mitigate several attack vectors including CSRF, " +
	"the request has been blocked. Please consult the documentation."

// Keys returns every key, for the generated documentation and for tests.
func Keys() []string {
	keys := make([]string, 0, len(catalogue))
	for k := range catalogue {
		keys = append(keys, k)
	}
	return keys
}

// Reason is a text without a key of its own. It is for texts that exist in
// English alone, such as what a schema's author or a provider says.
func Reason(text string) Message {
	return Message{Key: KeyReason, Params: map[string]any{"text": text}}
}

// Schema is what an identity schema objects to: the keyword violated, the
// wire's English sentence and the values in it.
func Schema(keyword, text string, params map[string]any) Message {
	filled := map[string]any{}
	maps.Copy(filled, params)
	filled["text"] = text
	return Message{Key: KeySchemaPrefix + keyword, Params: filled}
}

// Of returns a message without parameters.
func Of(key string) Message { return Message{Key: key} }

// SignInToLink asks to sign in so that an account at a provider can be linked.
func SignInToLink(provider string) Message {
	return Message{Key: KeySignInToLink, Params: map[string]any{"provider": provider}}
}

// LinkAtSignIn is SignInToLink where the sign-in itself links the account. identifier is
// the one that both accounts have, page where people sign in.
func LinkAtSignIn(provider, identifier, page string) Message {
	return Message{Key: KeySignInToLink, Params: map[string]any{"provider": provider, "identifier": identifier, "page": page}}
}

// ConfirmLink asks whether an account at a provider is to be linked. account is what
// the person is called there; may be empty.
func ConfirmLink(provider, account string) Message {
	return Message{Key: KeyConfirmLink, Params: map[string]any{"provider": provider, "account": account}}
}

// Sent says that a secret is on its way, in a flow of a kind, by a method: "link" or
// "code".
func Sent(kind, method string) Message {
	switch {
	case method != "link":
		return Of(KeyCodeSentPrefix + kind)
	case kind == "recovery":
		return Of(KeyRecoverySent)
	}
	return Of(KeyVerificationSent)
}

// Missing says that a required property was not sent.
func Missing(property string) Message {
	return Message{Key: KeyMissing, Params: map[string]any{"property": property}}
}

// Expired says that a flow ended; key is the kind's Key…Expired.
func Expired(key string, at, now time.Time) Message {
	return Message{Key: key, Params: map[string]any{
		"minutes":    max(now.Sub(at).Minutes(), 0),
		"expired_at": instant(at),
	}}
}

// RecoveryDone asks to set a new password before the privileged time, which
// lasts that long, ends.
func RecoveryDone(until time.Time, lasts time.Duration) Message {
	return Message{Key: KeyRecoveryDone, Params: map[string]any{
		"minutes":                    lasts.Minutes(),
		"privilegedSessionExpiresAt": instant(until),
	}}
}

// TooManyAttempts says when the next attempt will be judged.
func TooManyAttempts(wait time.Duration) Message { return tooMany(KeyTooManyAttempts, wait) }

// TooManyMails says when the next mail will be sent.
func TooManyMails(wait time.Duration) Message { return tooMany(KeyTooManyMails, wait) }

// tooMany rounds up: a client that comes back then must not be too early.
func tooMany(key string, wait time.Duration) Message {
	return Message{Key: key, Params: map[string]any{
		"minutes":     max(math.Ceil(wait.Minutes()), 1),
		"retry_after": max(math.Ceil(wait.Seconds()), 1),
	}}
}

// FactorRequired asks to set up a factor that the account must have when that time is
// over; at once, if it is.
func FactorRequired(left time.Duration) Message {
	if left <= 0 {
		return Of(KeyFactorRequired)
	}
	return Message{Key: KeyFactorDue, Params: map[string]any{"days": math.Ceil(left.Hours() / 24)}}
}
