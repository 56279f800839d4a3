-- +goose Up
-- Identities that had a confirmed address which they no longer have.
SET SESSION lock_wait_timeout = 1;
CREATE TABLE IF NOT EXISTS identity_proofs (
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The version of the identity that the text is of. Releases that do not know this column
-- save identities without it, so the clean-up sees which ones it has to read again.
ALTER TABLE identity_search ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT -1, ALGORITHM = INSTANT;

-- How far the clean-up has read the identities that those releases saved: up to which id in
-- this pass, when the last pass ended, and since when there is this table.
CREATE TABLE IF NOT EXISTS identity_fill (
    name     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    position CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    done_at  BIGINT,
    since    BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO identity_fill (name, position, done_at, since)
VALUES ('identities', '', CASE WHEN EXISTS (SELECT 1 FROM identities) THEN NULL ELSE 1 END, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED))
ON DUPLICATE KEY UPDATE since = identity_fill.since;
