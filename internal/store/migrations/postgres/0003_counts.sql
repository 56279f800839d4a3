-- +goose Up
-- How many rows a table has, kept in the transactions that change it: to count a
-- million identities takes longer than to read a page of them. The sum is kept
-- in slots, so that transactions seldom wait for each other.
CREATE TABLE counts (
    name  text COLLATE "C" NOT NULL,
    slot  bigint           NOT NULL,
    value bigint           NOT NULL,
    PRIMARY KEY (name, slot)
);
INSERT INTO counts (name, slot, value) SELECT 'identities', s, 0 FROM generate_series(1, 15) AS s;
INSERT INTO counts (name, slot, value) SELECT 'identities', 0, COUNT(*) FROM identities;
