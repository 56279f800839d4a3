-- +goose Up
SET LOCAL lock_timeout = '1s';
ALTER TABLE sessions ADD COLUMN device text;
ALTER TABLE identities ADD COLUMN standing text NOT NULL DEFAULT 'active';
CREATE TABLE devices (
    id   text NOT NULL PRIMARY KEY,
    name text NOT NULL
);
