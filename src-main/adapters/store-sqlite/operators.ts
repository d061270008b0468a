import type { OperatorToken } from '../../domain/operator-token.ts'
import { TOKENS_OF_NAME_MAX } from '../../ports/operator-store.ts'
import type { NewOperatorToken, OperatorStore } from '../../ports/operator-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const TOKEN =
  'token, name, role, created_at AS createdAt, created_by AS createdBy, expires_at AS expiresAt, revoked_at AS revokedAt'

export function openOperators(db: Sqlite, ledger: Ledger): OperatorStore {
  const insert = db.prepare<NewOperatorToken & { at: string }>(
    `INSERT INTO operator_tokens (token, name, role, digest, created_at, created_by, expires_at)
     VALUES (@token, @name, @role, @digest, @at, @createdBy, @expiresAt)`,
  )
  const forget = db.prepare<{ name: string; keep: number }>(
    `DELETE FROM operator_tokens WHERE name = @name AND token_key NOT IN (
       SELECT token_key FROM operator_tokens WHERE name = @name ORDER BY token_key DESC LIMIT @keep)`,
  )
  const all = db.prepare<[number], OperatorToken>(
    `SELECT ${TOKEN} FROM operator_tokens ORDER BY token_key DESC LIMIT ?`,
  )
  const ofName = db.prepare<[string], OperatorToken & { digest: string }>(
    `SELECT ${TOKEN}, digest FROM operator_tokens WHERE name = ? ORDER BY token_key DESC`,
  )
  const one = db.prepare<[string], OperatorToken>(`SELECT ${TOKEN} FROM operator_tokens WHERE token = ?`)
  const revoke = db.prepare<[string, string]>(
    'UPDATE operator_tokens SET revoked_at = ? WHERE token = ? AND revoked_at IS NULL',
  )
  return {
    add: async (token, entry) =>
      ledger.transact(({ at, record }) => {
        insert.run({ ...token, at })
        forget.run({ name: token.name, keep: TOKENS_OF_NAME_MAX })
        record(entry)
        const { name, role, createdBy, expiresAt } = token
        return { token: token.token, name, role, createdAt: at, createdBy, expiresAt, revokedAt: null }
      }),
    list: async (limit) => ledger.look(() => all.all(limit)),
    ofName: async (name) => ledger.look(() => ofName.all(name)),
    find: async (token) => ledger.look(() => one.get(token) ?? null),
    revoke: async (tokens, entry) =>
      ledger.transact(({ at, record }) => {
        const revoked = tokens.filter((token) => revoke.run(at, token).changes > 0)
        if (revoked.length > 0) record(entry)
        return revoked
      }),
  }
}
