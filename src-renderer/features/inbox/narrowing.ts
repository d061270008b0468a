import type { MessageFilter } from '../../../src-preload/contract/messages.ts'
import { without } from '../../ui/without.ts'

export const groupings = ['type', 'error', 'destination'] as const
export type Grouping = (typeof groupings)[number]

const FIELDS = { type: 'type', error: 'error', destination: 'exchange' } as const
/** What the contract takes as a part of an error. */
const ERROR_CHARS_MAX = 200

/** The filter without what the groups are about: its siblings stay visible after one was chosen. */
export function withoutGrouping(filter: MessageFilter, by: Grouping): MessageFilter {
  return without<MessageFilter, keyof MessageFilter>(filter, FIELDS[by])
}

/** The filter narrowed to a group, or widened again where it is narrowed to it already. Null: it cannot be. */
export function narrowedBy(
  filter: MessageFilter,
  by: Grouping,
  key: string,
): { readonly filter: MessageFilter; readonly active: boolean } | null {
  const value = valueOf(by, key)
  if (value === '') return null
  const active = filter[FIELDS[by]] === value
  const rest = withoutGrouping(filter, by)
  return { filter: active ? rest : { ...rest, [FIELDS[by]]: value }, active }
}

function valueOf(by: Grouping, key: string): string {
  // The filter knows the exchange alone; the key is `exchange/routing key`.
  if (by === 'destination') return key.slice(0, Math.max(0, key.indexOf('/')))
  // One line of the error: the query is one line too.
  if (by === 'error') return (key.split('\n')[0] ?? '').slice(0, ERROR_CHARS_MAX)
  return key
}
