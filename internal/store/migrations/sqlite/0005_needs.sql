-- +goose Up
-- The newest migration that a program must know to use this database. Releases before
-- refuse to start when a later one, which took something away, has raised it.
CREATE TABLE schema_needs (
    migration INTEGER NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO schema_needs (migration) VALUES (0);
