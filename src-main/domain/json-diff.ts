import { pointerText } from './json-patch.ts'
import { members, sameValue } from './json-text.ts'
import type { JsonContainer, JsonNode } from './json-text.ts'

/** One value that differs: its JSON Pointer and its exact text on both sides, null where there is none. */
export interface JsonChange {
  /** Place in the new text; in the old one where the value is gone. */
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

export interface JsonDiff {
  readonly changes: readonly JsonChange[]
  /** Changes beyond DIFF_CHANGES_MAX, which are not listed. */
  readonly more: number
}

/** More would not be read. */
export const DIFF_CHANGES_MAX = 200

/**
 * What differs between two documents, as values: white space, the order of members and the escapes of a string make no
 * difference, a number's spelling does (1.0 is not 1 to every receiver). In an array the elements that both sides begin
 * and end with are set aside first, so one inserted or removed element is one change.
 */
export function diffJson(before: JsonNode, after: JsonNode): JsonDiff {
  const found: Found = { changes: [], more: 0 }
  compare([], before, after, found)
  return found
}

interface Found {
  readonly changes: JsonChange[]
  more: number
}

type Path = readonly string[]

function compare(path: Path, before: JsonNode, after: JsonNode, found: Found): void {
  if (before.text === after.text) return
  if (before.kind === 'object' && after.kind === 'object') compareMembers(path, before, after, found)
  else if (before.kind === 'array' && after.kind === 'array') compareElements(path, before, after, found)
  else if (!isSame(before, after)) note(path, before, after, found)
}

function compareMembers(path: Path, before: JsonContainer, after: JsonContainer, found: Found): void {
  const left = members(before)
  const right = members(after)
  for (const { key, value } of before.slots) {
    const other = right.get(key)
    if (other) compare([...path, key], value, other.value, found)
    else note([...path, key], value, null, found)
  }
  for (const { key, value } of after.slots) {
    if (!left.has(key)) note([...path, key], null, value, found)
  }
}

function compareElements(path: Path, before: JsonContainer, after: JsonContainer, found: Found): void {
  const left = before.slots.map(({ value }) => value)
  const right = after.slots.map(({ value }) => value)
  const shorter = Math.min(left.length, right.length)
  let head = 0
  while (head < shorter && isSame(left[head], right[head])) head++
  let tail = 0
  while (tail < shorter - head && isSame(left.at(-1 - tail), right.at(-1 - tail))) tail++
  const leftEnd = left.length - tail
  const rightEnd = right.length - tail
  for (let index = head; index < Math.max(leftEnd, rightEnd); index++) {
    const a = index < leftEnd ? (left[index] ?? null) : null
    const b = index < rightEnd ? (right[index] ?? null) : null
    const place = [...path, String(index)]
    if (a && b) compare(place, a, b, found)
    else note(place, a, b, found)
  }
}

/** The same to this diff: nothing would be noted. */
function isSame(a: JsonNode | undefined, b: JsonNode | undefined): boolean {
  return a !== undefined && b !== undefined && sameValue(a, b, (x, y) => x === y)
}

function note(path: Path, before: JsonNode | null, after: JsonNode | null, found: Found): void {
  if (found.changes.length === DIFF_CHANGES_MAX) found.more++
  else
    found.changes.push({
      path: pointerText(path),
      before: before?.text ?? null,
      after: after?.text ?? null,
    })
}
