-- +goose Up
-- Operators who signed out of the console, until what they signed in with would have
-- ended by itself.
CREATE TABLE console_sign_outs (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at bigint           NOT NULL
);
CREATE INDEX console_sign_outs_age ON console_sign_outs (expires_at);
