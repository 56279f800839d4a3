-- +goose Up
-- Identities whose owners have closed their account, and when each is to be deleted.
SET LOCAL lock_timeout = '1s';
CREATE TABLE identity_deletions (
    identity_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    delete_at   bigint NOT NULL
);
CREATE INDEX identity_deletions_due ON identity_deletions (delete_at);
