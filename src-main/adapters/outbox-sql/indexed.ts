import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Field } from '../../domain/mapping/values.ts'
import type { MessageState } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import type { LookParts, ServedStates } from './parts.ts'
import type { Selection } from './selection.ts'

/** True where one statement finds the rows without walking through the table. */
export function isIndexed(
  selection: Selection,
  filter: MessageFilter,
  served: ServedStates,
  { mapping, catalogue, sql }: Pick<LookParts, 'mapping' | 'catalogue' | 'sql'>,
): boolean {
  const leads = (field: Field | undefined): boolean =>
    typeof field === 'string' && catalogue.leadingColumns.has(field)
  if (sql.key.kind === 'none') return false
  if (filter.messageId !== undefined && leads(mapping.messageId)) return true
  if (filter.chainKey !== undefined && leads(mapping.chain?.key)) return true
  if (selection.states !== null) return selection.states.every((state) => served.has(state))
  // All rows: the key's own index has them in order, as long as every row counts.
  return selection.common.length === 0
}

const FINISHED: ReadonlySet<MessageState> = new Set(['sent', 'consumed', 'unknown'])

/** The states of rows that are not finished. */
export function openStates(mapping: Mapping): readonly MessageState[] {
  return mapping.states.map((rule) => rule.state).filter((state) => !FINISHED.has(state))
}
