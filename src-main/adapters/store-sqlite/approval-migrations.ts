/** A step of the schema, as migrations.ts has them: a second person's yes, as it was handed in. */
export const approvalTables = `
  CREATE TABLE approvals (
    approval_key INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    text TEXT NOT NULL,
    given_at TEXT NOT NULL,
    UNIQUE (plan, text)
  ) STRICT;
`
