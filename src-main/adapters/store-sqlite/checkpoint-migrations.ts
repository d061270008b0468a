/** A step of the schema, as migrations.ts has them: signatures over the journal. */
export const checkpointTable = `
  CREATE TABLE journal_checkpoints (
    checkpoint INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 0: gives way to the next one.
    kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    key TEXT NOT NULL,
    unsigned INTEGER NOT NULL,
    signature TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_checkpoints_kept ON journal_checkpoints (checkpoint) WHERE kept = 1;
`
