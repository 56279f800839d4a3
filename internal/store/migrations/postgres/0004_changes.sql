-- +goose Up
-- What changed of sessions and identities, for the caches of other nodes: the hash of
-- a token or the id of an identity. Rows are needed for some seconds.
CREATE TABLE changes (
    id    bigint           NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text COLLATE "C" NOT NULL,
    at    bigint           NOT NULL
);
CREATE INDEX changes_age ON changes (at);
