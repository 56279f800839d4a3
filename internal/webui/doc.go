// Package webui owns the built-in pages of the public listener: sign in, sign
// up, recovery, verification, settings, errors and the welcome page, with their
// templates, texts in every language of package locale, styles and one script, and
// what an operator may put in the place of each. They are ordinary HTML forms that
// post to the routes of the API; the script only improves what works without it.
//
// It does not run flows, judge submissions or know of cookies: it draws the
// ui.Form of any flow as it is, so a method that is added appears without a
// change here. httpapi mounts the handlers and is the Source behind them.
//
// Invariants: no page asks another site for anything or runs inline script; what
// a person typed reaches a page through html/template alone; a page that is not
// understood leads to a fresh flow, never to a dead end.
package webui
