package wire05

import "github.com/symbolon/symbolon/internal/message"

// reasonNumber is the number of messages that have none of their own: v0.5 had them
// for texts in English alone.
const reasonNumber = 4000001

// numbers are what applications of v0.5 know messages by. A number is never given to
// another message. Messages that v0.5 does not have are numbered as in v26 where v0.5
// has not given the number to something else. Keys that share a number differ in
// their text alone.
var numbers = map[string]int{
	message.KeyMissing:                            4000002,
	message.KeyPasswordTooShort:                   4000005,
	message.KeyPasswordTooSimilar:                 4000005,
	message.KeyPasswordCommon:                     4000005,
	message.KeyPasswordBreached:                   4000005,
	message.KeyPasswordUnchecked:                  4000005,
	message.KeyInvalidCredentials:                 4000006,
	message.KeyDuplicateIdentifier:                4000007,
	message.KeyTooManyAttempts:                    4000008,
	message.KeyTooManyMails:                       4000008,
	message.KeyLoginExpired:                       4010001,
	message.KeyRegistrationExpired:                4040001,
	message.KeySettingsExpired:                    4050001,
	message.KeySettingsSaved:                      1050001,
	message.KeyRecoveryDone:                       1060001,
	message.KeyRecoverySent:                       1060002,
	message.KeyRecoveryRetry:                      4060001,
	message.KeyRecoveryInvalid:                    4060004,
	message.KeyRecoveryExpired:                    4060005,
	message.KeyVerificationDone:                   1070001,
	message.KeyVerificationSent:                   1070002,
	message.KeyVerificationInvalid:                4070001,
	message.KeyVerificationRetry:                  4070002,
	message.KeyVerificationExpired:                4070005,
	message.KeyProviderTrouble:                    4000009,
	message.KeyProviderMixedUp:                    4000010,
	message.KeySubjectTaken:                       4000011,
	message.KeySubjectUnknown:                     4000012,
	message.KeySignInToLink:                       1010002,
	message.KeyConfirmIdentity:                    1010003,
	message.KeyConfirmLink:                        1050030,
	message.KeyUnprovenEnded:                      1060010,
	message.KeyWrongMethod:                        4010002,
	message.KeyNoMethodLeft:                       4000037,
	message.KeyAccountExists:                      1010030,
	message.KeySecondFactor:                       1010004,
	message.KeyFactorCodeInvalid:                  4000042,
	message.KeyFactorNone:                         5000002,
	message.KeyTOTPSecret:                         1050006,
	message.KeyLookupCode:                         1050009,
	message.KeyLookupCodeHidden:                   1050009,
	message.KeyLookupCodeUsed:                     1050014,
	message.KeyLookupInvalid:                      4000016,
	message.KeyLookupUsed:                         4000043,
	message.KeyLookupNone:                         4000014,
	message.KeyKeyTaken:                           4000044,
	message.KeyKeyInvalid:                         4000045,
	message.KeyKeyUnknown:                         4000015,
	message.KeyKeyNone:                            4000013,
	message.KeyKeyPrepare:                         1010012,
	message.KeyKeyNameless:                        4000046,
	message.KeyCodeUnknown:                        4000035,
	message.KeyCodeSameMailbox:                    4000047,
	message.KeyCodeTraitsChanged:                  4000036,
	message.KeyCodeSentPrefix + "login":           1010014,
	message.KeyCodeSentPrefix + "registration":    1040005,
	message.KeyCodeSentPrefix + "recovery":        1060003,
	message.KeyCodeSentPrefix + "verification":    1080003,
	message.KeyCodeInvalidPrefix + "login":        4010008,
	message.KeyCodeInvalidPrefix + "registration": 4040003,
	message.KeyCodeInvalidPrefix + "recovery":     4060006,
	message.KeyCodeInvalidPrefix + "verification": 4070006,
	message.KeyFactorRequired:                     1050901,
	message.KeyFactorDue:                          1050902,
	message.KeyFactorNeeded:                       4000048,
}

// number returns the number of a message.
func number(m message.Message) int {
	if n, ok := numbers[m.Key]; ok {
		return n
	}
	return reasonNumber
}
