-- Times are microseconds since 1970 in UTC. JSON is text, so it keeps its
-- spelling. What people type is kept in bytes (VARBINARY) where it is compared:
-- no collation that MySQL and MariaDB share tells "a" from "a " and "ä" from "a"
-- as well. Ids and words of the program's own are ASCII.
--
-- Each statement is committed by itself. They are written so that a migration
-- which was cut off can be run again.

-- +goose Up
CREATE TABLE IF NOT EXISTS identities (
    id         CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    schema_id  VARBINARY(255)  NOT NULL,
    traits     MEDIUMTEXT      NOT NULL,
    version    BIGINT          NOT NULL,
    created_at BIGINT          NOT NULL,
    updated_at BIGINT          NOT NULL,
    INDEX identities_schema (schema_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS credentials (
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    type        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    config      MEDIUMTEXT NOT NULL,
    version     BIGINT     NOT NULL,
    PRIMARY KEY (identity_id, type),
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The identifier comes first in the key so that it also finds an identifier of
-- any type.
CREATE TABLE IF NOT EXISTS credential_identifiers (
    identifier  VARBINARY(1024) NOT NULL,
    type        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    position    BIGINT          NOT NULL,
    PRIMARY KEY (identifier, type),
    INDEX credential_identifiers_owner (identity_id, type, position),
    FOREIGN KEY (identity_id, type) REFERENCES credentials (identity_id, type) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS addresses (
    id          CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    purpose     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    via         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    value       VARBINARY(1024) NOT NULL,
    normalized  VARBINARY(1024) NOT NULL,
    position    BIGINT          NOT NULL,
    verified    BOOLEAN         NOT NULL,
    verified_at BIGINT,
    UNIQUE INDEX addresses_value (normalized, purpose, via),
    INDEX addresses_owner (identity_id, purpose, position),
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sessions (
    id               CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    identity_id      CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    token_hash       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    active           BOOLEAN    NOT NULL,
    issued_at        BIGINT     NOT NULL,
    authenticated_at BIGINT     NOT NULL,
    expires_at       BIGINT     NOT NULL,
    factors          MEDIUMTEXT NOT NULL,
    UNIQUE INDEX sessions_token (token_hash),
    INDEX sessions_owner (identity_id, issued_at),
    INDEX sessions_expiry (expires_at),
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS flows (
    id          CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    client      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    issued_at   BIGINT     NOT NULL,
    expires_at  BIGINT     NOT NULL,
    request     MEDIUMTEXT NOT NULL,
    return_to   MEDIUMTEXT NOT NULL,
    subject     CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,
    refresh     BOOLEAN    NOT NULL,
    active      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    form        MEDIUMTEXT NOT NULL,
    csrf        TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    private     MEDIUMTEXT NOT NULL,
    resume_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    version     BIGINT     NOT NULL,
    UNIQUE INDEX flows_resume (resume_hash),
    INDEX flows_subject (subject),
    INDEX flows_expiry (expires_at),
    FOREIGN KEY (subject) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS stored_errors (
    id         CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    csrf_hash  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payload    MEDIUMTEXT NOT NULL,
    created_at BIGINT     NOT NULL,
    INDEX stored_errors_age (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
