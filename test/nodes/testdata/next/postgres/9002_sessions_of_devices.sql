-- +goose NO TRANSACTION
-- +goose Up
-- One that was cut off leaves an index that nobody uses.
DROP INDEX CONCURRENTLY IF EXISTS sessions_device;
CREATE INDEX CONCURRENTLY sessions_device ON sessions (device);
