import type { JournalDraft } from '../domain/journal.ts'
import type { OperatorToken } from '../domain/operator-token.ts'

/** Tokens that one name may have, revoked and expired ones included: the oldest of these are forgotten. */
export const TOKENS_OF_NAME_MAX = 20

export type NewOperatorToken = Omit<OperatorToken, 'createdAt' | 'revokedAt'> & {
  /** SHA-256 of the secret, in hex. */
  readonly digest: string
}

/** Who may come into the http host. Every method that writes is one transaction with its journal entry. */
export interface OperatorStore {
  add(token: NewOperatorToken, entry: JournalDraft): Promise<OperatorToken>
  /** The newest first, revoked and expired ones too. */
  list(limit: number): Promise<readonly OperatorToken[]>
  /** All of one name, the newest first, with what their secrets are compared with. */
  ofName(name: string): Promise<readonly (OperatorToken & { readonly digest: string })[]>
  find(token: string): Promise<OperatorToken | null>
  /** Takes back those that stand yet; the entry is written where there are any. Answers with their ids. */
  revoke(tokens: readonly string[], entry: JournalDraft): Promise<readonly string[]>
}
