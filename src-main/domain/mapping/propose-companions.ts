import { say } from '../text.ts'
import type { Companion, Mapping } from './mapping.ts'
import type { Draft } from './propose-draft.ts'
import { kindOf, rolesOf } from './roles.ts'
import type { SurveyedColumn, SurveyedTable } from './surveyed.ts'
import { tableName } from './table-name.ts'
import type { Value } from './values.ts'

/** What another table knows of a row. */
export interface ProposedCompanions {
  readonly companions: Readonly<Record<string, Companion>>
  readonly payload: Partial<Mapping>
  readonly lastError: Partial<Mapping>
  readonly attempts: Exclude<Value, string | number | boolean | null> | null
}

const BY_COLUMN = 0.5

export function companionsOf(draft: Draft): ProposedCompanions {
  const content = draft.roles.payload === undefined ? contentBeside(draft) : null
  const tries = draft.roles.attempts === undefined ? triesBeside(draft) : null
  return {
    companions: {
      ...(content === null ? {} : { content: content.companion }),
      ...(tries === null ? {} : { tries }),
    },
    payload: content === null ? {} : { payload: content.payload },
    lastError: {},
    attempts: tries === null ? null : { count: 'tries' },
  }
}

interface Content {
  readonly companion: Companion
  readonly payload: NonNullable<Mapping['payload']>
}

/** A table with a payload, whose one key column this table holds too, without its being this one's own key. */
function contentBeside({ table, neighbours, guesses }: Draft): Content | null {
  for (const neighbour of neighbours) {
    const [key] = neighbour.keys
    const [column, ...more] = key ?? []
    const { payload } = rolesOf(neighbour)
    if (column === undefined || more.length > 0 || payload === undefined || payload.name === column) continue
    const reference = referenceTo(table, neighbour, column)
    if (reference === null || table.keys[0]?.includes(reference.name) === true) continue
    const kind = kindOf(payload)
    const encoding = kind === 'bytes' ? 'bytea' : kind === 'json' ? 'json' : 'text'
    const named = { table: tableName(neighbour), key: column, column: reference.name }
    const evidence = say('because.reference', named)
    guesses.push({
      at: 'payload',
      says: say('says.of', { column: payload.name, table: tableName(neighbour) }),
      evidence,
      confidence: BY_COLUMN,
    })
    return {
      companion: { table: tableName(neighbour), on: { column, equals: { row: reference.name } } },
      payload: { value: { of: 'content', value: { column: payload.name } }, encoding },
    }
  }
  return null
}

function referenceTo(
  table: SurveyedTable,
  { table: name, columns }: SurveyedTable,
  key: string,
): SurveyedColumn | null {
  const target = columns.find((column) => column.name === key)
  const names = key === 'id' ? [`${name}_id`, `${name}id`] : [key]
  return (
    table.columns.find(
      (column) =>
        names.includes(column.name.toLowerCase()) &&
        target !== undefined &&
        kindOf(column) === kindOf(target),
    ) ?? null
  )
}

/** A table that holds this one's whole key, many rows for one, and errors: its rows are the attempts. */
function triesBeside({ table, neighbours, guesses }: Draft): Companion | null {
  const [key] = table.keys
  if (key === undefined || key.length === 0) return null
  for (const neighbour of neighbours) {
    if (rolesOf(neighbour).lastError === undefined) continue
    const pairs = key.flatMap((column) => {
      const there = columnFor(neighbour, column, table.table)
      return there === null ? [] : [{ column: there, equals: { row: column } }]
    })
    const unique = neighbour.keys.some((own) =>
      own.every((one) => pairs.some(({ column }) => column === one)),
    )
    if (pairs.length < key.length || unique) continue
    const of = { table: tableName(neighbour) }
    const evidence = say('because.tries', of)
    guesses.push({ at: 'attempts', says: say('says.rows-of', of), evidence, confidence: BY_COLUMN })
    return { table: tableName(neighbour), on: { all: pairs } }
  }
  return null
}

function columnFor(neighbour: SurveyedTable, column: string, table: string): string | null {
  const names = column === 'id' ? [`${table}_id`, `${table}id`] : [column]
  return neighbour.columns.find(({ name }) => names.includes(name.toLowerCase()))?.name ?? null
}
