import { RedriveError } from '../../domain/errors.ts'
import type { IdFault, IdFinding } from '../../domain/id-service.ts'
import { idFaults } from '../../domain/id-service.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { ID_FINDINGS_MAX } from '../../ports/id-reader.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { IdReader, IdSearch, IdsFound } from '../../ports/id-reader.ts'
import { openChainLines } from './chain-connection.ts'
import type { ChainConnection, ReadOptions } from './chain-connection.ts'
import { byScan } from './chain-settings.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import type { Catalogue } from '../outbox-sql/catalogue.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import type { Params, Row, Statement } from '../outbox-sql/statement.ts'

const WORKERS = 1
const NUMBER_TYPES: ReadonlySet<string> = new Set(['bigint', 'integer', 'smallint'])

export interface IdReaderOptions {
  readonly settings: ConnectionSettings
  readonly load: SourceLoad
  readonly sql: Compiler
  readonly mapping: Mapping
  readonly catalogue: Catalogue
}

/** Each fault by a statement of its own, by one process of the server; sorting spills to temporary files. */
export function openIdReader({ settings, load, sql, mapping, catalogue }: IdReaderOptions): IdReader {
  const lines = openChainLines(settings, load)
  return {
    async search(search, signal) {
      const looking = lookingFor({ sql, mapping, catalogue }, search)
      const read = { timeoutMs: search.statementMs, settings: byScan(WORKERS), signal }
      return lines.use(signal, (connection) => searchAll(connection, looking, read))
    },
    close: () => lines.close(),
  }
}

interface Looking extends IdSearch {
  readonly sql: Compiler
  readonly column: string
  /** The key of a row tells in which order rows were stored, unless it is the id itself. */
  readonly order: 'key' | 'created' | null
  readonly key: string
  readonly chain: string | null
  readonly hasCreated: boolean
  /** The server keeps ids apart. */
  readonly isUnique: boolean
}

/** Throws RedriveError `column-missing`, `usage`. */
function lookingFor(
  { sql, mapping, catalogue }: Omit<IdReaderOptions, 'settings' | 'load'>,
  search: IdSearch,
): Looking {
  const key = typeof mapping.key === 'string' ? mapping.key : null
  const sequence = mapping.chain?.sequence
  const column = search.service.column ?? (typeof sequence === 'string' ? sequence : key)
  if (key === null || column === null) throw noNumbers('-')
  const type = catalogue.columns.get(column)?.type
  if (type === undefined) {
    throw new RedriveError('column-missing', 'never', { table: catalogue.table, columns: column })
  }
  if (!NUMBER_TYPES.has(type)) throw noNumbers(column)
  const chain = mapping.chain?.key
  const hasCreated = mapping.times.created !== undefined
  const byKey = column !== key && sql.key.kind === 'integer'
  return {
    ...search,
    sql,
    column,
    key,
    order: byKey ? 'key' : hasCreated ? 'created' : null,
    chain: typeof chain === 'string' ? chain : null,
    hasCreated,
    isUnique: catalogue.keys.some((columns) => columns.length === 1 && columns[0] === column),
  }
}

function noNumbers(column: string): RedriveError {
  const problem = `outbox.ids: the column "${column}" of this outbox holds no whole numbers that an id service could have made`
  return new RedriveError('usage', 'never', { problem })
}

async function searchAll(
  connection: ChainConnection,
  looking: Looking,
  read: ReadOptions,
): Promise<IdsFound> {
  const count = (name: string, row: Row | undefined): number => Number(row?.[name] ?? 0)
  const findings = new Map<string, IdFinding>()
  const byFault: Record<IdFault, number> = {
    duplicate: 0,
    regression: 0,
    'clock-back': 0,
    'clock-ahead': 0,
    'range-unused': 0,
  }
  const [all] = await connection.rows(counted(looking), read)
  for (const statement of statementsOf(looking)) {
    const rows = await connection.rows(statement, read)
    for (const [fault, same] of Map.groupBy(rows, (row) => row['fault'] as IdFault)) {
      const all = same.map(toFinding)
      // The same step may be seen in a chain and by its worker.
      const fresh = all.filter(({ id }) => !findings.has(`${fault} ${id}`))
      for (const finding of fresh) findings.set(`${fault} ${finding.id}`, finding)
      byFault[fault] += count('total', same[0]) - (all.length - fresh.length)
    }
  }
  const found = [...findings.values()].sort((one, other) => rank(one) - rank(other))
  return { messages: count('n', all), findings: found, byFault, unseen: unseenOf(looking) }
}

