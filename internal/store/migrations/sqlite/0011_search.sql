-- +goose Up
-- What operators find identities by: their identifiers, addresses and names in lower case,
-- with an index of all sequences of three characters. A text that changes gets a new
-- number; the clean-up enters those that are new into the index. It also enters the
-- identities that were there before into this table: here that would delay the start.
CREATE TABLE identity_search (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    identity_id TEXT    NOT NULL UNIQUE REFERENCES identities (id) ON DELETE CASCADE,
    text        TEXT    NOT NULL
) STRICT;
-- No trigger keeps the index: an earlier release, which does not know it, can delete
-- identities. Numbers are never used again, so what it leaves finds nothing.
CREATE VIRTUAL TABLE identity_trigrams USING fts5(text, content = '', contentless_delete = 1, tokenize = 'trigram');
