-- Times are microseconds since 1970 in UTC. JSON is text, so it keeps its
-- spelling. COLLATE "C" compares and sorts texts byte by byte, whatever the locale
-- of the database is and becomes.

-- +goose Up
CREATE TABLE identities (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    schema_id  text COLLATE "C" NOT NULL,
    traits     text             NOT NULL,
    version    bigint           NOT NULL,
    created_at bigint           NOT NULL,
    updated_at bigint           NOT NULL
);
CREATE INDEX identities_schema ON identities (schema_id, id);

CREATE TABLE credentials (
    identity_id text COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    type        text COLLATE "C" NOT NULL,
    config      text             NOT NULL,
    version     bigint           NOT NULL,
    PRIMARY KEY (identity_id, type)
);

-- The identifier comes first in the key so that it also finds an identifier of
-- any type.
CREATE TABLE credential_identifiers (
    identifier  text COLLATE "C" NOT NULL,
    type        text COLLATE "C" NOT NULL,
    identity_id text COLLATE "C" NOT NULL,
    position    bigint           NOT NULL,
    PRIMARY KEY (identifier, type),
    FOREIGN KEY (identity_id, type) REFERENCES credentials (identity_id, type) ON DELETE CASCADE
);
CREATE INDEX credential_identifiers_owner ON credential_identifiers (identity_id, type, position);

CREATE TABLE addresses (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id text COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    purpose     text COLLATE "C" NOT NULL,
    via         text COLLATE "C" NOT NULL,
    value       text COLLATE "C" NOT NULL,
    normalized  text COLLATE "C" NOT NULL,
    position    bigint           NOT NULL,
    verified    boolean          NOT NULL,
    verified_at bigint
);
CREATE UNIQUE INDEX addresses_value ON addresses (normalized, purpose, via);
CREATE INDEX addresses_owner ON addresses (identity_id, purpose, position);

CREATE TABLE sessions (
    id               text COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id      text COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    token_hash       text COLLATE "C" NOT NULL,
    active           boolean          NOT NULL,
    issued_at        bigint           NOT NULL,
    authenticated_at bigint           NOT NULL,
    expires_at       bigint           NOT NULL,
    factors          text             NOT NULL
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_owner ON sessions (identity_id, issued_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE flows (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    client      text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL,
    issued_at   bigint           NOT NULL,
    expires_at  bigint           NOT NULL,
    request     text             NOT NULL,
    return_to   text             NOT NULL,
    subject     text COLLATE "C" REFERENCES identities (id) ON DELETE CASCADE,
    refresh     boolean          NOT NULL,
    active      text COLLATE "C" NOT NULL,
    form        text             NOT NULL,
    csrf        text COLLATE "C" NOT NULL,
    private     text             NOT NULL,
    resume_hash text COLLATE "C",
    version     bigint           NOT NULL
);
CREATE UNIQUE INDEX flows_resume ON flows (resume_hash) WHERE resume_hash IS NOT NULL;
CREATE INDEX flows_subject ON flows (subject) WHERE subject IS NOT NULL;
CREATE INDEX flows_expiry ON flows (expires_at);

CREATE TABLE stored_errors (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    csrf_hash  text COLLATE "C" NOT NULL,
    payload    text             NOT NULL,
    created_at bigint           NOT NULL
);
CREATE INDEX stored_errors_age ON stored_errors (created_at);
