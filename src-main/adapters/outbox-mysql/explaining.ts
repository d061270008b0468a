import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import { pageStatement } from '../outbox-sql/list.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'
import { bind } from './binding.ts'
import type { Parts, Whole } from './parts.ts'
import { mayColumn } from './resolving.ts'
import { givenRows, joined } from './row-work.ts'

const EXPLAIN_TIMEOUT_MS = 5_000
/** Rows of a page, as the inbox asks for them. */
const PAGE_ROWS = 100

export async function explainStatements(
  whole: Whole,
  signal: AbortSignal,
): Promise<readonly ExplainedStatement[]> {
  const explained: ExplainedStatement[] = []
  for (const { name, statement, walks = false } of statementsOf(whole)) {
    const { plan, warnings } = await planOf(whole, statement, signal)
    const walked = walks ? [say('plan.walked')] : []
    explained.push({ name, text: bind(statement).text, plan, warnings: [...walked, ...warnings] })
  }
  return explained
}

interface Named {
  readonly name: string
  readonly statement: Statement
  /** Rows of a list that no index finds. */
  readonly walks?: boolean
}

/** Of an action the statement that locks its rows and looks whether it may: what follows finds them by their key. */
function statementsOf(whole: Whole): readonly Named[] {
  const states = [...new Set(whole.mapping.states.map(({ state }) => state))]
  const pages = states.map((state) => ({
    name: `list ${state}`,
    walks: !whole.served().has(state),
    statement: pageStatement(whole, { states: [state] }, PAGE_ROWS),
  }))
  const actions = (['retry', 'resolve'] as const)
    .filter((action) => refusalOf(whole.mapping, action) === null)
    .flatMap((action) =>
      whole.members.map((member) => ({
        name: whole.members.length === 1 ? action : `${action} in ${member.catalogue.table}`,
        statement: lockStatement(member, action),
      })),
    )
  return [...pages, ...actions]
}

/** Of a row that does not exist: only the plan is asked for. */
function lockStatement(parts: Parts, action: 'retry' | 'resolve'): Statement {
  const { sql } = parts
  const params = sql.newParams()
  const row = Object.fromEntries(sql.key.columns.map(({ as }) => [as, '0']))
  const given = givenRows(parts, [{ id: sql.key.idOf(row) }], {}, params)
  const text =
    `select ${sql.key.list('t')}, ${mayColumn(parts, action, params)} ` + `from ${given} ${joined(parts)}`
  return { text, values: params.values }
}

async function planOf(
  { session, catalogue }: Parts,
  { text, values }: Statement,
  signal: AbortSignal,
): Promise<Pick<ExplainedStatement, 'plan' | 'warnings'>> {
  try {
    const rows = await session.read({ text: `explain ${text}`, values }, EXPLAIN_TIMEOUT_MS, signal)
    // In its statements the outbox goes by these names; a table that a function makes has no index.
    const whole = rows.filter((row) => row['type'] === 'ALL' && ['t', 'm'].includes(row['table'] ?? ''))
    const warnings = whole.length === 0 ? [] : [say('plan.scanned', { table: catalogue.table })]
    return { plan: rows.map(lineOf), warnings }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.retry !== 'never') throw error
    return { plan: [], warnings: [say('plan.none', { reason: error.detail['reason'] ?? error.code })] }
  }
}

const SHOWN = ['id', 'select_type', 'table', 'type', 'key', 'key_len', 'ref', 'rows', 'Extra'] as const

function lineOf(row: Row): string {
  return SHOWN.flatMap((name) =>
    (row[name] ?? null) === null || row[name] === '' ? [] : [`${name}=${row[name]}`],
  ).join(' ')
}
