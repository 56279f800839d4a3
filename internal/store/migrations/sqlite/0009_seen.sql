-- +goose Up
-- When the session was last checked, at most once an hour; NULL until then.
ALTER TABLE session_devices ADD COLUMN seen_at INTEGER;
