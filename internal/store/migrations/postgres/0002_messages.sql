-- +goose Up
-- next_try is when a message may be taken: while one is being sent, when the
-- lease runs out.
CREATE TABLE messages (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    template    text COLLATE "C" NOT NULL,
    recipient   text COLLATE "C" NOT NULL,
    subject     text             NOT NULL,
    sealed      text COLLATE "C" NOT NULL,
    identity_id text COLLATE "C" NOT NULL,
    status      text COLLATE "C" NOT NULL,
    tries       bigint           NOT NULL,
    next_try    bigint           NOT NULL,
    lease       text COLLATE "C" NOT NULL,
    last_error  text COLLATE "C" NOT NULL,
    created_at  bigint           NOT NULL,
    expires_at  bigint,
    sent_at     bigint
);
CREATE INDEX messages_due ON messages (next_try, id) WHERE status NOT IN ('sent', 'dead');
CREATE INDEX messages_status ON messages (status, id);
CREATE INDEX messages_recipient ON messages (recipient, id);
CREATE INDEX messages_failed ON messages (id) WHERE last_error <> '';
CREATE INDEX messages_erasable ON messages (expires_at) WHERE status NOT IN ('queued', 'sending') AND sealed <> '';
CREATE INDEX messages_age ON messages (created_at) WHERE status NOT IN ('queued', 'sending');
