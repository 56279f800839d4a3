-- +goose Up
-- What operators find identities by: their identifiers, addresses and names in lower case.
-- MariaDB has no index for parts of words, so a search reads this table.
CREATE TABLE IF NOT EXISTS identity_search (
    identity_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    text        TEXT NOT NULL,
    FOREIGN KEY (identity_id) REFERENCES identities (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO identity_search (identity_id, text)
SELECT i.id, LOWER(CONCAT(COALESCE((SELECT GROUP_CONCAT(CONVERT(n.identifier USING utf8mb4) SEPARATOR '\n') FROM credential_identifiers n WHERE n.identity_id = i.id), ''),
    '\n', LEFT(COALESCE(JSON_EXTRACT(i.traits, '$.*', '$.*.*'), ''), 2000)))
FROM identities i;
