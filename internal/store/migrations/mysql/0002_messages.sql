-- +goose Up
-- next_try is when a message may be taken: while one is being sent, when the
-- lease runs out. The columns at the end are NULL in rows that an index need not
-- have; other databases have indexes of a part of the rows instead.
CREATE TABLE IF NOT EXISTS messages (
    id          CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    template    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    recipient   VARBINARY(1024) NOT NULL,
    subject     MEDIUMTEXT      NOT NULL,
    sealed      MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    tries       BIGINT          NOT NULL,
    next_try    BIGINT          NOT NULL,
    lease       VARBINARY(255)  NOT NULL,
    last_error  MEDIUMBLOB      NOT NULL,
    created_at  BIGINT          NOT NULL,
    expires_at  BIGINT,
    sent_at     BIGINT,
    due         BIGINT GENERATED ALWAYS AS (CASE WHEN status IN ('sent', 'dead') THEN NULL ELSE next_try END) VIRTUAL,
    ended       BIGINT GENERATED ALWAYS AS (CASE WHEN status IN ('queued', 'sending') THEN NULL ELSE created_at END) VIRTUAL,
    erasable    BIGINT GENERATED ALWAYS AS (CASE WHEN status IN ('queued', 'sending') OR LENGTH(sealed) = 0 THEN NULL ELSE expires_at END) VIRTUAL,
    failed      BIGINT GENERATED ALWAYS AS (CASE WHEN LENGTH(last_error) = 0 THEN NULL ELSE 1 END) VIRTUAL,
    INDEX messages_due (due, id),
    INDEX messages_status (status, id),
    INDEX messages_recipient (recipient, id),
    INDEX messages_failed (failed, id),
    INDEX messages_erasable (erasable),
    INDEX messages_age (ended)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
