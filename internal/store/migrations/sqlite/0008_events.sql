-- +goose Up
-- What happened, written in the transaction of what it tells of. A row is sealed with the
-- hash of the one before it in its chain, of which there are several so that transactions
-- do not wait for each other.
CREATE TABLE events (
    chain       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    identity_id TEXT,
    session_id  TEXT    NOT NULL,
    flow_id     TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    operator    TEXT    NOT NULL,
    details     TEXT    NOT NULL,
    key_id      TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_time ON events (at);
CREATE INDEX events_identity ON events (identity_id, at) WHERE identity_id IS NOT NULL;

-- The last row of each chain, and the last one that retention removed.
CREATE TABLE event_chains (
    chain       INTEGER NOT NULL PRIMARY KEY,
    seq         INTEGER NOT NULL,
    hash        TEXT    NOT NULL,
    pruned_seq  INTEGER NOT NULL,
    pruned_hash TEXT    NOT NULL,
    pruned_mac  TEXT    NOT NULL
) STRICT;
INSERT INTO event_chains (chain, seq, hash, pruned_seq, pruned_hash, pruned_mac) VALUES (0, 0, '', 0, '', '');

-- How far each reader has come.
CREATE TABLE event_cursors (
    reader TEXT    NOT NULL,
    chain  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (reader, chain)
) STRICT;
