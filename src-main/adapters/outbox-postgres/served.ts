import { predicateColumns } from '../../domain/mapping.ts'
import type { Mapping } from '../../domain/mapping.ts'
import type { MessageState } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import type { Catalogue } from './catalogue.ts'
import { newParams } from './compile.ts'
import type { Compiler } from './compile.ts'
import type { Selection } from './selection.ts'
import type { Session } from './session.ts'

const EXPLAIN_TIMEOUT_MS = 5_000

/** States whose rows an index finds without walking through all the others. */
export type ServedStates = ReadonlySet<MessageState>

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
  const served = new Set<MessageState>()
  const stateColumns = new Set(predicateColumns(mapping.open))
  for (const state of new Set(mapping.states.map((rule) => rule.state))) {
    const params = newParams()
    const condition = sql.branches(params, new Set([state])).map((branch) => `(${branch.condition})`)
    const text = `explain (format json) select ${sql.column(mapping.key)} from ${sql.table} t where ${condition.join(' or ')}`
    const statement = { text, values: params.values, withoutSeqScan: true }
    const rows = await session.read(statement, EXPLAIN_TIMEOUT_MS, signal)
    const [explained] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? '[]') as readonly { readonly Plan: PlanNode }[]
    if (explained !== undefined && isServed(explained.Plan, catalogue, stateColumns)) served.add(state)
  }
  return served
}

/** Every scan at the bottom of the plan goes through an index on the state, or one over part of the rows. */
function isServed(node: PlanNode, catalogue: Catalogue, stateColumns: ReadonlySet<string>): boolean {
  const below = node.Plans ?? []
  if (below.length > 0) return below.every((child) => isServed(child, catalogue, stateColumns))
  const index = catalogue.indexes.get(node['Index Name'] ?? '')
  if (index === undefined) return false
  return index.partial || (node['Index Cond'] !== undefined && stateColumns.has(index.leading))
}

/** True where one statement finds the rows without walking through the table. */
export function isIndexed(
  selection: Selection,
  filter: MessageFilter,
  served: ServedStates,
  { mapping, catalogue }: { mapping: Mapping; catalogue: Catalogue },
): boolean {
  if (filter.messageId !== undefined && catalogue.leadingColumns.has(mapping.messageId)) return true
  if (filter.chainKey !== undefined && catalogue.leadingColumns.has(mapping.chain.key)) return true
  if (selection.states !== null) return selection.states.every((state) => served.has(state))
  // All rows: the key's own index has them in order, as long as every row counts.
  return selection.common.length === 0
}

/** The states of rows that are not finished. */
export function openStates(mapping: Mapping): readonly MessageState[] {
  const finished: ReadonlySet<MessageState> = new Set(['sent', 'unknown'])
  return mapping.states.map((rule) => rule.state).filter((state) => !finished.has(state))
}