function rank({ fault }: IdFinding): number {
  return idFaults.indexOf(fault)
}

function unseenOf({ order, chain, service, hasCreated }: Looking): IdsFound['unseen'] {
  const isSnowflake = service.kind === 'snowflake'
  return [
    ...(order === null ? (['order'] as const) : []),
    ...(chain === null ? (['chain'] as const) : []),
    ...(isSnowflake && service.worker === undefined ? (['worker'] as const) : []),
    ...(isSnowflake && !hasCreated ? (['created'] as const) : []),
  ]
}

function statementsOf(looking: Looking): readonly Statement[] {
  const { isUnique, order, chain, service, hasCreated } = looking
  return [
    ...(isUnique ? [] : [duplicates(looking)]),
    ...(order !== null && chain !== null ? [inChains(looking)] : []),
    ...(service.kind === 'snowflake' && order !== null && service.worker !== undefined
      ? [byWorkers(looking)]
      : []),
    ...(service.kind === 'snowflake' && hasCreated ? [ahead(looking)] : []),
    ...(service.kind === 'segment' ? [unusedRanges(looking)] : []),
  ]
}

/** Rows of the outbox with their id `i`, chain `k`, order `o` and time `c` in milliseconds. */
function rowsOf({ sql, column, key, chain, since, order }: Looking, params: Params): string {
  const created = sql.time('created', params)
  const ms = created === null ? 'null::bigint' : `floor(extract(epoch from ${created}) * 1000)::bigint`
  const id = `${sql.column(column)}::bigint`
  const columns = [
    `${id} as i`,
    `${chain === null ? 'null' : sql.column(chain)}::text as k`,
    `${order === 'created' ? ms : `${sql.column(key)}`} as o`,
    `${ms} as c`,
  ]
  const where = [
    ...sql.present(params),
    `${sql.column(column)} is not null`,
    ...(since === null ? [] : [`${id} > ${params.add(since, 'since')}::bigint`]),
  ]
  return `select ${columns.join(', ')} from ${sql.table} t where ${where.join(' and ')}`
}

function counted(looking: Looking): Statement {
  const params = looking.sql.newParams()
  return { text: `select count(*) as n from (${rowsOf(looking, params)}) r`, values: params.values }
}

const NOTHING =
  'null::bigint as before_id, null::bigint as by_ms, null::bigint as first, null::bigint as last'

/** `select` has the columns of a finding; the ones that are told are the first ones in the order of ids. */
function told(select: string, params: Params): Statement {
  const text = `select f.*, count(*) over (partition by f.fault) as total from (${select}) f order by f.id limit ${ID_FINDINGS_MAX}`
  return { text, values: params.values }
}

function duplicates(looking: Looking): Statement {
  const params = looking.sql.newParams()
  return told(
    `select 'duplicate' as fault, null::text as chain, i as id, ${NOTHING}, count(*) as times ` +
      `from (${rowsOf(looking, params)}) r group by i having count(*) > 1`,
    params,
  )
}

/** The time in an id, in milliseconds since 1970. */
function timeIn(id: string, { service }: Looking, params: Params): string {
  const { epochMs, shift } = service.kind === 'snowflake' ? service : { epochMs: 0, shift: 0 }
  return `((${id} >> ${params.add(String(shift), 'shift')}::int) + ${params.add(String(epochMs), 'epoch')}::bigint)`
}

