import type { Mapping } from '../../domain/mapping/mapping.ts'
import { predicateColumns } from '../../domain/mapping/walk.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Catalogue } from '../outbox-sql/catalogue.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import type { ServedStates } from '../outbox-sql/parts.ts'
import type { Row } from '../outbox-sql/statement.ts'
import type { Session } from './session.ts'

const EXPLAIN_TIMEOUT_MS = 5_000

interface PlanNode {
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/**
 * Asks the planner, for each state, whether it can do without reading the whole table: with sequential scans priced
 * out, it takes an index where one applies. Only it can tell whether an index's WHERE covers a condition.
 */
export async function servedStates(
  session: Session,
  { mapping, sql, catalogue }: { mapping: Mapping; sql: Compiler; catalogue: Catalogue },
  signal: AbortSignal,
): Promise<ServedStates> {
  const states = [...new Set<MessageState>(mapping.states.map((rule) => rule.state))]
  const statements = states.map((state) => {
    const params = sql.newParams()
    const condition = sql.branches(params, new Set([state])).map((branch) => `(${branch.condition})`)
    const text = `explain (format json) select ${sql.walk.list('t')} from ${sql.table} t where ${condition.join(' or ')}`
    return { text, values: params.values, withoutSeqScan: true }
  })
  const stateColumns = new Set(stateColumnsOf(mapping))
  const explained = await session.readAll(statements, EXPLAIN_TIMEOUT_MS, signal)
  return new Set(states.filter((_, index) => isServedBy(explained[index]?.[0], catalogue, stateColumns)))
}

function isServedBy(row: Row | undefined, catalogue: Catalogue, stateColumns: ReadonlySet<string>): boolean {
  const [explained] = JSON.parse(row?.['QUERY PLAN'] ?? '[]') as readonly { readonly Plan: PlanNode }[]
  return explained !== undefined && isServed(explained.Plan, catalogue, stateColumns)
}

/** Columns that tell a row's state. */
function stateColumnsOf({ open, states }: Mapping): readonly string[] {
  return open === undefined ? states.flatMap(({ when }) => predicateColumns(when)) : predicateColumns(open)
}

/** Every scan at the bottom of the plan goes through an index on the state, or one over part of the rows. */
function isServed(node: PlanNode, catalogue: Catalogue, stateColumns: ReadonlySet<string>): boolean {
  const below = node.Plans ?? []
  if (below.length > 0) return below.every((child) => isServed(child, catalogue, stateColumns))
  const index = catalogue.indexes.get(node['Index Name'] ?? '')
  if (index === undefined) return false
  return index.partial || (node['Index Cond'] !== undefined && stateColumns.has(index.leading))
}
