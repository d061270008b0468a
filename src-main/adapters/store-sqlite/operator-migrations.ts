/** A step of the schema, as migrations.ts has them: who may come into the http host. */
export const operatorTables = `
  CREATE TABLE operator_tokens (
    token_key INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'administrator')),
    digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
  ) STRICT;
  CREATE INDEX operator_tokens_by_name ON operator_tokens (name);
`
