/**
 * JSON as a tree that knows its exact text, for editing payloads without a JSON.parse in between: that would round a
 * 64-bit integer, turn 1.0 into 1, move keys like "10" to the front and drop the first of two equal keys. Nodes never
 * change; an edit makes new ones along its path, and every value that it does not touch keeps its text to the byte.
 */
export type JsonNode = JsonScalar | JsonContainer

export interface JsonScalar {
  readonly kind: 'string' | 'number' | 'literal'
  readonly text: string
  readonly depth: 0
}

export interface JsonContainer {
  readonly kind: 'array' | 'object'
  readonly text: string
  /** Containers inside each other, this one included. */
  readonly depth: number
  readonly slots: readonly JsonSlot[]
}

/** An element of an array or a member of an object, with the white space around it. */
export interface JsonSlot {
  readonly lead: string
  /** Text of the name up to the value (`"total" : `); empty in an array. */
  readonly label: string
  /** The name without its escapes; empty in an array. */
  readonly key: string
  readonly value: JsonNode
  readonly trail: string
}

export interface JsonDocument {
  readonly lead: string
  readonly root: JsonNode
  readonly trail: string
}

/** What makes a text unfit to be edited. `at` is an offset in UTF-16 units, null where it is not known. */
export interface JsonProblem {
  readonly code: 'not-unicode' | 'not-json' | 'too-deep' | 'duplicate-key'
  readonly at: number | null
  /** The key that occurs twice; null otherwise. */
  readonly key: string | null
}

export type JsonReading =
  | { readonly ok: true; readonly document: JsonDocument }
  | { readonly ok: false; readonly problem: JsonProblem }

/** Containers inside each other that are read: recursion stays far from the end of the stack. */
export const JSON_DEPTH_MAX = 500

/**
 * Reads strict JSON. A text with the same key twice in one object is refused: receivers differ in which one they take,
 * so nobody can say what an edit of it means.
 */
export function readJson(text: string): JsonReading {
  if (!text.isWellFormed()) return refused('not-unicode')
  try {
    // What is JSON and what is not is the platform's parser's to say; the walk below may then trust the text.
    JSON.parse(text)
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    return refused('not-json', position === undefined ? null : Number(position))
  }
  const cursor: Cursor = { text, at: 0 }
  try {
    const lead = readSpace(cursor)
    const root = readNode(cursor, JSON_DEPTH_MAX)
    return { ok: true, document: { lead, root, trail: text.slice(cursor.at) } }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem }
    throw error
  }
}

/** The exact text again. */
export function documentText({ lead, root, trail }: JsonDocument): string {
  return lead + root.text + trail
}

/** A container of other slots, in the layout that the slots bring. */
export function container(kind: JsonContainer['kind'], slots: readonly JsonSlot[]): JsonContainer {
  const inside = slots.map((slot) => slot.lead + slot.label + slot.value.text + slot.trail).join(',')
  const text = kind === 'array' ? `[${inside}]` : `{${inside}}`
  return { kind, text, depth: depthOver(slots), slots }
}

export function isContainer(node: JsonNode): node is JsonContainer {
  return node.kind === 'array' || node.kind === 'object'
}

/** The value of a string node; null of any other. */
export function stringValue(node: JsonNode): string | null {
  return node.kind === 'string' ? unquoted(node.text) : null
}

/** Members of an object by name; the elements of an array have none. */
export function members(node: JsonContainer): ReadonlyMap<string, JsonSlot> {
  return new Map(node.kind === 'object' ? node.slots.map((slot) => [slot.key, slot]) : [])
}

/**
 * Equal as JSON values (RFC 6902, 4.6), objects whatever the order of members; numbers by value in full precision, unless
 * `sameNumber` compares their texts otherwise.
 */
