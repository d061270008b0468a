import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import { pageStatement } from '../outbox-sql/list.ts'
import type { Statement } from '../outbox-sql/statement.ts'
import { actionOn } from './handing-back.ts'
import type { Parts, Whole } from './parts.ts'

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
    // Along the key the server can always walk: that is no scan in its plan, and reads as much.
    const walked = walks ? [say('plan.walked')] : []
    explained.push({ name, text: statement.text, plan, warnings: [...walked, ...warnings] })
  }
  return explained
}

interface Named {
  readonly name: string
  readonly statement: Statement
  /** Rows of a list that no index finds. */
  readonly walks?: boolean
}

function statementsOf(whole: Whole): readonly Named[] {
  const { mapping } = whole
  const states = [...new Set(mapping.states.map(({ state }) => state))]
  const pages = states.map((state) => ({
    name: `list ${state}`,
    walks: !whole.served().has(state),
    statement: pageStatement(whole, { states: [state] }, PAGE_ROWS),
  }))
  const actions = (['retry', 'resolve'] as const)
    .filter((action) => refusalOf(mapping, action) === null)
    .flatMap((action) =>
      whole.members.map((member) => ({
        name: whole.members.length === 1 ? action : `${action} in ${member.catalogue.table}`,
        statement: actionOn(member, action, sampleOf(member)),
      })),
    )
  return [...pages, ...actions]
}

/** A row that does not exist: only the plan is asked for. */
function sampleOf({ sql }: Parts): readonly { readonly id: string; readonly version: string }[] {
  const row = Object.fromEntries(sql.key.columns.map(({ as, type }) => [as, sampleText(type)]))
  return [{ id: sql.key.idOf(row), version: '0' }]
}

function sampleText(type: string): string | null {
  if (/int|numeric/.test(type)) return '0'
  return /char|text/.test(type) ? '' : null
}

/** Whether an index would do is told by the plan without sequential scans: small tables are read whole anyway. */
async function planOf(
  { session }: Parts,
  { text, values }: Statement,
  signal: AbortSignal,
): Promise<Pick<ExplainedStatement, 'plan' | 'warnings'>> {
  const explain = async (withoutSeqScan: boolean): Promise<readonly string[]> => {
    const statement = { text: `explain ${text}`, values, withoutSeqScan }
    const rows = await session.read(statement, EXPLAIN_TIMEOUT_MS, signal)
    return rows.map((row) => row['QUERY PLAN'] ?? '')
  }
  try {
    const plan = await explain(false)
    const scanned = (await explain(true)).flatMap((line) => /Seq Scan on (.+?)  \(/.exec(line)?.[1] ?? [])
    const warnings = [...new Set(scanned)].map((table) => say('plan.scanned', { table }))
    return { plan, warnings }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.retry !== 'never') throw error
    return { plan: [], warnings: [say('plan.none', { reason: error.detail['reason'] ?? error.code })] }
  }
}
