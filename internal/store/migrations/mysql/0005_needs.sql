-- +goose Up
-- The newest migration that a program must know to use this database. Releases before
-- refuse to start when a later one, which took something away, has raised it.
CREATE TABLE IF NOT EXISTS schema_needs (
    migration BIGINT NOT NULL PRIMARY KEY
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO schema_needs (migration) VALUES (0) ON DUPLICATE KEY UPDATE migration = schema_needs.migration;
