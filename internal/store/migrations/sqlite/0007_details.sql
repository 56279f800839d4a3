-- +goose Up
-- What operators note of identities, for those who have such notes: whether they may sign
-- in, data of other systems, and what those call them.
CREATE TABLE identity_details (
    identity_id      TEXT    NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    state            TEXT    NOT NULL,
    state_changed_at INTEGER,
    metadata_public  TEXT,
    metadata_admin   TEXT,
    external_id      TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_details_external ON identity_details (external_id) WHERE external_id IS NOT NULL;

-- What a session was made with, as its owner is shown it.
CREATE TABLE session_devices (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When the owner of an address was last asked to prove it.
CREATE TABLE address_mails (
    address_id TEXT    NOT NULL PRIMARY KEY REFERENCES addresses (id) ON DELETE CASCADE,
    sent_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
