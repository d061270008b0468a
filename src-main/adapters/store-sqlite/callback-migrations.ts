/** The schema of the callback service's own file, forward only, as that of the store. */
export const callbackMigrations: readonly string[] = [
  `
  CREATE TABLE confirmations (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    PRIMARY KEY (source, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX confirmations_by_age ON confirmations (source, stored_at);

  CREATE TABLE checks (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    published_at TEXT NOT NULL,
    due_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'confirmed', 'person')),
    stored_at TEXT NOT NULL,
    PRIMARY KEY (source, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX checks_due ON checks (source, due_at) WHERE state = 'waiting';
  CREATE INDEX checks_for_person ON checks (source, published_at) WHERE state = 'person';
  CREATE INDEX checks_answered ON checks (source, stored_at) WHERE state = 'confirmed';

  CREATE TABLE parked (
    n INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX parked_by_source ON parked (source, n);

  CREATE TABLE positions (
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next TEXT NOT NULL,
    PRIMARY KEY (source, place, partition)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE services (
    source TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    started_at TEXT NOT NULL,
    owner_host TEXT,
    owner_pid INTEGER,
    owner_instance TEXT,
    beat TEXT
  ) STRICT, WITHOUT ROWID;
  `,
]
