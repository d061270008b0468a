import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../domain/mapping/values.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Catalogue } from './catalogue.ts'
import type { ServedStates } from './parts.ts'

/**
 * States whose every rule asks for a constant in the first column of an index over all rows, as the catalogue has it: for
 * servers that are not asked how they would read.
 */
export function servedStates({ states }: Mapping, { leadingColumns }: Catalogue): ServedStates {
  const served = (when: MappingPredicate): boolean => {
    if ('all' in when) return when.all.some(served)
    if ('any' in when) return when.any.length > 0 && when.any.every(served)
    if (!('column' in when) || !leadingColumns.has(when.column)) return false
    if ('in' in when) return true
    return 'equals' in when && (when.equals === null || typeof when.equals !== 'object')
  }
  const found = new Set<MessageState>()
  for (const { state } of states)
    if (states.filter((rule) => rule.state === state).every(({ when }) => served(when))) found.add(state)
  return found
}
