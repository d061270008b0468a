import {
  JSON_DEPTH_MAX,
  container,
  isContainer,
  members,
  readJson,
  sameValue,
  stringValue,
} from './json-text.ts'
import type { JsonContainer, JsonDocument, JsonNode, JsonSlot } from './json-text.ts'

/** JSON Pointer (RFC 6901) without its escapes. */
type Pointer = readonly string[]

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: JsonNode }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer }

/** A JSON Patch (RFC 6902) that was read from text, so that the values in it keep their text too. */
export interface JsonPatch {
  readonly operations: readonly Operation[]
}

/** `operation` counts from 1, as a person does; null: the patch as a whole. `path` is a JSON Pointer. */
export interface PatchProblem {
  readonly code: 'patch-invalid' | 'path-missing' | 'test-failed' | 'too-deep' | 'too-large'
  readonly operation: number | null
  readonly path: string | null
  /** For `patch-invalid`: what is wrong with it, in English. */
  readonly reason: string | null
}

type Result<Key extends string, Value> =
  | ({ readonly ok: true } & Readonly<Record<Key, Value>>)
  | { readonly ok: false; readonly problem: PatchProblem }

export const PATCH_OPERATIONS_MAX = 1_000
/** 16 MiB of UTF-16 units: what RabbitMQ takes at most unless told otherwise. Copies of copies would pass any size. */
export const EDITED_CHARS_MAX = 16 * 1024 * 1024

/** Reads a patch from its text. Members that RFC 6902 does not know are ignored, as it asks. */
export function readPatch(text: string): Result<'patch', JsonPatch> {
  const reading = readJson(text)
  if (!reading.ok) {
    const { code, key } = reading.problem
    return invalid(key === null ? `the patch is ${code}` : `the key ${JSON.stringify(key)} occurs twice`)
  }
  const { root } = reading.document
  if (root.kind !== 'array') return invalid('a patch is an array of operations')
  if (root.slots.length === 0) return invalid('the patch has no operation')
  if (root.slots.length > PATCH_OPERATIONS_MAX)
    return invalid(`the patch has more than ${PATCH_OPERATIONS_MAX} operations`)
  return refusable('patch', () => ({
    operations: root.slots.map(({ value }, index) => readOperation(value, index + 1)),
  }))
}

/** Applies all operations or none. The document itself never changes. */
export function applyPatch(document: JsonDocument, patch: JsonPatch): Result<'document', JsonDocument> {
  return refusable('document', () => {
    let { root } = document
    patch.operations.forEach((operation, index) => {
      const number = index + 1
      root = applied(root, operation, number)
      const path = pointerText(operation.path)
      if (root.depth > JSON_DEPTH_MAX)
        throw new Refusal({ code: 'too-deep', operation: number, path, reason: null })
      if (root.text.length > EDITED_CHARS_MAX)
        throw new Refusal({ code: 'too-large', operation: number, path, reason: null })
    })
    return { ...document, root }
  })
}

/** A JSON Pointer as text: `/items/0/a~1b`. */
export function pointerText(pointer: Pointer): string {
  return pointer.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

class Refusal extends Error {
  readonly problem: PatchProblem

  constructor(problem: PatchProblem) {
    super(problem.code)
    this.problem = problem
  }
}

function refusable<Key extends string, Value>(key: Key, work: () => Value): Result<Key, Value> {
  try {
    return { ok: true, [key]: work() }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem }
    throw error
  }
}

function invalid(reason: string): { ok: false; problem: PatchProblem } {
  return { ok: false, problem: { code: 'patch-invalid', operation: null, path: null, reason } }
}

function readOperation(node: JsonNode, operation: number): Operation {
  const fail = (reason: string): never => {
    throw new Refusal({ code: 'patch-invalid', operation, path: null, reason })
  }
  if (node.kind !== 'object') return fail('an operation is an object')
  const found = members(node)
  const pointer = (name: 'path' | 'from'): Pointer => {
    const member = found.get(name)
    const text = member === undefined ? null : stringValue(member.value)
    return (text === null ? null : readPointer(text)) ?? fail(`"${name}" is not a JSON Pointer`)
  }
  const opNode = found.get('op')?.value
  const op = opNode === undefined ? null : stringValue(opNode)
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      return { op, path: pointer('path'), value: found.get('value')?.value ?? fail('"value" is missing') }
    case 'remove':
      return { op, path: pointer('path') }
    case 'move':
    case 'copy':
      return { op, path: pointer('path'), from: pointer('from') }
    default:
      return fail('"op" is none of add, remove, replace, move, copy, test')
  }
}

