import type { ChainHorizon, ChainPlace, OpenTransaction } from '../../ports/chains.ts'
import type { ChainConnection } from './chain-connection.ts'
import type { ChainNames } from './chain-sql.ts'

const HORIZON_TIMEOUT_MS = 30_000

const SEQUENCE = `
select (select pg_get_serial_sequence($1::text, $2::text)) as sequence,
  (select pg_get_expr(d.adbin, d.adrelid) like '%nextval(%' from pg_attrdef d
     join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where d.adrelid = $1::text::regclass and a.attname = $2::text) as borrowed`

const LAST_VALUE = `
select last_value::text as last, has_sequence_privilege($1::text::regclass::oid, 'select, usage') as may_look
from pg_sequences where format('%I.%I', schemaname, sequencename) = $1`

/**
 * Deletes are counted also where they were rolled back, so none counted is none done, as long as the counters are as old
 * as the rows: as many rows were inserted under them as there are.
 */
const COUNTERS = `
select case when s.n_tup_del > 0 or exists (select from pg_inherits where inhparent = c.oid) then 'yes'
    when s.n_tup_ins > 0 and s.n_tup_ins >= greatest(c.reltuples, s.n_live_tup) then 'no' else 'unclear' end as deletes,
  (select temp_bytes from pg_stat_database where datname = current_database()) as temp_bytes
from pg_stat_all_tables s join pg_class c on c.oid = s.relid and c.relkind = 'r'
where s.relid = $1::text::regclass`

export async function horizonOf(
  connection: ChainConnection,
  names: ChainNames,
  signal: AbortSignal,
): Promise<ChainHorizon> {
  const { table, id, shape } = names
  const read = (text: string, values: readonly string[]) =>
    connection.rows({ text, values }, { timeoutMs: HORIZON_TIMEOUT_MS, signal })
  const [now] = await read(
    `select now()::text as at, txid_current_snapshot()::text as snapshot, pg_is_in_recovery() as standby, ` +
      `(select max(${id}) from ${table} t) as max_id`,
    [],
  )
  const [counters] = await read(COUNTERS, [table])
  return {
    at: now?.['at'] ?? '',
    snapshot: now?.['snapshot'] ?? '',
    standby: now?.['standby'] === 't',
    maxId: now?.['max_id'] ?? null,
    sequence: await sequenceOf(read, table, shape.id),
    deletes: deletesOf(counters?.['deletes']),
    tempBytes: counters === undefined ? null : Number(counters['temp_bytes']),
  }
}

/** Counters of anything but a plain table say nothing. */
function deletesOf(said: string | null | undefined): ChainHorizon['deletes'] {
  return said === 'no' || said === 'unclear' ? said : 'yes'
}

async function sequenceOf(
  read: (
    text: string,
    values: readonly string[],
  ) => Promise<readonly Readonly<Record<string, string | null>>[]>,
  table: string,
  column: string,
): Promise<ChainHorizon['sequence']> {
  const [behind] = await read(SEQUENCE, [table, column])
  const sequence = behind?.['sequence'] ?? null
  if (sequence === null) return { is: behind?.['borrowed'] === 't' ? 'hidden' : 'none' }
  const [value] = await read(LAST_VALUE, [sequence])
  if (value?.['may_look'] !== 't') return { is: 'hidden' }
  return { is: 'known', last: value['last'] ?? null }
}

/**
 * Every transaction holds a lock on its own virtual id until it has ended and its end can be seen; a prepared one on its
 * real id. Unlike the list of connections, and unlike a snapshot, that shows transactions of other users, and those that
 * have drawn a number and written nothing yet.
 */
const OPEN = `
select l.virtualtransaction as transaction, l.pid, a.xact_start::text as since,
  exists (select from pg_locks w where w.virtualtransaction = l.virtualtransaction and w.locktype = 'relation'
    and w.relation = $1::text::regclass and w.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
      'AccessExclusiveLock')) as wrote
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
  and (a.datname is null or a.datname = current_database())
  and coalesce(a.backend_type, '') not in ('autovacuum worker', 'walsender', 'parallel worker')
union all
select 'prepared ' || gid, null, prepared::text, true from pg_prepared_xacts where database = current_database()
order by since nulls last`

export async function openTransactionsOf(
  connection: ChainConnection,
  { table }: ChainNames,
  signal: AbortSignal,
): Promise<readonly OpenTransaction[]> {
  const statement = { text: OPEN, values: [table] }
  const rows = await connection.rows(statement, { timeoutMs: HORIZON_TIMEOUT_MS, signal })
  return rows.map((row) => ({
    transaction: row['transaction'] ?? '',
    pid: row['pid'] === null || row['pid'] === undefined ? null : Number(row['pid']),
    since: row['since'] ?? null,
    wroteHere: row['wrote'] === 't',
  }))
}

/** A number that another chain holds is looked for only where numbers are those of the whole table. */
export async function presentAt(
  connection: ChainConnection,
  { table, key, keyType, id, idIsUnique }: ChainNames,
  places: readonly ChainPlace[],
  signal: AbortSignal,
): Promise<readonly ChainPlace[]> {
  const where = idIsUnique ? '' : ` and ${key} = p.chain::${keyType}`
  const text =
    `select distinct ${key}::text as chain, ${id} as id from unnest($1::text[], $2::bigint[]) p(chain, id) ` +
    `join ${table} t on ${id} = p.id${where}`
  const values = [places.map(({ chain }) => chain), places.map((place) => place.id)]
  const rows = await connection.rows({ text, values }, { timeoutMs: HORIZON_TIMEOUT_MS, signal })
  return rows.map((row) => ({ chain: row['chain'] ?? '', id: row['id'] ?? '' }))
}
