-- +goose Up
-- What happened, written in the transaction of what it tells of. A row is sealed with the
-- hash of the one before it in its chain, of which there are several so that transactions
-- do not wait for each other.
CREATE TABLE IF NOT EXISTS events (
    chain       INT    NOT NULL,
    seq         BIGINT NOT NULL,
    id          VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at          BIGINT NOT NULL,
    name        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin,
    session_id  VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    flow_id     VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    method      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    address     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    device      TEXT NOT NULL,
    operator    VARCHAR(255) NOT NULL,
    details     TEXT NOT NULL,
    key_id      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hash        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (chain, seq),
    INDEX events_time (at),
    INDEX events_identity (identity_id, at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The last row of each chain, and the last one that retention removed.
CREATE TABLE IF NOT EXISTS event_chains (
    chain       INT    NOT NULL PRIMARY KEY,
    seq         BIGINT NOT NULL,
    hash        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pruned_seq  BIGINT NOT NULL,
    pruned_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pruned_mac  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO event_chains (chain, seq, hash, pruned_seq, pruned_hash, pruned_mac) VALUES
 (0, 0, '', 0, '', ''), (1, 0, '', 0, '', ''), (2, 0, '', 0, '', ''), (3, 0, '', 0, '', ''), (4, 0, '', 0, '', ''), (5, 0, '', 0, '', ''), (6, 0, '', 0, '', ''), (7, 0, '', 0, '', ''), (8, 0, '', 0, '', ''), (9, 0, '', 0, '', ''), (10, 0, '', 0, '', ''), (11, 0, '', 0, '', ''), (12, 0, '', 0, '', ''), (13, 0, '', 0, '', ''), (14, 0, '', 0, '', ''), (15, 0, '', 0, '', '') ON DUPLICATE KEY UPDATE seq = event_chains.seq;

-- How far each reader has come.
CREATE TABLE IF NOT EXISTS event_cursors (
    reader VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chain  INT    NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (reader, chain)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
