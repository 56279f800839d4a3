-- +goose Up
-- What operators find identities by: their identifiers, addresses and names in lower case,
-- with an index of all sequences of three characters where the server has pg_trgm and the
-- role may create it. Without it a search reads this table. The clean-up fills it: to do
-- that here would keep writers waiting.
SET LOCAL lock_timeout = '1s';
CREATE TABLE identity_search (
    identity_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    text        text NOT NULL
);
-- +goose StatementBegin
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX identity_search_trigrams ON identity_search USING gin (text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'no index of trigrams: %', SQLERRM;
END $$;
-- +goose StatementEnd
