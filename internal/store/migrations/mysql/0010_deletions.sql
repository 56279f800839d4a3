-- +goose Up
-- Identities whose owners have closed their account, and when each is to be deleted.
SET SESSION lock_wait_timeout = 1;
CREATE TABLE IF NOT EXISTS identity_deletions (
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    delete_at   BIGINT NOT NULL,
    INDEX identity_deletions_due (delete_at),
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
