-- +goose Up
-- What changed of sessions and identities, for the caches of other nodes: the hash of
-- a token or the id of an identity. Rows are needed for some seconds.
CREATE TABLE IF NOT EXISTS changes (
    id    BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    about VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at    BIGINT NOT NULL,
    INDEX changes_age (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What one node at a time does, and until when the last one has it to itself.
CREATE TABLE IF NOT EXISTS duties (
    name  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO duties (name, until) VALUES ('cleanup', 0) ON DUPLICATE KEY UPDATE until = duties.until;
