package message

// emittedFactors are the messages about second factors, keys and codes.
func emittedFactors() map[string]said {
	says := func(key string, params map[string]any, typ Type, text string, context string) said {
		return said{Message{Key: key, Params: params}, on{typ, text, context}}
	}
	return map[string]said{
		"login.account_exists":      says("login.account_exists", nil, Info, `Your account has been created. Please sign in.`, `{}`),
		"login.no_method_left":      says("login.no_method_left", nil, Error, `This account does not exist or has no login method configured.`, `{}`),
		"login.wrong_method":        says("login.wrong_method", nil, Error, `Could not find a strategy to log you in with. Did you fill out the form correctly?`, `{}`),
		"login.confirm_identity":    says("login.confirm_identity", nil, Info, `Please confirm this action by verifying that it is you.`, `{}`),
		"provider.confirm_link":     says("provider.confirm_link", map[string]any{"provider": "Acme", "account": "jane"}, Info, `Do you want to connect the account jane at Acme to the account that you are signed in to? Do so only if both are yours.`, `{"account":"jane","provider":"Acme"}`),
		"recovery.unproven_ended":   says("recovery.unproven_ended", nil, Info, `This address was confirmed for the first time. The password and the connected accounts from before have been removed, since they may not be yours. Please set a new password.`, `{}`),
		"settings.last_identifier":  says("settings.last_identifier", nil, Error, `This would remove the last name that you sign in with. Please keep one while you have a password.`, ""),
		"code.invalid.login":        says("code.invalid.login", nil, Error, `The login code is invalid or has already been used. Please try again.`, `{}`),
		"code.invalid.recovery":     says("code.invalid.recovery", nil, Error, `The recovery code is invalid or has already been used. Please try again.`, `{}`),
		"code.invalid.registration": says("code.invalid.registration", nil, Error, `The registration code is invalid or has already been used. Please try again.`, `{}`),
		"code.invalid.verification": says("code.invalid.verification", nil, Error, `The verification code is invalid or has already been used. Please try again.`, `{}`),
		"code.same_mailbox":         says("code.same_mailbox", nil, Error, `This address was used for the first factor and can not be the second one. Please use another factor.`, `{}`),
		"code.sent.login":           says("code.sent.login", nil, Info, `A code was sent to the address you provided. If you didn't receive it, please check the spelling of the address and try again.`, `{}`),
		"code.sent.recovery":        says("code.sent.recovery", nil, Info, `An email containing a recovery code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.`, `{}`),
		"code.sent.registration":    says("code.sent.registration", nil, Info, `A code has been sent to the address(es) you provided. If you have not received a message, check the spelling of the address and retry the registration.`, `{}`),
		"code.sent.verification":    says("code.sent.verification", nil, Info, `An email containing a verification code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.`, `{}`),
		"code.too_often":            says("code.too_often", nil, Error, `The request was submitted too often. Please request another code.`, ""),
		"code.traits_changed":       says("code.traits_changed", nil, Error, `The provided traits do not match the traits previously associated with this flow.`, `{}`),
		"code.unknown":              says("code.unknown", nil, Error, `This account does not exist or has not setup sign in with code.`, `{}`),
		"factor.code_invalid":       says("factor.code_invalid", nil, Error, `The provided authentication code is invalid, please try again.`, `{}`),
		"factor.last":               says("factor.last", nil, Error, `unable to remove this credential because it would lock you out of your account`, ""),
		"factor.required":           says("factor.required", nil, Info, `This account needs a second factor, such as an authenticator app or a security key. Please set one up to go on.`, `{}`),
		"factor.due":                says("factor.due", map[string]any{"days": 3.0}, Info, `This account needs a second factor, such as an authenticator app or a security key. Please set one up. Days left: 3.`, `{"days":3}`),
		"factor.needed":             says("factor.needed", nil, Error, `This account needs a second factor. Please add another one before you remove this one.`, `{}`),
		"factor.none":               says("factor.none", nil, Error, `No authentication methods are available. Please contact the system administrator.`, `{}`),
		"key.gone":                  says("key.gone", nil, Error, `You tried to remove a WebAuthn credential which does not exist.`, ""),
		"key.invalid":               says("key.invalid", nil, Error, `The answer of the security key is invalid, please try again.`, `{}`),
		"key.malformed":             says("key.malformed", nil, Error, `Unable to parse WebAuthn response.`, ""),
		"key.nameless":              says("key.nameless", nil, Error, `Could not find any login identifiers. Did you forget to set them? This could also be caused by a server misconfiguration.`, `{}`),
		"key.prepare": says("key.prepare", nil, Info,
			"Prepare your WebAuthn device (e.g. security key, biometrics scanner, ...) and press continue.", `{}`),
		"key.none":                    says("key.none", nil, Error, `You have no WebAuthn device set up.`, `{}`),
		"key.not_added":               says("key.not_added", nil, Error, `Unable to create WebAuthn credential.`, ""),
		"key.taken":                   says("key.taken", nil, Error, `This security key is registered already.`, `{}`),
		"key.unknown":                 says("key.unknown", nil, Error, `This account does not exist or has no security key set up.`, `{}`),
		"lookup_secret.code":          says("lookup_secret.code", map[string]any{"secret": "ABCD"}, Info, `ABCD`, `{"secret":"ABCD"}`),
		"lookup_secret.code_used":     says("lookup_secret.code_used", map[string]any{"used_at": "2026-11-30T00:44:31Z"}, Info, `Secret was used at 2026-11-30T00:44:31Z`, `{"used_at":"2026-11-30T00:44:31Z"}`),
		"lookup_secret.hidden":        says("lookup_secret.hidden", map[string]any{"hint": "ab"}, Info, `ab******`, `{"hint":"ab"}`),
		"lookup_secret.invalid":       says("lookup_secret.invalid", nil, Error, `The backup recovery code is not valid.`, `{}`),
		"lookup_secret.none":          says("lookup_secret.none", nil, Error, `You have no backup recovery codes set up.`, `{}`),
		"lookup_secret.not_generated": says("lookup_secret.not_generated", nil, Error, `You must (re-)generate recovery backup codes before you can save them.`, ""),
		"lookup_secret.used":          says("lookup_secret.used", nil, Error, `This backup recovery code has already been used.`, `{}`),
		"second_factor.prompt":        says("second_factor.prompt", nil, Info, `Please complete the second authentication challenge.`, `{}`),
		"totp.secret":                 says("totp.secret", map[string]any{"secret": "ABCD"}, Info, `ABCD`, `{"secret":"ABCD"}`),
	}
}
