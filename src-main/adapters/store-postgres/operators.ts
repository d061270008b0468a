import type { OperatorToken } from '../../domain/operator-token.ts'
import { TOKENS_OF_NAME_MAX } from '../../ports/operator-store.ts'
import type { OperatorStore } from '../../ports/operator-store.ts'
import type { Ledger } from './ledger.ts'

const TOKEN = 'token, name, role, created_at, created_by, expires_at, revoked_at'

export function openOperators(ledger: Ledger): OperatorStore {
  return {
    add: ({ digest, ...token }, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        await run(
          `INSERT INTO operator_tokens (token, name, role, digest, created_at, created_by, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          ...[token.token, token.name, token.role, digest, at, token.createdBy, token.expiresAt],
        )
        await run(
          `DELETE FROM operator_tokens WHERE name = $1 AND token_key NOT IN (
             SELECT token_key FROM operator_tokens WHERE name = $1 ORDER BY token_key DESC LIMIT $2)`,
          ...[token.name, TOKENS_OF_NAME_MAX],
        )
        record(entry)
        return { ...token, createdAt: at, revokedAt: null }
      }),
    list: (limit) =>
      ledger.look((queries) =>
        queries.all<OperatorToken>(
          `SELECT ${TOKEN} FROM operator_tokens ORDER BY token_key DESC LIMIT $1`,
          limit,
        ),
      ),
    ofName: (name) =>
      ledger.look((queries) =>
        queries.all<OperatorToken & { digest: string }>(
          `SELECT ${TOKEN}, digest FROM operator_tokens WHERE name = $1 ORDER BY token_key DESC`,
          name,
        ),
      ),
    find: (token) =>
      ledger.look(
        async (queries) =>
          (await queries.get<OperatorToken>(
            `SELECT ${TOKEN} FROM operator_tokens WHERE token = $1`,
            token,
          )) ?? null,
      ),
    revoke: (tokens, entry) =>
      ledger.transact(async ({ at, record, all }) => {
        const revoked = await all<{ token: string }>(
          `UPDATE operator_tokens SET revoked_at = $1 WHERE token = ANY($2) AND revoked_at IS NULL RETURNING token`,
          ...[at, tokens],
        )
        if (revoked.length > 0) record(entry)
        return revoked.map(({ token }) => token)
      }),
  }
}
