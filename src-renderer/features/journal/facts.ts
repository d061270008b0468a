import type { JournalEntry } from '../../../src-preload/contract/journal.ts'

/**
 * What an entry's detail says, read without trust: entries outlive the version that wrote them, so a member that is
 * absent or of another kind gives null and the sentence does without it.
 */
export type Facts = Readonly<Record<string, unknown>>

export function factsOf(entry: Pick<JournalEntry, 'detail'>): Facts {
  const { detail } = entry
  return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : {}
}

export function textOf(facts: Facts, key: string): string | null {
  const value = facts[key]
  return typeof value === 'string' && value !== '' ? value : null
}

/** A number, or how many there are in a list. */
export function countOf(facts: Facts, ...keys: readonly string[]): number | null {
  for (const key of keys) {
    const value = facts[key]
    if (typeof value === 'number') return value
    if (Array.isArray(value)) return value.length
  }
  return null
}

export function recordsOf(facts: Facts, key: string): Facts[] {
  const value = facts[key]
  if (!Array.isArray(value)) return []
  return value.filter((one): one is Facts => typeof one === 'object' && one !== null && !Array.isArray(one))
}

const ID_LISTS = ['ids', 'confirmed', 'marked', 'leftAlone', 'released', 'unknown'] as const
const ID_RECORDS = ['others', 'intended'] as const

/** Row ids that an entry names, in its order, each once. */
export function idsOf(facts: Facts): string[] {
  const listed = ID_LISTS.flatMap((key) => {
    const value = facts[key]
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : []
  })
  const recorded = ID_RECORDS.flatMap((key) => recordsOf(facts, key).map((one) => textOf(one, 'id')))
  const single = textOf(facts, 'id')
  return [...new Set([...listed, ...recorded, single].filter((id) => id !== null))]
}
