-- +goose Up
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
    lease_until INTEGER,
    last_error  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    sent_at     INTEGER
) STRICT;
CREATE INDEX messages_due ON messages (status, next_try);
CREATE INDEX messages_recipient ON messages (recipient, id);
