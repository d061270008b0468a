import { refusalOf } from '../../domain/mapping/refusals.ts'
import { refusable } from '../../domain/mapping/mapping.ts'
import type { Companion, Mapping } from '../../domain/mapping/mapping.ts'
import { tableName } from '../../domain/mapping/table-name.ts'
import { keyColumns, mappingColumns } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import { expectedKinds } from './expected-kinds.ts'
import { renamed } from './rename.ts'
import { shippedProfiles } from './shipped.ts'
import { folded, kindOf } from './table-shape.ts'
import type { Kind, TableShape } from './table-shape.ts'

/** Candidates below this say nothing. */
const SCORE_MIN = 0.5
const CANDIDATES_MAX = 8
/** Of the score: how much of what the profile needs is there; the rest: how much of the table the profile explains. */
const NEEDED_SHARE = 0.8
/** A column of the right name and the wrong type counts for so much. */
const WRONG_KIND = 0.25
/** Each thing besides the columns that the profile needs and does not find costs this part of the score. */
const LACK_COST = 0.15
/** Candidates nearer than this are not told apart by their score. */
const RIVAL_MARGIN = 0.05
const DIGITS = 100

export interface LayoutCandidate {
  readonly profile: string
  /** From 0 to 1; 1: everything is as the profile says, and the table has nothing else. */
  readonly score: number
  readonly reasons: readonly Text[]
  /** `refused`: look only, for the reason in the mapping, or because something is missing. */
  readonly writes: 'needs-confirmation' | 'refused'
  /** With the table's own spelling of its columns. */
  readonly mapping: Mapping
}

/** Columns that many profiles have tell little; those of one alone tell much. */
const weights: ReadonlyMap<string, number> = weighColumns()

function weighColumns(): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const mapping of shippedProfiles as readonly Mapping[])
    for (const name of new Set(mappingColumns(mapping).map(folded))) seen.set(name, (seen.get(name) ?? 0) + 1)
  const all = shippedProfiles.length
  return new Map([...seen].map(([name, count]) => [name, Math.log2(1 + all / count)]))
}

function weightOf(name: string): number {
  return weights.get(folded(name)) ?? 1
}

/**
 * Which profiles the table may have, best first, all rivals side by side: the set of its columns, their types and its
 * keys decide, never its name. What an integer means no column tells: a profile that compares codes fits only by
 * everything else, and needs to be confirmed like all. `neighbours`: other tables in reach, for what profiles look up.
 */
export function detectLayouts(
  table: TableShape,
  neighbours: readonly TableShape[] = [],
): readonly LayoutCandidate[] {
  const found = (shippedProfiles as readonly Mapping[])
    .map((mapping) => judge(mapping, table, neighbours))
    .filter((one) => one.score >= SCORE_MIN)
    .sort((a, b) => b.score - a.score)
    .slice(0, CANDIDATES_MAX)
  return found.map((one) => withRivals(one, found))
}

function judge(mapping: Mapping, table: TableShape, neighbours: readonly TableShape[]): LayoutCandidate {
  const own = compare(mappingColumns(mapping), table, expectedKinds(mapping))
  const companions = Object.entries(mapping.companions ?? {}).flatMap(([name, companion]) =>
    companion.table === undefined
      ? []
      : [[name, findCompanion(mapping, [name, companion], neighbours)] as const],
  )
  const missingTables = companions.flatMap(([name, shape]) => (shape === null ? [name] : []))
  const keyLacks = hasKey(mapping, table, own.spelled) ? [] : [say('fits.no-key')]
  const tableLacks = missingTables.map((name) => say('fits.no-table', { name }))
  const lacks = [...keyLacks, ...tableLacks]
  const raw = own.needed * NEEDED_SHARE + own.explained * (1 - NEEDED_SHARE)
  const score = Math.max(0, raw * (1 - LACK_COST * lacks.length))
  const refused = refusable.every((action) => refusalOf(mapping, action) !== null)
  const complete = own.missing.length === 0 && own.wrong.length === 0 && lacks.length === 0
  return {
    profile: mapping.profile,
    score: Math.round(score * DIGITS) / DIGITS,
    reasons: [...own.reasons, ...lacks, ...(refused ? [say('fits.look-only')] : [])],
    writes: refused || !complete ? 'refused' : 'needs-confirmation',
    mapping: spelledLike(mapping, own.spelled, new Map(companions)),
  }
}

