// Package pagekit owns what all built-in pages share: the tokens of the design and the
// base style sheet, the mark and the font, the field of a form with its template, the
// labels of traits, the headers that protect a page, and how a mail is shown without
// trusting it.
//
// It does not own a page, its texts or who may see it: those belong to webui, the
// console and the mailbox.
package pagekit
