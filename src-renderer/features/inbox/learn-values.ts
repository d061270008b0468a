import { onScopeDispose, watch } from 'vue'
import type { Message, MessageGroups } from '../../../src-preload/contract/messages.ts'
import { useKnownValues } from '../../app/state/known-values.ts'
import type { Grouping } from './narrowing.ts'

/** Rows that are looked at: what the query line completes is a help, no index. */
const ROWS_MAX = 500
/** The rows are drawn first. */
const LEARN_AFTER_MS = 200

const distinct = (values: readonly (string | null | undefined)[]): string[] => [
  ...new Set(values.flatMap((value) => (value === null || value === undefined ? [] : [value]))),
]

/** The query line completes what the list has shown. */
export function useLearningRows(seen: () => readonly { source: string; rows: readonly Message[] }[]): void {
  const known = useKnownValues()
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  watch(seen, (all) => {
    clearTimeout(timer)
    timer = setTimeout(() => learn(all), LEARN_AFTER_MS)
  })
  function learn(all: ReturnType<typeof seen>): void {
    for (const { source, rows } of all) {
      const looked = rows.slice(0, ROWS_MAX)
      known.learn(source, 'type', distinct(looked.map(({ type }) => type)))
      known.learn(source, 'chain', distinct(looked.map(({ chain }) => chain?.key)))
      known.learn(source, 'exchange', distinct(looked.map(({ destination }) => destination?.exchange)))
      known.learn(source, 'id', distinct(looked.map(({ messageId }) => messageId)))
    }
  }
}

/** And what its groups have shown. */
export function useLearningGroups(
  seen: () => readonly { source: string; by: Grouping; groups: MessageGroups['groups'] }[],
): void {
  const known = useKnownValues()
  watch(seen, (all) => {
    for (const { source, by, groups } of all) {
      const keys = groups.map(({ key }) => key)
      if (by === 'type') known.learn(source, 'type', keys)
      else if (by === 'error') known.learn(source, 'error', keys.map(firstLine))
      else known.learn(source, 'exchange', distinct(keys.map((key) => key.slice(0, key.indexOf('/')))))
    }
  })
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
