// Package adminpage owns what the pages of the admin listener have in common: the
// headers that keep browsers from doing anything else with them, their embedded files,
// and how a mail is shown without trusting it.
//
// It does not own a page, its design or who may see it: those are the mailbox's and the
// console's.
package adminpage