function notOfKind({ name, type }: TableShape['columns'][number], wanted: readonly Kind[]): Text {
  return say('fits.type', { column: name, type, wanted: wanted.join(' or ') })
}

interface Comparison {
  /** Share of the weight of what the profile needs, and of the table's columns that the profile knows. */
  readonly needed: number
  readonly explained: number
  readonly missing: readonly string[]
  readonly wrong: readonly Text[]
  readonly reasons: readonly Text[]
  /** The table's spelling of the profile's names. */
  readonly spelled: ReadonlyMap<string, string>
}

function compare(
  wanted: readonly string[],
  table: TableShape,
  kinds: ReadonlyMap<string, readonly Kind[]>,
): Comparison {
  const here = new Map(table.columns.map((column) => [folded(column.name), column]))
  const spelled = new Map<string, string>()
  const missing: string[] = []
  const wrong: Text[] = []
  let weight = 0
  for (const name of wanted) {
    const column = here.get(folded(name))
    if (column === undefined) {
      missing.push(name)
      continue
    }
    spelled.set(name, column.name)
    const right = kinds.get(name)?.includes(kindOf(column.type)) !== false
    if (!right) wrong.push(notOfKind(column, kinds.get(name) ?? []))
    weight += weightOf(name) * (right ? 1 : WRONG_KIND)
  }
  const all = wanted.reduce((sum, name) => sum + weightOf(name), 0)
  const telling = [...spelled.keys()].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, 4)
  return {
    needed: weight / all,
    explained: spelled.size / Math.max(table.columns.length, 1),
    missing,
    wrong,
    spelled,
    reasons: [
      say('fits.columns', { found: spelled.size, all: wanted.length, names: telling.join(', ') }),
      ...(missing.length === 0 ? [] : [say('fits.missing', { names: missing.join(', ') })]),
      ...wrong,
    ],
  }
}

function hasKey(mapping: Mapping, table: TableShape, spelled: ReadonlyMap<string, string>): boolean {
  if (typeof mapping.key === 'object' && 'none' in mapping.key) return true
  const wanted = keyColumns(mapping).map((name) => spelled.get(name) ?? name)
  return table.keys.some((key) => key.length > 0 && key.every((column) => wanted.includes(column)))
}

/** The neighbour that has all the columns that the profile asks of it; of several the one that is named like it. */
function findCompanion(
  mapping: Mapping,
  [name, { table }]: readonly [string, Companion],
  neighbours: readonly TableShape[],
): TableShape | null {
  const wanted = mappingColumns(mapping, name).map(folded)
  const fitting = neighbours.filter((shape) => {
    const present = new Set(shape.columns.map((column) => folded(column.name)))
    return wanted.every((column) => present.has(column))
  })
  const last = (text: string): string => folded(text.split('.').at(-1) ?? text)
  return fitting.find((shape) => last(shape.table) === last(table ?? '')) ?? fitting[0] ?? null
}

function spelledLike(
  mapping: Mapping,
  spelled: ReadonlyMap<string, string>,
  companions: ReadonlyMap<string, TableShape | null>,
): Mapping {
  const adapted = renamed(mapping, (name, companion) => {
    const shape = companion === null ? undefined : companions.get(companion)
    // Without a table of its own a companion is the outbox itself.
    if (companion === null || shape === undefined) return spelled.get(name) ?? name
    return shape?.columns.find((column) => folded(column.name) === folded(name))?.name ?? name
  })
  if (adapted.companions === undefined) return adapted
  const tables = Object.entries(adapted.companions).map(([name, companion]) => {
    const shape = companions.get(name)
    return [
      name,
      shape === null || shape === undefined ? companion : { ...companion, table: tableName(shape) },
    ] as const
  })
  return { ...adapted, companions: Object.fromEntries(tables) }
}

/** Candidates that all fit and that hardly anything in the catalogue tells apart name each other. */
function withRivals(one: LayoutCandidate, all: readonly LayoutCandidate[]): LayoutCandidate {
  if (one.writes === 'refused') return one
  const rivals = all
    .filter((other) => other !== one && other.writes !== 'refused')
    .filter((other) => Math.abs(other.score - one.score) < RIVAL_MARGIN)
    .map((other) => other.profile)
  if (rivals.length === 0) return one
  const reason = say('fits.rivals', { names: rivals.join(', ') })
  return { ...one, reasons: [...one.reasons, reason] }
}
