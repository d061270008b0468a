import type { OperatorToken } from '../../../../src-preload/contract/operators.ts'
import { TOKEN_DAYS_DEFAULT, TOKEN_DAYS_MAX } from '../../../domain/operator-token.ts'
import { roles } from '../../../domain/role.ts'
import { operand } from '../command.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

export const operatorsAdd: Command = {
  words: ['operators', 'add'],
  summary: 'A token with which a person logs in to "redrive serve --operators"; it is printed this once',
  operands: ['NAME'],
  options: {
    role: { kind: 'text', value: 'ROLE', help: `${roles.join(', ')} (viewer)` },
    days: { kind: 'text', value: 'N', help: `how long it is good for (${TOKEN_DAYS_DEFAULT})` },
  },
  async run(context) {
    const { args, engine, output, signal } = context
    const client = await engine()
    const request = {
      name: operand(context, 0),
      role: args.choice('role', roles) ?? 'viewer',
      days: args.integer('days', { min: 1, max: TOKEN_DAYS_MAX }) ?? TOKEN_DAYS_DEFAULT,
    } as const
    const { operator, secret } = await client.operators.add(request, { signal })
    const { name, role, token, expiresAt } = operator
    output.object({ ...operator, secret }, { name, role, token, 'good until': expiresAt, secret })
    output.remark('Nobody can show the secret again: hand it to its person now.')
    return EXIT.done
  },
}

export const operatorsList: Command = {
  words: ['operators', 'list'],
  summary: 'Who may log in to "redrive serve --operators", and as what',
  operands: [],
  options: {},
  async run({ engine, output, signal }) {
    const client = await engine()
    const { operators } = await client.operators.list({}, { signal })
    const now = Date.now()
    output.list(operators, [
      { title: 'NAME', cell: (row) => row.name },
      { title: 'ROLE', cell: (row) => row.role },
      { title: 'STATE', cell: (row) => stateOf(row, now) },
      { title: 'GOOD UNTIL', cell: (row) => row.expiresAt },
      { title: 'MADE BY', cell: (row) => row.createdBy },
      { title: 'TOKEN', cell: (row) => row.token },
    ])
    return EXIT.done
  },
}

export const operatorsRevoke: Command = {
  words: ['operators', 'revoke'],
  summary: 'Takes back the tokens of a name, or one by its id; their sessions end at once',
  operands: ['NAME'],
  options: {},
  async run(context) {
    const { engine, output, signal } = context
    const client = await engine()
    const { revoked } = await client.operators.revoke({ name: operand(context, 0) }, { signal })
    output.object({ revoked }, { revoked: revoked.length === 0 ? 'none stood any more' : revoked.join(', ') })
    return EXIT.done
  },
}

function stateOf({ revokedAt, expiresAt }: OperatorToken, nowMs: number): string {
  if (revokedAt !== null) return 'revoked'
  return Date.parse(expiresAt) > nowMs ? 'good' : 'expired'
}
