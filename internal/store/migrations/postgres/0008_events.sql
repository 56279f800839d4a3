-- +goose Up
-- What happened, written in the transaction of what it tells of. A row is sealed with the
-- hash of the one before it in its chain, of which there are several so that transactions
-- do not wait for each other.
CREATE TABLE events (
    chain       integer NOT NULL,
    seq         bigint  NOT NULL,
    id          text COLLATE "C" NOT NULL,
    at          bigint  NOT NULL,
    name        text    NOT NULL,
    identity_id text COLLATE "C",
    session_id  text    NOT NULL,
    flow_id     text    NOT NULL,
    method      text    NOT NULL,
    address     text    NOT NULL,
    device      text    NOT NULL,
    operator    text    NOT NULL,
    details     text    NOT NULL,
    key_id      text    NOT NULL,
    hash        text    NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX events_time ON events (at);
CREATE INDEX events_identity ON events (identity_id, at) WHERE identity_id IS NOT NULL;

-- The last row of each chain, and the last one that retention removed.
CREATE TABLE event_chains (
    chain       integer NOT NULL PRIMARY KEY,
    seq         bigint  NOT NULL,
    hash        text    NOT NULL,
    pruned_seq  bigint  NOT NULL,
    pruned_hash text    NOT NULL,
    pruned_mac  text    NOT NULL
) WITH (fillfactor = 50);
INSERT INTO event_chains (chain, seq, hash, pruned_seq, pruned_hash, pruned_mac) VALUES
 (0, 0, '', 0, '', ''), (1, 0, '', 0, '', ''), (2, 0, '', 0, '', ''), (3, 0, '', 0, '', ''), (4, 0, '', 0, '', ''), (5, 0, '', 0, '', ''), (6, 0, '', 0, '', ''), (7, 0, '', 0, '', ''), (8, 0, '', 0, '', ''), (9, 0, '', 0, '', ''), (10, 0, '', 0, '', ''), (11, 0, '', 0, '', ''), (12, 0, '', 0, '', ''), (13, 0, '', 0, '', ''), (14, 0, '', 0, '', ''), (15, 0, '', 0, '', '');

-- How far each reader has come.
CREATE TABLE event_cursors (
    reader text COLLATE "C" NOT NULL,
    chain  integer NOT NULL,
    seq    bigint  NOT NULL,
    PRIMARY KEY (reader, chain)
);
