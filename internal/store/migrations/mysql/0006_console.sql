-- +goose Up
-- Operators who signed out of the console, until what they signed in with would have
-- ended by itself.
CREATE TABLE IF NOT EXISTS console_sign_outs (
    id         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    INDEX console_sign_outs_age (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
