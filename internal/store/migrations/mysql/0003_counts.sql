-- +goose Up
-- How many rows a table has, kept in the transactions that change it: to count a
-- million identities takes longer than to read a page of them. The sum is kept
-- in slots, so that transactions seldom wait for each other.
CREATE TABLE IF NOT EXISTS counts (
    name  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    slot  BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name, slot)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO counts (name, slot, value)
 SELECT 'identities', slot, 0 FROM (
  SELECT 1 AS slot UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8
  UNION SELECT 9 UNION SELECT 10 UNION SELECT 11 UNION SELECT 12 UNION SELECT 13 UNION SELECT 14 UNION SELECT 15
 ) AS slots
 UNION ALL SELECT 'identities', 0, COUNT(*) FROM identities
 ON DUPLICATE KEY UPDATE counts.value = counts.value;
