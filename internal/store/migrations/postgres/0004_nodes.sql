-- +goose Up
-- What changed of sessions and identities, for the caches of other nodes: the hash of
-- a token or the id of an identity. Rows are needed for some seconds.
CREATE TABLE changes (
    id    bigint           NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text COLLATE "C" NOT NULL,
    at    bigint           NOT NULL
);
CREATE INDEX changes_age ON changes (at);

-- What one node at a time does, and until when the last one has it to itself.
CREATE TABLE duties (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    until bigint           NOT NULL
);
INSERT INTO duties (name, until) VALUES ('cleanup', 0);
