import { RedriveError } from '../../domain/errors.ts'
import { COUNT_MAX, GROUPS_MAX } from '../../ports/outbox.ts'
import type { Field } from '../../domain/mapping/values.ts'
import type { BoundedCount, GroupBy, MessageFilter, MessageGroup, Scope } from '../../ports/outbox.ts'
import { isIndexed } from './indexed.ts'
import type { LookParts } from './parts.ts'
import { isoTime } from './rows.ts'
import { selectionOf, windowed } from './selection.ts'
import { lookInSlices } from './slicing.ts'
import type { SliceRange } from './slice-look.ts'
import type { Params, Row, Statement } from './statement.ts'

/** Two messages that differ only behind this are one group; stack traces would otherwise each be their own. */
const ERROR_KEY_LENGTH = 200

interface Tally {
  readonly groups: readonly MessageGroup[]
  /** Rows looked at, at most COUNT_MAX + 1. */
  readonly rows: number
  readonly scope: Scope
}

export async function countMessages(
  parts: LookParts,
  filter: MessageFilter,
  budgetMs: number,
  signal: AbortSignal,
): Promise<BoundedCount> {
  const { groups, rows, scope } = await tally(parts, { filter, by: null, budgetMs }, signal)
  return {
    count: Math.min(rows, COUNT_MAX),
    bounded: rows > COUNT_MAX,
    oldestCreatedAt: groups[0]?.oldestCreatedAt ?? null,
    scope,
  }
}

export async function groupMessages(
  parts: LookParts,
  question: { readonly filter: MessageFilter; readonly by: GroupBy; readonly budgetMs: number },
  signal: AbortSignal,
): Promise<{ groups: readonly MessageGroup[]; bounded: boolean; scope: Scope }> {
  const { groups, rows, scope } = await tally(parts, question, signal)
  const sorted = [...groups].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  return {
    groups: sorted.slice(0, GROUPS_MAX),
    bounded: rows >= COUNT_MAX || groups.length > GROUPS_MAX,
    scope,
  }
}

interface Question {
  readonly filter: MessageFilter
  /** Null: one group of all. */
  readonly by: GroupBy | null
  readonly budgetMs: number
}

async function tally(parts: LookParts, question: Question, signal: AbortSignal): Promise<Tally> {
  const selection = selectionOf(question.filter, parts.mapping, parts.sql)
  const indexed = isIndexed(selection, question.filter, parts.served(), parts)
  return indexed ? tallyDirectly(parts, question, signal) : tallyInSlices(parts, question, signal)
}

async function tallyDirectly(parts: LookParts, question: Question, signal: AbortSignal): Promise<Tally> {
  const statement = tallyStatement(parts, question, rowsMax(question), { from: null, to: null })
  try {
    const rows = await parts.session.read(statement, question.budgetMs, signal)
    return { ...summed(rows.map(toGroup)), scope: { complete: true } }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.code !== 'query-timeout') throw error
    return { groups: [], rows: 0, scope: { complete: false, reason: 'time-budget', scannedToId: null } }
  }
}

async function tallyInSlices(parts: LookParts, question: Question, signal: AbortSignal): Promise<Tally> {
  const found: MessageGroup[] = []
  let left = rowsMax(question)
  const ended = await lookInSlices(
    parts,
    {
      // Oldest first, so that the age of the oldest is right even where the budget ends the search.
      order: 'oldest',
      after: null,
      budgetMs: question.budgetMs,
      slice: (range, timeoutMs) =>
        parts.session.read(tallyStatement(parts, question, left, range), timeoutMs, signal),
      take(rows) {
        for (const group of rows.map(toGroup)) {
          found.push(group)
          left -= group.count
        }
        return left <= 0
      },
    },
    signal,
  )
  const scope: Scope =
    ended.end === 'budget'
      ? { complete: false, reason: 'time-budget', scannedToId: ended.after }
      : { complete: true }
  return { ...summed(found), scope }
}

/** A count looks for one row more than it may report, to know whether there are more. */
function rowsMax(question: Question): number {
  return question.by === null ? COUNT_MAX + 1 : COUNT_MAX
}

function tallyStatement(
  parts: LookParts,
  { filter, by }: Question,
  limit: number,
  range: SliceRange,
): Statement {
  const { mapping, sql } = parts
  const selection = selectionOf(filter, mapping, sql)
  const { params } = selection
  const grouped = by === null ? [] : groupedBy(by, parts, params)
  const keys = grouped.map(({ as }) => as)
  const created = sql.time('created', params)
  const rows = windowed(
    selection,
    { order: 'oldest', limit, ...range },
    () => [
      ...(created === null ? [] : [`${created} as c`]),
      ...grouped.map(({ expression, as }) => `${expression} as ${as}`),
    ],
    parts,
  )
  const list = [...keys, 'count(*) as n', ...(created === null ? [] : ['min(c) as oldest'])].join(', ')
  const text = `select ${list} from (${rows}) b${keys.length === 0 ? '' : ` group by ${keys.join(', ')}`}`
  return { text, values: params.values }
}

/** What a layout does not have is the same for all its rows: one group. */
function groupedBy(
  by: GroupBy,
  { mapping, sql }: LookParts,
  params: Params,
): readonly { readonly expression: string; readonly as: string }[] {
  const field = (of: Field | undefined): string => sql.field(of, params) ?? sql.dialect.asText('null')
  switch (by) {
    case 'type':
      return [{ expression: field(mapping.type), as: 'g' }]
    case 'error': {
      const error = sql.dialect.asText(field(mapping.lastError))
      return [{ expression: `substr(${error}, 1, ${ERROR_KEY_LENGTH})`, as: 'g' }]
    }
    case 'destination':
      return [
        { expression: field(mapping.destination?.exchange), as: 'g' },
        { expression: field(mapping.destination?.routingKey), as: 'h' },
      ]
  }
}

function toGroup(row: Row): MessageGroup {
  const [one, two] = [row['g'] ?? '', row['h']]
  return {
    key: two === undefined ? one : `${one}/${two ?? ''}`,
    count: Number(row['n'] ?? 0),
    oldestCreatedAt: isoTime(row['oldest']),
  }
}

/** Adds up the groups of several slices. */
function summed(parts: readonly MessageGroup[]): { groups: readonly MessageGroup[]; rows: number } {
  const byKey = new Map<string, MessageGroup>()
  let rows = 0
  for (const part of parts) {
    rows += part.count
    const known = byKey.get(part.key)
    byKey.set(part.key, known === undefined ? part : merged(known, part))
  }
  return { groups: [...byKey.values()], rows }
}

function merged(one: MessageGroup, other: MessageGroup): MessageGroup {
  const times = [one.oldestCreatedAt, other.oldestCreatedAt].filter((time) => time !== null)
  return {
    key: one.key,
    count: one.count + other.count,
    oldestCreatedAt: times.sort()[0] ?? null,
  }
}
