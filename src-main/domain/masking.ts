import { container, documentText, isContainer, readJson, stringValue } from './json-text.ts'
import type { JsonNode } from './json-text.ts'

/** What of payloads and headers is not shown, as a workspace says it. */
export interface MaskingConfig {
  /** Places in a payload: JSON Pointers, in which `*` is any one name or index and `**` any number of them. */
  readonly paths?: readonly string[]
  /** Names of headers, in either case of letters, at any depth. */
  readonly headers?: readonly string[]
  /** The last characters of a string or a number that stay. Absent: none. */
  readonly keep?: { readonly last: number }
  /** What becomes of a payload that is not JSON, where there are paths. Absent: `mask`. */
  readonly notJson?: 'mask' | 'show'
}

export interface WorkspaceMasking {
  /** For every source of an environment, beside what the source itself says. */
  readonly environments?: Readonly<Partial<Record<'development' | 'staging' | 'production', MaskingConfig>>>
  /** False: views of payloads in production are not journalled. Unmasking always is. */
  readonly journalViews?: boolean
}

export const maskingLimits = {
  rules: 200,
  chars: 400,
  segments: 32,
  keepLast: { min: 1, max: 8 },
} as const

/** In the place of a value: it tells neither its type nor its length. */
export const MASK = '•••'
/** Before what is kept of a value. */
const MASK_BEFORE = '••••'
/** A value keeps its end only if it is so many times as long as that. */
const LENGTHS_OF_KEPT = 3

type Segment =
  { readonly is: 'name'; readonly name: string } | { readonly is: 'one' } | { readonly is: 'any' }

interface Rule {
  readonly segments: readonly Segment[]
  readonly keepLast: number
}

/** Several configurations together: what any of them masks is masked. */
export interface MaskRules {
  readonly payload: readonly Rule[]
  readonly headers: readonly Rule[]
  /** A payload that is not JSON is masked whole. */
  readonly masksOther: boolean
}

export interface Masked {
  readonly text: string
  /** Values that are masked; of a text that is masked whole one. */
  readonly fields: number
  readonly whole: boolean
}

/** Why a path cannot be used; null: it can. */
export function maskPathProblem(path: string): string | null {
  if (!path.startsWith('/')) return 'a path begins with /'
  const parts = path.slice(1).split('/')
  if (parts.length > maskingLimits.segments) return `more than ${maskingLimits.segments} parts`
  if (parts.some((part) => /~(?![01])/.test(part))) return 'after ~ stands 0 (a ~) or 1 (a /)'
  const mixed = parts.find((part) => part.includes('*') && part !== '*' && part !== '**')
  if (mixed !== undefined) return `* and ** stand for whole names: ${mixed}`
  return parts.every((part) => part === '**') ? 'it would mask every payload whole: name a field' : null
}

/** Null: nothing is masked. */
export function maskRules(configs: readonly (MaskingConfig | undefined)[]): MaskRules | null {
  const given = configs.filter((config) => config !== undefined)
  const payload = given.flatMap(({ paths = [], keep }) =>
    paths.map((path): Rule => ({ segments: segmentsOf(path), keepLast: keep?.last ?? 0 })),
  )
  const headers = given.flatMap(({ headers: names = [], keep }) =>
    names.map((name): Rule => ({ segments: anywhere(name), keepLast: keep?.last ?? 0 })),
  )
  if (payload.length + headers.length === 0) return null
  const withPaths = given.filter(({ paths = [] }) => paths.length > 0)
  return { payload, headers, masksOther: withPaths.some(({ notJson }) => notJson !== 'show') }
}

export function maskPayload(rules: MaskRules | null, text: string): Masked {
  return rules === null || rules.payload.length === 0
    ? { text, fields: 0, whole: false }
    : maskDocument({ rules: rules.payload, exact: true }, text, rules.masksOther)
}

/** Of a part of a payload: where in it what is masked stands cannot be told. */
export function maskCut(rules: MaskRules | null, part: string): Masked {
  if (rules === null || rules.payload.length === 0) return { text: part, fields: 0, whole: false }
  return { text: MASK, fields: 1, whole: true }
}

/** Of headers as the text of a JSON object. What is none is masked whole. */
export function maskHeaders(rules: MaskRules | null, text: string): Masked {
  return rules === null || rules.headers.length === 0
    ? { text, fields: 0, whole: false }
    : maskDocument({ rules: rules.headers, exact: false }, text, true)
}

