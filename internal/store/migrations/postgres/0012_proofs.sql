-- +goose Up
-- Identities that had a confirmed address which they no longer have.
SET LOCAL lock_timeout = '1s';
CREATE TABLE identity_proofs (
    identity_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE
);

-- The version of the identity that the text is of. Releases that do not know this column
-- save identities without it, so the clean-up sees which ones it has to read again.
ALTER TABLE identity_search ADD COLUMN version bigint NOT NULL DEFAULT -1;

-- How far the clean-up has read the identities that those releases saved: up to which id in
-- this pass, when the last pass ended, and since when there is this table.
CREATE TABLE identity_fill (
    name     text COLLATE "C" NOT NULL PRIMARY KEY,
    position text COLLATE "C" NOT NULL,
    done_at  bigint,
    since    bigint NOT NULL
);
INSERT INTO identity_fill (name, position, done_at, since)
VALUES ('identities', '', CASE WHEN EXISTS (SELECT 1 FROM identities) THEN NULL ELSE 1 END, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
