-- +goose Up
-- What operators note of identities, for those who have such notes: whether they may sign
-- in, data of other systems, and what those call them.
SET SESSION lock_wait_timeout = 1;
CREATE TABLE IF NOT EXISTS identity_details (
    identity_id      CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    state            VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state_changed_at BIGINT,
    metadata_public  MEDIUMTEXT,
    metadata_admin   MEDIUMTEXT,
    external_id      VARBINARY(1024),
    UNIQUE INDEX identity_details_external (external_id),
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a session was made with, as its owner is shown it.
CREATE TABLE IF NOT EXISTS session_devices (
    session_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    address    VARCHAR(64) NOT NULL,
    user_agent VARCHAR(512) NOT NULL,
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When the owner of an address was last asked to prove it.
CREATE TABLE IF NOT EXISTS address_mails (
    address_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    sent_at    BIGINT NOT NULL,
    FOREIGN KEY (address_id) REFERENCES addresses (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
