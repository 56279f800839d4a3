-- +goose Up
-- Nobody hears of changes here: a file is of one process. The table is there because
-- all databases have the same.
CREATE TABLE changes (
    id    INTEGER NOT NULL PRIMARY KEY,
    about TEXT    NOT NULL,
    at    INTEGER NOT NULL
) STRICT;
CREATE INDEX changes_age ON changes (at);

-- What one node at a time does, and until when the last one has it to itself.
CREATE TABLE duties (
    name  TEXT    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;
INSERT INTO duties (name, until) VALUES ('cleanup', 0);
