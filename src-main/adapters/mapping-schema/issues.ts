import { englishTexts } from '../../domain/english-texts.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'

/** What zod finds wrong, as far as it is told here. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  /** Of a union: what each branch finds wrong. */
  readonly errors?: readonly (readonly Issue[])[]
  readonly expected?: string
  readonly values?: readonly unknown[]
  readonly keys?: readonly string[]
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
}

/** Faults that the schema finds by a rule of its own, which says them in these words. */
const OWN = ['fault.column-name', 'fault.as-many', 'fault.iana', 'fault.many-columns'] as const

/** A fault of the schema in the engine's own words: zod's are English only. */
export function sayIssue(issue: Issue, data: unknown): Text {
  const own = OWN.find((code) => englishTexts[code] === issue.message)
  if (own !== undefined) return say(own)
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue, data)
    case 'unrecognized_keys':
      return say('fault.unknown-key', { names: (issue.keys ?? []).join(', ') })
    case 'invalid_value':
      return say('fault.values', { values: (issue.values ?? []).map(String).join(', ') })
    case 'too_small':
      return say('fault.too-few', { limit: Number(issue.minimum) })
    case 'too_big':
      return say('fault.too-many', { limit: Number(issue.maximum) })
    case 'invalid_union':
      return say('fault.form')
    default:
      return say('fault.other', { problem: issue.message })
  }
}

function ofType({ expected = '?', path }: Issue, data: unknown): Text {
  const received = kindOf(path.reduce(within, data))
  return received === null ? say('fault.missing', { expected }) : say('fault.type', { expected, received })
}

function within(data: unknown, step: PropertyKey): unknown {
  return typeof data === 'object' && data !== null
    ? (data as Readonly<Record<PropertyKey, unknown>>)[step]
    : undefined
}

/** As JSON calls it; null: there is nothing. */
function kindOf(value: unknown): string | null {
  if (value === undefined) return null
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