function limitOf({ service }: Looking, params: Params): string {
  return `${params.add(String(service.kind === 'snowflake' ? service.clockMsMax : 0), 'limit')}::bigint`
}

/** Within a chain ids must grow, whoever made them; where the time in them went back by more than clocks may, that is why. */
function inChains(looking: Looking): Statement {
  const params = looking.sql.newParams()
  const rows = `select r.*, lag(i) over (partition by k order by o, i) as b from (${rowsOf(looking, params)}) r where k is not null`
  const behind =
    looking.service.kind === 'snowflake'
      ? `(${timeIn('b', looking, params)} - ${timeIn('i', looking, params)})`
      : '0::bigint'
  const isClock = `${behind} > ${limitOf(looking, params)}`
  return told(
    `select case when ${isClock} then 'clock-back' else 'regression' end as fault, k as chain, i as id, b as before_id, ` +
      `case when ${isClock} then ${behind} end as by_ms, null::bigint as first, null::bigint as last, null::bigint as times ` +
      `from (${rows}) w where i < b`,
    params,
  )
}

/** One worker has one clock, whatever chains it serves. */
function byWorkers(looking: Looking): Statement {
  const params = looking.sql.newParams()
  const { shift, bits } = (looking.service.kind === 'snowflake' && looking.service.worker) || {
    shift: 0,
    bits: 0,
  }
  const worker =
    `((i >> ${params.add(String(shift), 'worker shift')}::int) & ` +
    `((1::bigint << ${params.add(String(bits), 'worker bits')}::int) - 1))`
  const rows = `select r.*, lag(i) over (partition by ${worker} order by o, i) as b from (${rowsOf(looking, params)}) r`
  const behind = `(${timeIn('b', looking, params)} - ${timeIn('i', looking, params)})`
  return told(
    `select 'clock-back' as fault, k as chain, i as id, b as before_id, ${behind} as by_ms, ` +
      `null::bigint as first, null::bigint as last, null::bigint as times ` +
      `from (${rows}) w where ${behind} > ${limitOf(looking, params)}`,
    params,
  )
}

function ahead(looking: Looking): Statement {
  const params = looking.sql.newParams()
  const by = `(${timeIn('i', looking, params)} - c)`
  return told(
    `select 'clock-ahead' as fault, k as chain, i as id, null::bigint as before_id, ${by} as by_ms, ` +
      `null::bigint as first, null::bigint as last, null::bigint as times ` +
      `from (${rowsOf(looking, params)}) r where ${by} > ${limitOf(looking, params)}`,
    params,
  )
}

/** A rest of a range is left behind at every restart of a server; a whole range is not. */
function unusedRanges(looking: Looking): Statement {
  const params = looking.sql.newParams()
  const { step, first } = looking.service.kind === 'segment' ? looking.service : { step: 1, first: 0 }
  const [size, start] = [params.add(String(step), 'step'), params.add(String(first), 'first')].map(
    (value) => `${value}::bigint`,
  )
  const range = (id: string): string => `((${id} - ${start}) / ${size})`
  const rows = `select r.*, lag(i) over (order by i) as b from (${rowsOf(looking, params)}) r`
  return told(
    `select 'range-unused' as fault, null::text as chain, i as id, b as before_id, null::bigint as by_ms, ` +
      `${start} + (${range('b')} + 1) * ${size} as first, ${start} + ${range('i')} * ${size} - 1 as last, ` +
      `null::bigint as times from (${rows}) w where ${range('i')} - ${range('b')} > 1`,
    params,
  )
}

function toFinding(row: Row): IdFinding {
  const number = (text: string | null | undefined): number | null =>
    text === null || text === undefined ? null : Number(text)
  return {
    fault: row['fault'] as IdFault,
    chain: row['chain'] ?? null,
    id: row['id'] ?? '',
    beforeId: row['before_id'] ?? null,
    byMs: number(row['by_ms']),
    from: row['first'] ?? null,
    to: row['last'] ?? null,
    times: number(row['times']),
  }
}
