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

// catalogue is every message by its key. Where several keys share a number,
// the number is the wire's and the key tells the texts apart.
var catalogue = map[string]Entry{
	KeyReason:  {4000001, Error, "{text}", nil},
	KeyMissing: {4000002, Error, "Property {property} is missing.", []string{"property"}},

	KeyPasswordTooShort:   {4000005, Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordTooSimilar: {4000005, Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordCommon:     {4000005, Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordBreached:   {4000005, Error, "The password can not be used because {reason}.", []string{"reason"}},
	KeyPasswordUnchecked:  {4000005, Error, "The password can not be used because {reason}.", []string{"reason"}},

	KeyInvalidCredentials:  {4000006, Error, "The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.", none},
	KeyDuplicateIdentifier: {4000007, Error, "An account with the same identifier (email, phone, username, ...) exists already.", none},
	KeyTooManyAttempts:     {4000008, Error, "Too many failed attempts. Please wait {minutes:%.0f} minutes and try again, or recover your account.", []string{"retry_after"}},

	// Of the same number: for an application both say to wait.
	KeyTooManyMails: {4000008, Error, "Too many e-mails were asked for. Please wait {minutes:%.0f} minutes and try again.", []string{"retry_after"}},

	KeyLoginExpired:        {4010001, Error, "The login flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeyRegistrationExpired: {4040001, Error, "The registration flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeySettingsExpired:     {4050001, Error, "The settings flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},
	KeySettingsSaved:       {1050001, Info, "Your changes have been saved!", none},
	KeyNoChanges:           {4000001, Error, "Did not receive any value changes.", nil},

	KeyRecoveryDone:    {1060001, Info, "You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next {minutes:%.2f} minutes.", []string{"privilegedSessionExpiresAt"}},
	KeyRecoverySent:    {1060002, Info, "An email containing a recovery link has been sent to the email address you provided.", none},
	KeyRecoveryRetry:   {4060001, Error, "The request was already completed successfully and can not be retried.", none},
	KeyRecoveryInvalid: {4060004, Error, "The recovery token is invalid or has already been used. Please retry the flow.", none},
	KeyRecoveryExpired: {4060005, Error, "The recovery flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},

	KeyVerificationDone:    {1070001, Info, "You successfully verified your email address.", none},
	KeyVerificationSent:    {1070002, Info, "An email containing a verification link has been sent to the email address you provided.", none},
	KeyVerificationInvalid: {4070001, Error, "The verification token is invalid or has already been used. Please retry the flow.", none},
	KeyVerificationRetry:   {4070002, Error, "The request was already completed successfully and can not be retried.", none},
	KeyVerificationExpired: {4070005, Error, "The verification flow expired {minutes:%.2f} minutes ago, please try again.", []string{"expired_at"}},

	KeyProviderMissing: {4000001, Error, `The HTTP request did not contain the required "provider" form field`, nil},
	KeyProviderTrouble: {4000009, Error, "{provider} could not be reached or gave an unusable answer. Please try again in a moment, or choose another way to sign in.", none},
	KeyProviderMixedUp: {4000010, Error, "The answer came from another provider than the one that was asked. Please try again.", none},
	KeySubjectTaken:    {4000011, Error, "That account is already linked to another account here.", none},
	KeySubjectUnknown:  {4000012, Error, "That account is not linked to yours. Please choose the one that you signed in with before.", none},
	KeySignInToLink:    {1010002, Info, "Sign in to your account once more, and your account at {provider} will be linked to it.", none},
	KeyCannotLink:      {4000001, Error, "can not link unknown or already existing OpenID Connect connection", nil},
	KeyCannotUnlink:    {4000001, Error, "can not unlink non-existing OpenID Connect connection", nil},
	KeyLastCredential:  {4000001, Error, "can not unlink non-existing OpenID Connect connection", nil},
	KeyLinkAndUnlink:   {4000001, Error, "it is not possible to link and unlink providers in the same request", nil},

	KeyNotAnEmail: {4000001, Error, `"{value}" is not valid "email"`, nil},
	KeyEmpty:      {4000001, Error, "length must be >= 1, but got 0", nil},
	KeyWrongType:  {4000001, Error, "expected {want}, but got {got}", nil},

	KeyCookieInAPIFlow: {4000001, Error, `The HTTP Request Header included the "Cookie" key, indicating that this request was made by a Browser. ` + apiBlocked, nil},
	KeyOriginInAPIFlow: {4000001, Error, `The HTTP Request Header included the "Origin" key, indicating that this request was made as part of an AJAX request in a Browser. ` + apiBlocked, nil},

	KeyBodyUnsupported: {4000001, Error, `HTTP {method} Request used unknown HTTP Header "Content-Type: {type}", only [multipart/form-data application/x-www-form-urlencoded application/json] are supported.`, nil},
	KeyBodyEmpty:       {4000001, Error, `Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.`, nil},
	KeyBodyMethod:      {4000001, Error, `Unable to decode body because HTTP Request Method was "{method}" but only [POST PUT PATCH] are supported.`, nil},
	KeyBodyNotObject:   {4000001, Error, "Expected JSON sent in request body to be an object but got: JSON", nil},
	KeyBodyMalformed:   {4000001, Error, "Unable to decode JSON payload: {cause}", nil},
	KeyBodyTooLarge:    {4000001, Error, "The request body is larger than {limit} bytes. Please send less.", nil},

	KeyConfirmIdentity: {1010003, Info, "Please confirm this action by verifying that it is you.", none},
	KeyConfirmLink:     {1050030, Info, "Do you want to connect the account {account} at {provider} to the account that you are signed in to? Do so only if both are yours.", []string{"provider", "account"}},
	KeyUnprovenEnded:   {1060010, Info, "This address was confirmed for the first time. The password and the connected accounts from before have been removed, since they may not be yours. Please set a new password.", none},
	KeyLastIdentifier:  {4000001, Error, "This would remove the last name that you sign in with. Please keep one while you have a password.", nil},
	KeyWrongMethod:     {4010002, Error, "Could not find a strategy to log you in with. Did you fill out the form correctly?", none},
	KeyAccountExists:   {1010030, Info, "Your account has been created. Please sign in.", none},

	// Second factors, keys and codes. The numbers are those of v26 where v0.5 has not given them to something else.
	KeySecondFactor:       {1010004, Info, "Please complete the second authentication challenge.", none},
	KeyFactorCodeInvalid:  {4000042, Error, "The provided authentication code is invalid, please try again.", none},
	KeyFactorNone:         {5000002, Error, "No authentication methods are available. Please contact the system administrator.", none},
	KeyFactorRequired:     {1050901, Info, "This account needs a second factor, such as an authenticator app or a security key. Please set one up to go on.", none},
	KeyFactorDue:          {1050902, Info, "This account needs a second factor, such as an authenticator app or a security key. Please set one up within {days:%.0f} days.", []string{"days"}},
	KeyFactorNeeded:       {4000048, Error, "This account needs a second factor. Please add another one before you remove this one.", none},
	KeyFactorLast:         {4000001, Error, "unable to remove this credential because it would lock you out of your account", nil},
	KeyTOTPSecret:         {1050006, Info, "{secret}", []string{"secret"}},
	KeyLookupCode:         {1050009, Info, "{secret}", []string{"secret"}},
	KeyLookupCodeHidden:   {1050009, Info, "{hint}******", []string{"hint"}},
	KeyLookupCodeUsed:     {1050014, Info, "Secret was used at {used_at}", []string{"used_at"}},
	KeyLookupInvalid:      {4000016, Error, "The backup recovery code is not valid.", none},
	KeyLookupUsed:         {4000043, Error, "This backup recovery code has already been used.", none},
	KeyLookupNone:         {4000014, Error, "You have no backup recovery codes set up.", none},
	KeyLookupNotGenerated: {4000001, Error, "You must (re-)generate recovery backup codes before you can save them.", nil},
	KeyKeyMalformed:       {4000001, Error, "Unable to parse WebAuthn response.", nil},
	KeyKeyNotAdded:        {4000001, Error, "Unable to create WebAuthn credential.", nil},
	KeyKeyTaken:           {4000044, Error, "This security key is registered already.", none},
	KeyKeyInvalid:         {4000045, Error, "The answer of the security key is invalid, please try again.", none},
	KeyKeyUnknown:         {4000015, Error, "This account does not exist or has no security key set up.", none},
	KeyKeyNone:            {4000013, Error, "You have no WebAuthn device set up.", none},
	KeyKeyGone:            {4000001, Error, "You tried to remove a WebAuthn credential which does not exist.", nil},
	KeyKeyNameless:        {4000046, Error, "Could not find any login identifiers. Did you forget to set them? This could also be caused by a server misconfiguration.", none},
	KeyCodeTooOften:       {4000001, Error, "The request was submitted too often. Please request another code.", nil},
	KeyCodeUnknown:        {4000035, Error, "This account does not exist or has not setup sign in with code.", none},
	KeyCodeSameMailbox:    {4000047, Error, "This address was used for the first factor and can not be the second one. Please use another factor.", none},
	KeyCodeTraitsChanged:  {4000036, Error, "The provided traits do not match the traits previously associated with this flow.", none},

	KeyCodeSentPrefix + "login":           {1010014, Info, "A code was sent to the address you provided. If you didn't receive it, please check the spelling of the address and try again.", none},
	KeyCodeSentPrefix + "registration":    {1040005, Info, "A code has been sent to the address(es) you provided. If you have not received a message, check the spelling of the address and retry the registration.", none},
	KeyCodeSentPrefix + "recovery":        {1060003, Info, "An email containing a recovery code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.", none},
	KeyCodeSentPrefix + "verification":    {1080003, Info, "An email containing a verification code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.", none},
	KeyCodeInvalidPrefix + "login":        {4010008, Error, "The login code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "registration": {4040003, Error, "The registration code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "recovery":     {4060006, Error, "The recovery code is invalid or has already been used. Please try again.", none},
	KeyCodeInvalidPrefix + "verification": {4070006, Error, "The verification code is invalid or has already been used. Please try again.", none},
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

// Reason is a text without a number of its own. It is for texts that exist in
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
