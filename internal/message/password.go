package message

import "fmt"

// policy builds a message of number 4000005. The reason is part of the wire's
// context and so is filled in here, in English.
func policy(key, reason string, params map[string]any) Message {
	if params == nil {
		params = map[string]any{}
	}
	params["reason"] = reason
	return Message{Key: key, Params: params}
}

// PasswordTooShort says how many bytes a password needs.
func PasswordTooShort(need, got int) Message {
	return policy(KeyPasswordTooShort,
		fmt.Sprintf("password length must be at least %d characters but only got %d", need, got),
		map[string]any{"min": need, "length": got})
}

// KeyPasswordTooLong is not an entry of the catalogue: v0.5 has no number for it, and where
// there is a limit a wire of its own says so.
const KeyPasswordTooLong = "password.too_long"

// PasswordTooLong says how many bytes a password may have.
func PasswordTooLong(limit, got int) Message {
	return Message{Key: KeyPasswordTooLong, Params: map[string]any{
		"text": fmt.Sprintf("The password must be at most %d characters long, but got %d.", limit, got), "max": limit, "length": got,
	}}
}

// PasswordTooSimilar says that a password resembles an identifier.
func PasswordTooSimilar() Message {
	return policy(KeyPasswordTooSimilar, "the password is too similar to the user identifier", nil)
}

// PasswordCommon says that a password is on the list of common ones.
func PasswordCommon() Message {
	return policy(KeyPasswordCommon, "the password is too common", nil)
}

// PasswordBreached says in how many breaches a password was found.
func PasswordBreached(found int) Message {
	return policy(KeyPasswordBreached,
		fmt.Sprintf("the password has been found in at least %d data breaches and must no longer be used.", found),
		map[string]any{"breaches": found})
}

// PasswordUnchecked says that the breach lookup could not be made and that the
// operator does not accept passwords without it.
func PasswordUnchecked() Message {
	return policy(KeyPasswordUnchecked,
		"unable to check if password has been leaked because an unexpected network error occurred", nil)
}

// KeyChooseCredential is not an entry of the catalogue: only v1 has a form of two steps.
const KeyChooseCredential = "registration.choose_credential"

// ChooseCredential asks for a credential for the traits that were given.
func ChooseCredential() Message {
	return Message{Key: KeyChooseCredential, Params: map[string]any{"text": "Please choose a credential to authenticate yourself with."}}
}