/** One value of a payload by its JSON Pointer: of a difference, or of the operation of a patch. */
export function maskValue(rules: MaskRules | null, pointer: string, text: string): string {
  if (rules === null || rules.payload.length === 0) return text
  const reading = readJson(text)
  if (!reading.ok) return JSON.stringify(MASK)
  const walk: Walk = { rules: rules.payload, exact: true }
  let places = begin(walk)
  for (const name of pointer.split('/').slice(1).map(unescaped)) {
    // A part of what is masked keeps nothing: its end is not the end of the whole.
    if (keptOf(walk, places) !== null) return JSON.stringify(MASK)
    places = into(walk, places, name)
  }
  return maskNode(walk, reading.document.root, places).node.text
}

/** A text to send that holds a mask: somebody edited what they were shown, and would send that. */
export function holdsMask(text: string): boolean {
  return text.includes(MASK) || /(?:\\u2022){3}/i.test(text)
}

interface Walk {
  readonly rules: readonly Rule[]
  /** Names in just this case of letters. */
  readonly exact: boolean
}

/** Where in which rule: a rule at its end matches the value that is being looked at. */
type Places = readonly { readonly rule: number; readonly at: number }[]

function maskDocument(walk: Walk, text: string, masksOther: boolean): Masked {
  const whole = { text: MASK, fields: 1, whole: true }
  const reading = readJson(text)
  // What a parser reads and this one refuses (the same name twice, too deep) has fields that would be missed.
  if (!reading.ok)
    return masksOther || reading.problem.code !== 'not-json' ? whole : { text, fields: 0, whole: false }
  const { lead, root, trail } = reading.document
  if (!isContainer(root)) return masksOther ? whole : { text, fields: 0, whole: false }
  const { node, fields } = maskNode(walk, root, begin(walk))
  return { text: documentText({ lead, root: node, trail }), fields, whole: false }
}

function maskNode(walk: Walk, node: JsonNode, places: Places): { node: JsonNode; fields: number } {
  const kept = keptOf(walk, places)
  if (kept !== null) return { node: masked(node, kept), fields: 1 }
  if (!isContainer(node) || places.length === 0) return { node, fields: 0 }
  let fields = 0
  const slots = node.slots.map((slot, index) => {
    const inside = maskNode(
      walk,
      slot.value,
      into(walk, places, node.kind === 'object' ? slot.key : String(index)),
    )
    fields += inside.fields
    return inside.fields === 0 ? slot : { ...slot, value: inside.node }
  })
  return fields === 0 ? { node, fields } : { node: container(node.kind, slots), fields }
}

function masked(node: JsonNode, keepLast: number): JsonNode {
  const text = JSON.stringify(maskedText(node, keepLast))
  return { kind: 'string', text, depth: 0 }
}

function maskedText(node: JsonNode, keepLast: number): string {
  const value = node.kind === 'number' ? node.text : stringValue(node)
  if (value === null || keepLast === 0) return MASK
  const characters = [...value]
  if (characters.length < keepLast * LENGTHS_OF_KEPT) return MASK
  return MASK_BEFORE + characters.slice(-keepLast).join('')
}

function begin(walk: Walk): Places {
  return withSkips(
    walk,
    walk.rules.map((_, rule) => ({ rule, at: 0 })),
  )
}

/** One name further. */
function into({ rules, exact }: Walk, places: Places, name: string): Places {
  const next = places.flatMap(({ rule, at }) => {
    const segment = rules[rule]?.segments[at]
    if (segment === undefined) return []
    if (segment.is === 'any') return [{ rule, at }]
    return segment.is === 'one' || isNamed(segment.name, name, exact) ? [{ rule, at: at + 1 }] : []
  })
  return withSkips({ rules, exact }, next)
}

/** `**` may stand for nothing. */
function withSkips({ rules }: Walk, places: Places): Places {
  const seen = new Map<string, { rule: number; at: number }>()
  for (const { rule, at } of places)
    for (let next = at; ; next++) {
      seen.set(`${rule} ${next}`, { rule, at: next })
      if (rules[rule]?.segments[next]?.is !== 'any') break
    }
  return [...seen.values()]
}

/** Characters that stay of a value that is masked, by the strictest rule; null: it is not masked. */
function keptOf({ rules }: Walk, places: Places): number | null {
  const matching = places.flatMap(({ rule, at }) => {
    const one = rules[rule]
    return one !== undefined && at === one.segments.length ? [one.keepLast] : []
  })
  return matching.length === 0 ? null : Math.min(...matching)
}

function segmentsOf(path: string): readonly Segment[] {
  return path
    .slice(1)
    .split('/')
    .map((part): Segment => {
      if (part === '*') return { is: 'one' }
      return part === '**' ? { is: 'any' } : { is: 'name', name: unescaped(part) }
    })
}

function anywhere(name: string): readonly Segment[] {
  return [{ is: 'any' }, { is: 'name', name }]
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function isNamed(wanted: string, name: string, exact: boolean): boolean {
  return exact ? wanted === name : wanted.toLowerCase() === name.toLowerCase()
}
