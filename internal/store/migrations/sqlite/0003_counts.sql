-- +goose Up
-- How many rows a table has, kept in the transactions that change it: to count a
-- hundred thousand identities takes longer than to read a page of them.
CREATE TABLE counts (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counts (name, value) SELECT 'identities', COUNT(*) FROM identities;
-- +goose StatementBegin
CREATE TRIGGER identities_added AFTER INSERT ON identities BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'identities';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identities_removed AFTER DELETE ON identities BEGIN
    UPDATE counts SET value = value - 1 WHERE name = 'identities';
END;
-- +goose StatementEnd
