import { RedriveError } from '../../domain/errors.ts'
import type { ActionProfile } from '../../domain/mapping/mapping.ts'
import { keyColumns } from '../../domain/mapping/walk.ts'
import type { Bound, MappingAssignments } from '../../domain/mapping/values.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Params, Row, Statement } from './statement.ts'
import type { ChangeParts, Transaction } from './change-parts.ts'

/**
 * A change of rows takes three steps in one short transaction, because the server does not answer an UPDATE with rows:
 * lock the rows and look, decide here, change just those by their key and look again. What was decided cannot have
 * changed, because the rows are locked; ids, versions and tokens are compared here, letter by letter, and not by a
 * collation.
 */
interface Identified {
  readonly id: string
}

/** What each request brings besides its id, by name. */
export type Texts<Request> = Readonly<Record<string, (one: Request) => string | null>>

/** Rows of requests as `r`. */
export function givenRows<Request extends Identified>(
  { sql }: ChangeParts,
  requests: readonly Request[],
  texts: Texts<Request>,
  params: Params,
): string {
  const known = inIdOrder(requests.filter(({ id }) => sql.key.has(id)))
  const keys = sql.key.given(known.map(({ id }) => id))
  const others = Object.entries(texts).map(([name, of]) => ({
    name,
    type: 'text',
    values: known.map(of),
    use: name,
  }))
  return sql.dialect.given([...keys, ...others], params)
}

/** Locks are taken in this order, so that two claims of the same rows cannot wait for each other. */
function inIdOrder<Request extends Identified>(requests: readonly Request[]): readonly Request[] {
  return [...requests].sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : Number(a.id !== b.id)))
}

export interface Look<Request> {
  /** Columns that are wanted of each row besides its key and version. */
  readonly columns: (params: Params) => readonly string[]
  readonly texts?: Texts<Request>
  readonly locked: boolean
}

/** The rows of these requests, by id. */
export async function look<Request extends Identified>(
  transaction: Transaction,
  parts: ChangeParts,
  requests: readonly Request[],
  { columns, texts, locked }: Look<Request>,
): Promise<ReadonlyMap<string, Row>> {
  if (requests.length === 0) return new Map()
  const { sql } = parts
  const params = sql.newParams()
  const given = givenRows(parts, requests, texts ?? {}, params)
  const list = [sql.key.list('t'), `${sql.version()} as version`, ...columns(params)]
  const text =
    `select ${list.join(', ')} from ${given} ${parts.forms.joined(parts)}` + (locked ? parts.forms.lock : '')
  const { rows } = await transaction.run({ text, values: params.values })
  return new Map(rows.map((row) => [sql.key.idOf(row), row]))
}

