-- +goose Up
-- What operators note of identities, for those who have such notes: whether they may sign
-- in, data of other systems, and what those call them.
SET LOCAL lock_timeout = '1s';
CREATE TABLE identity_details (
    identity_id      text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    state            text NOT NULL,
    state_changed_at bigint,
    metadata_public  text,
    metadata_admin   text,
    external_id      text COLLATE "C"
);
CREATE UNIQUE INDEX identity_details_external ON identity_details (external_id) WHERE external_id IS NOT NULL;

-- What a session was made with, as its owner is shown it.
CREATE TABLE session_devices (
    session_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    address    text NOT NULL,
    user_agent text NOT NULL
);

-- When the owner of an address was last asked to prove it.
CREATE TABLE address_mails (
    address_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES addresses (id) ON DELETE CASCADE,
    sent_at    bigint NOT NULL
);