function readPointer(text: string): Pointer | null {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return null
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function applied(root: JsonNode, operation: Operation, number: number): JsonNode {
  const { path } = operation
  const at = (pointer: Pointer): Place => ({ pointer, number })
  switch (operation.op) {
    case 'test':
      if (sameValue(find(root, at(path)), operation.value)) return root
      throw new Refusal({ code: 'test-failed', operation: number, path: pointerText(path), reason: null })
    case 'add':
      return put(root, at(path), operation.value, addTo)
    case 'replace':
      return put(root, at(path), operation.value, replaceIn)
    case 'remove':
      return take(root, at(path))
    case 'copy':
      return put(root, at(path), find(root, at(operation.from)), addTo)
    case 'move': {
      const { from } = operation
      const moved = find(root, at(from))
      if (pointerText(from) === pointerText(path)) return root
      if (from.every((token, index) => token === path[index])) throw wrong(at(path), 'moved into itself')
      return put(take(root, at(from)), at(path), moved, addTo)
    }
  }
}

interface Place {
  readonly pointer: Pointer
  readonly number: number
}

function missing({ pointer, number }: Place): Refusal {
  return new Refusal({
    code: 'path-missing',
    operation: number,
    path: pointerText(pointer),
    reason: null,
  })
}

function wrong({ pointer, number }: Place, reason: string): Refusal {
  return new Refusal({ code: 'patch-invalid', operation: number, path: pointerText(pointer), reason })
}

function find(root: JsonNode, place: Place): JsonNode {
  return place.pointer.reduce((node, token) => {
    const slot = isContainer(node) ? node.slots[slotIndex(node, token)] : undefined
    if (slot === undefined) throw missing(place)
    return slot.value
  }, root)
}

/** The slot that a token names; -1 where there is none. */
function slotIndex(node: JsonContainer, token: string): number {
  if (node.kind === 'object') return node.slots.findIndex(({ key }) => key === token)
  const index = arrayIndex(token)
  return index < node.slots.length ? index : -1
}

/** An array index without sign or leading zero; -1 for anything else. */
function arrayIndex(token: string): number {
  return /^(0|[1-9]\d*)$/.test(token) ? Number(token) : -1
}

/** Slots in which the token's one is changed; null where there is no place for it. */
type Change = (node: JsonContainer, token: string, value: JsonNode) => readonly JsonSlot[] | null

function put(root: JsonNode, place: Place, value: JsonNode, change: Change): JsonNode {
  if (place.pointer.length === 0) return value
  return rewrite(root, place, 0, (node, token) => change(node, token, value))
}

function take(root: JsonNode, place: Place): JsonNode {
  if (place.pointer.length === 0) throw wrong(place, 'the whole document cannot be removed')
  return rewrite(root, place, 0, removeFrom)
}

/** Makes the containers along the pointer anew; everything beside them stays the same node. */
function rewrite(
  node: JsonNode,
  place: Place,
  level: number,
  change: (node: JsonContainer, token: string) => readonly JsonSlot[] | null,
): JsonNode {
  const token = place.pointer[level]
  if (!isContainer(node) || token === undefined) throw missing(place)
  if (level === place.pointer.length - 1) {
    const slots = change(node, token)
    if (slots === null) throw missing(place)
    return container(node.kind, slots)
  }
  const index = slotIndex(node, token)
  const slot = node.slots[index]
  if (slot === undefined) throw missing(place)
  const value = rewrite(slot.value, place, level + 1, change)
  return container(node.kind, node.slots.with(index, { ...slot, value }))
}

function replaceIn(node: JsonContainer, token: string, value: JsonNode): readonly JsonSlot[] | null {
  const index = slotIndex(node, token)
  const slot = node.slots[index]
  return slot === undefined ? null : node.slots.with(index, { ...slot, value })
}

function addTo(node: JsonContainer, token: string, value: JsonNode): readonly JsonSlot[] | null {
  const { slots } = node
  if (node.kind === 'object') {
    return replaceIn(node, token, value) ?? inserted(slots, slots.length, member(token, value, slots.at(-1)))
  }
  const index = token === '-' ? slots.length : arrayIndex(token)
  return index < 0 || index > slots.length
    ? null
    : inserted(slots, index, { lead: '', label: '', key: '', value, trail: '' })
}

/** A member whose colon is written as its neighbour's is. */
function member(key: string, value: JsonNode, neighbour: JsonSlot | undefined): JsonSlot {
  const colon = neighbour?.label.slice(neighbour.label.lastIndexOf('"') + 1) ?? ':'
  return { lead: '', label: JSON.stringify(key) + colon, key, value, trail: '' }
}

/** The white space around the new slot is that of its neighbours. */
function inserted(slots: readonly JsonSlot[], index: number, slot: JsonSlot): readonly JsonSlot[] {
  const next = slots[index]
  const last = slots.at(-1)
  if (next !== undefined) {
    // The first of a line has no space before it; once it is second it needs what the others have.
    const shifted = index === 0 ? { ...next, lead: slots[1]?.lead ?? next.lead } : next
    return slots.toSpliced(index, 1, { ...slot, lead: next.lead }, shifted)
  }
  if (last === undefined) return [slot]
  return slots.toSpliced(-1, 1, { ...last, trail: '' }, { ...slot, lead: last.lead, trail: last.trail })
}

function removeFrom(node: JsonContainer, token: string): readonly JsonSlot[] | null {
  const index = slotIndex(node, token)
  const slot = node.slots[index]
  if (slot === undefined) return null
  const rest = node.slots.toSpliced(index, 1)
  const first = rest[0]
  const last = rest.at(-1)
  // The line break before the closing bracket, and the indentation after the opening one, stay.
  if (index === 0 && first) return rest.with(0, { ...first, lead: slot.lead })
  if (index === rest.length && last) return rest.with(-1, { ...last, trail: slot.trail })
  return rest
}
