// Package profile owns the profile method: changing the traits of the signed-in
// identity.
//
// It does not validate traits (traits, identity) nor decide whether a change
// needs a fresh login: that depends on what changes and is the engine's rule.
package profile