export function sameValue(
  a: JsonNode,
  b: JsonNode,
  sameNumber: (a: string, b: string) => boolean = (x, y) => decimal(x) === decimal(y),
): boolean {
  if (a.text === b.text) return true
  if (a.kind !== b.kind) return false
  if (a.kind === 'string') return unquoted(a.text) === unquoted(b.text)
  if (a.kind === 'number') return sameNumber(a.text, b.text)
  if (!isContainer(a) || !isContainer(b) || a.slots.length !== b.slots.length) return false
  const others = members(b)
  return a.slots.every(({ key, value }, index) => {
    const other = a.kind === 'object' ? others.get(key) : b.slots[index]
    return other !== undefined && sameValue(value, other.value, sameNumber)
  })
}

interface Cursor {
  readonly text: string
  at: number
}

class Refusal extends Error {
  readonly problem: JsonProblem

  constructor(problem: JsonProblem) {
    super(problem.code)
    this.problem = problem
  }
}

function refused(code: JsonProblem['code'], at: number | null = null): JsonReading {
  return { ok: false, problem: { code, at, key: null } }
}

function readNode(cursor: Cursor, depthLeft: number): JsonNode {
  const from = cursor.at
  switch (cursor.text[from]) {
    case '[':
      return readContainer(cursor, 'array', depthLeft)
    case '{':
      return readContainer(cursor, 'object', depthLeft)
    case '"':
      cursor.at = stringEnd(cursor.text, from)
      return { kind: 'string', text: cursor.text.slice(from, cursor.at), depth: 0 }
    default: {
      while (cursor.at < cursor.text.length && !endsScalar(cursor.text.charCodeAt(cursor.at))) cursor.at++
      const text = cursor.text.slice(from, cursor.at)
      return { kind: /^[-\d]/.test(text) ? 'number' : 'literal', text, depth: 0 }
    }
  }
}

function readContainer(cursor: Cursor, kind: JsonContainer['kind'], depthLeft: number): JsonContainer {
  const from = cursor.at
  if (depthLeft === 0) throw new Refusal({ code: 'too-deep', at: from, key: null })
  const slots: JsonSlot[] = []
  const keys = new Set<string>()
  do {
    cursor.at++
    const lead = readSpace(cursor)
    // Only an empty container closes here.
    if (cursor.text[cursor.at] === ']' || cursor.text[cursor.at] === '}') break
    const { label, key } = kind === 'object' ? readLabel(cursor, keys) : { label: '', key: '' }
    const value = readNode(cursor, depthLeft - 1)
    slots.push({ lead, label, key, value, trail: readSpace(cursor) })
  } while (cursor.text[cursor.at] === ',')
  cursor.at++
  return { kind, text: cursor.text.slice(from, cursor.at), depth: depthOver(slots), slots }
}

function readLabel(cursor: Cursor, keys: Set<string>): { label: string; key: string } {
  const from = cursor.at
  cursor.at = stringEnd(cursor.text, from)
  const key = unquoted(cursor.text.slice(from, cursor.at))
  if (keys.size === keys.add(key).size) throw new Refusal({ code: 'duplicate-key', at: from, key })
  readSpace(cursor)
  cursor.at++
  readSpace(cursor)
  return { label: cursor.text.slice(from, cursor.at), key }
}

function readSpace(cursor: Cursor): string {
  const from = cursor.at
  while (isSpace(cursor.text.charCodeAt(cursor.at))) cursor.at++
  return cursor.text.slice(from, cursor.at)
}

/** JSON's four: space, tab, line feed, carriage return. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

function endsScalar(unit: number): boolean {
  return unit === 0x2c || unit === 0x5d || unit === 0x7d || isSpace(unit)
}

/** The place after the closing quote: the next quote with an even number of backslashes before it. */
function stringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); ; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1
    while (text[before] === '\\') before--
    if ((quote - before) % 2 === 1) return quote + 1
  }
}

function unquoted(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
}

function depthOver(slots: readonly JsonSlot[]): number {
  return slots.reduce((depth, { value }) => Math.max(depth, value.depth + 1), 1)
}

/** Equal for two spellings of one number: sign, digits without zeros at either end, exponent. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const shift = digits.length - significant.length - fraction.length
  return `${sign}${significant}e${BigInt(exponent) + BigInt(shift)}`
}
