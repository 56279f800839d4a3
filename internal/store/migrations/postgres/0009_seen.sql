-- +goose Up
-- When the session was last checked, at most once an hour; NULL until then.
SET LOCAL lock_timeout = '1s';
ALTER TABLE session_devices ADD COLUMN seen_at bigint;