/** The versions that rows have now. */
export async function versionsOf(
  transaction: Transaction,
  parts: ChangeParts,
  requests: readonly Identified[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await look(transaction, parts, requests, { columns: () => [], locked: false })
  return new Map([...rows].map(([id, row]) => [id, row['version'] ?? '']))
}

/** As a condition: a person may act on the row, it belongs to the outbox, and it is the only one of its id. */
export function allowed({ sql }: ChangeParts, params: Params, states?: readonly MessageState[]): string {
  const only =
    sql.key.kind === 'none'
      ? [`(select count(*) from ${sql.table} twin where ${sql.key.equals('twin', 'r')}) = 1`]
      : []
  return [sql.actionable(params, states), ...sql.present(params), ...only].join(' and ')
}

export interface Change<Request> {
  readonly set: MappingAssignments
  readonly bind: (is: Bound) => string
  readonly texts: Texts<Request>
}

/**
 * Changes these rows, which are locked. What is written is computed from the row as it was: in an UPDATE of one table
 * the server would use what it has just written for what comes after it.
 */
export async function update<Request extends Identified>(
  transaction: Transaction,
  parts: ChangeParts,
  requests: readonly Request[],
  change: Change<Request>,
): Promise<void> {
  if (requests.length === 0) return
  await writeAll(transaction, requests, updateStatement(parts, requests, change))
}

function updateStatement<Request extends Identified>(
  parts: ChangeParts,
  requests: readonly Request[],
  { set, bind, texts }: Change<Request>,
): Statement {
  const { sql } = parts
  const params = sql.newParams()
  const given = givenRows(parts, requests, texts, params)
  const names = Object.keys(set)
  const written = sql.assignments(set, bind, params).map(({ column, value }, at) => ({
    column,
    value: parts.forms.fitting(parts, names[at] ?? '', value),
  }))
  return { text: parts.forms.update(parts, given, written), values: params.values }
}

/** Writes back what was read: each request brings the text of each of these columns under its name in `as`. */
export async function writeBack<Request extends Identified>(
  transaction: Transaction,
  parts: ChangeParts,
  requests: readonly Request[],
  { names, texts }: { readonly names: readonly string[]; readonly texts: Texts<Request> },
): Promise<void> {
  if (requests.length === 0) return
  const { sql, catalogue } = parts
  const params = sql.newParams()
  const given = givenRows(parts, requests, texts, params)
  const written = names.map((name, at) => ({
    column: sql.dialect.quote(name),
    value: parts.forms.restored(`r.b${at}`, catalogue.columns.get(name)?.type ?? ''),
  }))
  await writeAll(transaction, requests, {
    text: parts.forms.update(parts, given, written),
    values: params.values,
  })
}

/** Every row was locked and seen a moment ago: one that is not found now is a fault, and all is taken back. */
async function writeAll(
  transaction: Transaction,
  requests: readonly Identified[],
  statement: Statement,
): Promise<void> {
  const { matched } = await transaction.run(statement)
  if (matched === requests.length) return
  throw new RedriveError('internal', 'later', {
    reason: `${matched} rows instead of ${requests.length} would have been changed; nothing was`,
  })
}

export type Act<Request> = Omit<Change<Request>, 'set'> & { readonly profile: ActionProfile }

/** What a mapping's retry or resolve does, on rows that are locked. */
export async function act<Request extends Identified>(
  transaction: Transaction,
  parts: ChangeParts,
  requests: readonly Request[],
  of: Act<Request>,
): Promise<void> {
  if (requests.length === 0) return
  await writeAll(transaction, requests, actStatement(parts, requests, of))
}

export function actStatement<Request extends Identified>(
  parts: ChangeParts,
  requests: readonly Request[],
  { profile, bind, texts }: Act<Request>,
): Statement {
  const set = profile.set ?? {}
  if (profile.does === undefined || profile.does === 'update')
    return updateStatement(parts, requests, { set, bind, texts })
  const { sql } = parts
  const params = sql.newParams()
  const given = givenRows(parts, requests, texts, params)
  const text =
    profile.does === 'delete'
      ? parts.forms.remove(parts, given)
      : `${copied(parts, { set, bind }, params)} from ${given} ${parts.forms.joined(parts)}`
  return { text, values: params.values }
}

/** The key of a copy is new: what `set` says, or else the column's default. Columns that the server computes are left to it. */
function copied(
  { sql, catalogue, mapping }: ChangeParts,
  { set, bind }: Pick<Change<Identified>, 'set' | 'bind'>,
  params: Params,
): string {
  const values = new Map(sql.assignments(set, bind, params).map(({ column, value }) => [column, value]))
  const keys = new Set(keyColumns(mapping))
  const columns = [...catalogue.columns.values()].flatMap(({ name, computed }) => {
    const quoted = sql.dialect.quote(name)
    const value = values.get(quoted)
    return computed || (keys.has(name) && value === undefined)
      ? []
      : [{ quoted, value: value ?? `t.${quoted}` }]
  })
  return (
    `insert into ${sql.table} (${columns.map(({ quoted }) => quoted).join(', ')}) ` +
    `select ${columns.map(({ value }) => value).join(', ')}`
  )
}

/** Columns of a row as their texts, and what reads them back. */
export function imageOf(
  { sql }: ChangeParts,
  names: readonly string[],
): {
  readonly columns: readonly string[]
  read(row: Row | undefined): Readonly<Record<string, string | null>> | null
} {
  return {
    columns: names.map((name, at) => `${sql.column(name)} as b${at}`),
    read: (row) =>
      row === undefined ? null : Object.fromEntries(names.map((name, at) => [name, row[`b${at}`] ?? null])),
  }
}
