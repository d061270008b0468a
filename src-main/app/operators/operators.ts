import { RedriveError } from '../../domain/errors.ts'
import type { Json } from '../../domain/digest.ts'
import type { JournalAction } from '../../domain/journal.ts'
import { sameSecret, secretDigest, tokenStands } from '../../domain/operator-token.ts'
import type { OperatorToken } from '../../domain/operator-token.ts'
import type { Role } from '../../domain/role.ts'
import type { EnginePorts } from '../engine-ports.ts'

const DAY_MS = 86_400_000
export const OPERATORS_SHOWN_MAX = 500
/** Tells a token from other texts, for a person and for programs that look for leaked ones. */
const SECRET_PREFIX = 'redrive_'
/** What a name without tokens is compared with: it takes as long. */
const NOBODY = secretDigest('')

export type LoginAction = 'logged-in' | 'logged-out' | 'login-refused'

export interface NewOperator {
  readonly name: string
  readonly role: Role
  readonly days: number
}

/** Who may come into the http host, and what the journal says of their coming and going. */
export interface Operators {
  /** The secret is told here and nowhere else. */
  add(operator: NewOperator): Promise<{ readonly token: OperatorToken; readonly secret: string }>
  list(): Promise<readonly OperatorToken[]>
  /** All tokens of a name, or one by its id. Answers with those that stood. Throws `operator-unknown`. */
  revoke(nameOrToken: string): Promise<readonly string[]>
  /** Null: no such name, a wrong secret, one that is over or was taken back. Which of these is not told. */
  admit(name: string, secret: string): Promise<OperatorToken | null>
  /** Whether a token is good yet. */
  stands(token: string): Promise<boolean>
  /** `person`: whose act it is; null: nobody's who was let in. */
  note(action: LoginAction, person: string | null, detail: Json): Promise<void>
}

export function createOperators(ports: EnginePorts): Operators {
  const { operators, clock } = ports
  const entry = (action: JournalAction, subject: string | null, detail: Json) => ({
    ...{ action, subject, detail },
    operator: ports.operator(),
    source: null,
  })
  return {
    async add({ name, role, days }) {
      const token = ports.ids.next('token')
      const secret = `${SECRET_PREFIX}${ports.freshSecret()}`
      const expiresAt = new Date(clock.now().getTime() + days * DAY_MS).toISOString()
      const fresh = {
        token,
        name,
        role,
        expiresAt,
        createdBy: ports.operator(),
        digest: secretDigest(secret),
      }
      const about = entry('operator-added', token, { name, role, expiresAt })
      return { token: await operators.add(fresh, about), secret }
    },
    list: () => operators.list(OPERATORS_SHOWN_MAX),
    async revoke(nameOrToken) {
      const one = await operators.find(nameOrToken)
      const found = one === null ? await operators.ofName(nameOrToken) : [one]
      if (found.length === 0) throw new RedriveError('operator-unknown', 'never', { name: nameOrToken })
      const standing = found.filter((token) => token.revokedAt === null).map(({ token }) => token)
      const name = found[0]?.name ?? nameOrToken
      return operators.revoke(standing, entry('operator-revoked', name, { name, tokens: standing }))
    },
    async admit(name, secret) {
      const known = await operators.ofName(name)
      // All of them, so that it takes as long whichever it is.
      const fits = known.filter(({ digest }) => sameSecret(secret, digest))
      if (known.length === 0) sameSecret(secret, NOBODY)
      return fits.find((token) => tokenStands(token, clock.now())) ?? null
    },
    async stands(token) {
      const found = await operators.find(token)
      return found !== null && tokenStands(found, clock.now())
    },
    async note(action, person, detail) {
      const draft = entry(action, null, detail)
      await ports.journal.append({ ...draft, operator: person ?? draft.operator })
    },
  }
}
