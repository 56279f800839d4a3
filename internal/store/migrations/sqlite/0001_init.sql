-- Times are microseconds since 1970 in UTC. JSON is text. Texts are compared byte
-- by byte, which is SQLite's default.

-- +goose Up
CREATE TABLE identities (
    id         TEXT    NOT NULL PRIMARY KEY,
    schema_id  TEXT    NOT NULL,
    traits     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX identities_schema ON identities (schema_id, id);

CREATE TABLE credentials (
    identity_id TEXT    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    type        TEXT    NOT NULL,
    config      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (identity_id, type)
) STRICT, WITHOUT ROWID;

-- The identifier comes first in the key so that it also finds an identifier of
-- any type.
CREATE TABLE credential_identifiers (
    identifier  TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    identity_id TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    PRIMARY KEY (identifier, type),
    FOREIGN KEY (identity_id, type) REFERENCES credentials (identity_id, type) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_identifiers_owner ON credential_identifiers (identity_id, type, position);

CREATE TABLE addresses (
    id          TEXT    NOT NULL PRIMARY KEY,
    identity_id TEXT    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    purpose     TEXT    NOT NULL,
    via         TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    normalized  TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    verified    INTEGER NOT NULL CHECK (verified IN (0, 1)),
    verified_at INTEGER
) STRICT;
CREATE UNIQUE INDEX addresses_value ON addresses (normalized, purpose, via);
CREATE INDEX addresses_owner ON addresses (identity_id, purpose, position);

CREATE TABLE sessions (
    id               TEXT    NOT NULL PRIMARY KEY,
    identity_id      TEXT    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    token_hash       TEXT    NOT NULL,
    active           INTEGER NOT NULL CHECK (active IN (0, 1)),
    issued_at        INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    factors          TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_owner ON sessions (identity_id, issued_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE flows (
    id          TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    request     TEXT    NOT NULL,
    return_to   TEXT    NOT NULL,
    subject     TEXT    REFERENCES identities (id) ON DELETE CASCADE,
    refresh     INTEGER NOT NULL CHECK (refresh IN (0, 1)),
    active      TEXT    NOT NULL,
    form        TEXT    NOT NULL,
    csrf        TEXT    NOT NULL,
    private     TEXT    NOT NULL,
    resume_hash TEXT,
    version     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX flows_resume ON flows (resume_hash) WHERE resume_hash IS NOT NULL;
CREATE INDEX flows_subject ON flows (subject) WHERE subject IS NOT NULL;
CREATE INDEX flows_expiry ON flows (expires_at);

CREATE TABLE stored_errors (
    id         TEXT    NOT NULL PRIMARY KEY,
    csrf_hash  TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stored_errors_age ON stored_errors (created_at);
