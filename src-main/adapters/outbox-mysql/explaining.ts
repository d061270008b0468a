import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import type { HandBackRequest } from '../../ports/hand-back.ts'
import { rehearsed } from '../outbox-sql/handing-back.ts'
import { pageStatement } from '../outbox-sql/list.ts'
import { mayColumn } from '../outbox-sql/resolving.ts'
import { actStatement, givenRows } from '../outbox-sql/row-work.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'
import { bind } from './binding.ts'
import type { Parts, Whole } from './parts.ts'
import { profileOf } from '../outbox-sql/actions.ts'

const EXPLAIN_TIMEOUT_MS = 5_000
/** Rows of a page, as the inbox asks for them. */
const PAGE_ROWS = 100

export async function explainStatements(
  whole: Whole,
  signal: AbortSignal,
): Promise<readonly ExplainedStatement[]> {
  const explained: ExplainedStatement[] = []
  for (const { name, statement, walks = false, writes = false } of statementsOf(whole)) {
    const { plan, warnings } = await planOf(whole, { statement, writes }, signal)
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
  /** A connection that only reads would not even explain it. */
  readonly writes?: boolean
}

/** Of an action the statement that locks its rows and looks whether it may, and the one that changes them. */
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
      whole.members.flatMap((member) => {
        const name = whole.members.length === 1 ? action : `${action} in ${member.catalogue.table}`
        const rows = sampleOf(member)
        return [
          { name: `lock for ${name}`, statement: lockStatement(member, action, rows), writes: true },
          { name, statement: actStatement(member, rows, rehearsed(member, action)), writes: true },
        ]
      }),
    )
  return [...pages, ...actions]
}

/** A row that does not exist: only the plan is asked for. */
function sampleOf({ sql }: Parts): readonly HandBackRequest[] {
  const row = Object.fromEntries(sql.key.columns.map(({ as }) => [as, '0']))
  return [{ id: sql.key.idOf(row), version: '' }]
}

function lockStatement(
  parts: Parts,
  action: 'retry' | 'resolve',
  rows: readonly HandBackRequest[],
): Statement {
  const { sql } = parts
  const params = sql.newParams()
  const given = givenRows(parts, rows, {}, params)
  const list = [
    sql.key.list('t'),
    `${sql.version()} as version`,
    mayColumn(parts, profileOf(parts.mapping, action), params),
  ]
  return {
    text: `select ${list.join(', ')} from ${given} ${parts.forms.joined(parts)} for update`,
    values: params.values,
  }
}

async function planOf(
  { session, catalogue }: Parts,
  { statement, writes }: Required<Pick<Named, 'statement' | 'writes'>>,
  signal: AbortSignal,
): Promise<Pick<ExplainedStatement, 'plan' | 'warnings'>> {
  const explain = { text: `explain ${statement.text}`, values: statement.values }
  try {
    const rows = writes
      ? (await session.rehearse((transaction) => transaction.run(explain), signal)).rows
      : await session.read(explain, EXPLAIN_TIMEOUT_MS, signal)
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
