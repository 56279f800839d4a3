-- +goose Up
SET SESSION lock_wait_timeout = 1;
CREATE INDEX IF NOT EXISTS sessions_device ON sessions (device) ALGORITHM = INPLACE LOCK = NONE;
