-- +goose Up
-- When the session was last checked, at most once an hour; NULL until then.
SET SESSION lock_wait_timeout = 1;
ALTER TABLE session_devices ADD COLUMN IF NOT EXISTS seen_at BIGINT, ALGORITHM = INSTANT;
