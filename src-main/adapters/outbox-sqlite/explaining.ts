import { RedriveError } from '../../domain/errors.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import { say } from '../../domain/text.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import { rehearsed } from '../outbox-sql/handing-back.ts'
import { pageStatement } from '../outbox-sql/list.ts'
import { actStatement } from '../outbox-sql/row-work.ts'
import type { Statement } from '../outbox-sql/statement.ts'
import type { Parts, Whole } from './parts.ts'

const EXPLAIN_TIMEOUT_MS = 5_000
/** Rows of a page, as the inbox asks for them. */
const PAGE_ROWS = 100
/** The outbox goes by `t`; without an index every row of it is looked at. */
const WHOLE_TABLE = /^SCAN t\b(?!.*USING)/

interface Named {
  readonly name: string
  readonly statement: Statement
  /** Rows of a list that no index finds. */
  readonly walks: boolean
}

export async function explainStatements(
  whole: Whole,
  signal: AbortSignal,
): Promise<readonly ExplainedStatement[]> {
  const explained: ExplainedStatement[] = []
  for (const { name, statement, walks } of statementsOf(whole)) {
    const plan = await planOf(whole, statement, signal)
    explained.push({
      name,
      text: statement.text,
      ...plan,
      warnings: [...(walks ? [say('plan.walked')] : []), ...plan.warnings],
    })
  }
  return explained
}

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
        walks: false,
        statement: actStatement(member, sampleOf(member), rehearsed(member, action)),
      })),
    )
  return [...pages, ...actions]
}

/** A row that does not exist: only the plan is asked for. */
function sampleOf({ sql }: Parts) {
  const row = Object.fromEntries(sql.key.columns.map(({ as }) => [as, '0']))
  return [{ id: sql.key.idOf(row), version: '' }]
}

/** EXPLAIN carries nothing out, so that a connection that only reads may ask for it. */
async function planOf(
  { session, catalogue }: Parts,
  { text, values }: Statement,
  signal: AbortSignal,
): Promise<Pick<ExplainedStatement, 'plan' | 'warnings'>> {
  try {
    const explain = { text: `explain query plan ${text}`, values }
    const rows = await session.read(explain, EXPLAIN_TIMEOUT_MS, signal)
    const plan = rows.map((row) => row['detail'] ?? '')
    const scans = plan.some((line) => WHOLE_TABLE.test(line))
    return { plan, warnings: scans ? [say('plan.scanned', { table: catalogue.table })] : [] }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.retry !== 'never') throw error
    return { plan: [], warnings: [say('plan.none', { reason: error.detail['reason'] ?? error.code })] }
  }
}
