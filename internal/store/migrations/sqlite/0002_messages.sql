-- +goose Up
-- next_try is when a message may be taken: while one is being sent, when the
-- lease runs out.
CREATE TABLE messages (
    id          TEXT    NOT NULL PRIMARY KEY,
    template    TEXT    NOT NULL,
    recipient   TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    sealed      TEXT    NOT NULL,
    identity_id TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    tries       INTEGER NOT NULL,
    next_try    INTEGER NOT NULL,
    lease       TEXT    NOT NULL,
    last_error  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    sent_at     INTEGER
) STRICT;
CREATE INDEX messages_due ON messages (next_try, id) WHERE status NOT IN ('sent', 'dead');
CREATE INDEX messages_status ON messages (status, id);
CREATE INDEX messages_recipient ON messages (recipient, id);
CREATE INDEX messages_failed ON messages (id) WHERE last_error <> '';
CREATE INDEX messages_erasable ON messages (expires_at) WHERE status NOT IN ('queued', 'sending') AND sealed <> '';
CREATE INDEX messages_age ON messages (created_at) WHERE status NOT IN ('queued', 'sending');
