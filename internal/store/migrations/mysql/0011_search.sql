-- +goose Up
-- What operators find identities by: their identifiers, addresses and names in lower case.
-- MariaDB has no index for parts of words, so a search reads this table. The clean-up fills
-- it: to do that here would keep writers waiting.
SET SESSION lock_wait_timeout = 1;
CREATE TABLE IF NOT EXISTS identity_search (
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    text        TEXT NOT NULL,
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
