import { setTimeout as wait } from 'node:timers/promises'
import type { ReplicaTrouble } from '../../domain/audit.ts'
import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { ChainReplica, ReplicaAnswer, ReplicaState } from '../../ports/chains.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { openChainLines } from './chain-connection.ts'
import type { ChainLines, Gate } from './chain-connection.ts'
import { layoutOf } from './chain-method.ts'
import type { ChainNames } from './chain-sql.ts'
import { surveyChains } from './chain-survey.ts'
import type { Row } from '../outbox-sql/statement.ts'

const QUESTION_TIMEOUT_MS = 10_000
const POLL_MS_FIRST = 20
const POLL_MS_MAX = 500

/** What the primary had, and what a standby of it must show. */
interface Position {
  /** Place in the log. */
  readonly lsn: string
  /** Null: the role may not ask. */
  readonly system: string | null
  readonly database: string
  readonly relation: string
  readonly relationName: string
}

const MAY_ASK = `has_function_privilege('pg_control_system()', 'execute')`
const SYSTEM = `(select system_identifier::text from pg_control_system())`
const DATABASE = `(select oid::text from pg_database where datname = current_database())`
const NAME = `(select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid`

/**
 * Where the log ends that others have begun to write, not where it was written to disk: the commit of a transaction that has
 * ended may not be there yet where commits are asynchronous, and has its place in the log all the same.
 */
const PRIMARY = `
select pg_is_in_recovery() as standby, ${MAY_ASK} as may_ask, ${DATABASE} as database, $1::text::regclass::oid::text as relation,
  ${NAME} = $1::text::regclass) as name, case when pg_is_in_recovery() then null else pg_current_wal_insert_lsn() end as lsn`

export interface ReplicaOptions {
  /** Connections of the source itself. */
  readonly primary: ChainLines
  readonly settings: ConnectionSettings
  /** Of the standby. */
  readonly load: SourceLoad
  readonly names: ChainNames
  readonly heldChainsMax: number
}

export function openChainReplica(options: ReplicaOptions): ChainReplica {
  const { host, port } = options.settings.address
  const server = `${host}:${port}`
  return {
    server,
    async current(waitMs, signal) {
      const from = await positionOf(options, signal)
      if (from === null) {
        const trouble = told('source-is-standby', 'the source is itself a standby')
        return { ...nothingKnown, current: false, trouble }
      }
      const asked = openChainLines(options.settings, options.load)
      try {
        return await answer({ ...options, server, from, waitMs, lines: asked }, signal)
      } finally {
        await asked.close()
      }
    },
  }
}

const nothingKnown: ReplicaState = { behindBytes: null, waitedMs: 0, sameSystem: null }

function told(kind: ReplicaTrouble['kind'], reason: string): ReplicaTrouble {
  return { kind, reason }
}

/** Null: it is no primary. */
async function positionOf({ primary, names }: ReplicaOptions, signal: AbortSignal): Promise<Position | null> {
  const [row] = await ask(primary, PRIMARY, signal, [names.table])
  const lsn = row?.['lsn'] ?? null
  if (row === undefined || lsn === null) return null
  const system = row['may_ask'] === 't' ? await systemOf(primary, signal) : null
  const relation = { relation: row['relation'] ?? '', relationName: row['name'] ?? '' }
  return { lsn, system, database: row['database'] ?? '', ...relation }
}

async function systemOf(lines: ChainLines, signal: AbortSignal): Promise<string | null> {
  const [row] = await ask(lines, `select ${SYSTEM} as system`, signal)
  return row?.['system'] ?? null
}

function ask(lines: ChainLines, text: string, signal: AbortSignal, values: readonly string[] = []) {
  const timed = { timeoutMs: QUESTION_TIMEOUT_MS, signal }
  return lines.use(signal, (connection) => connection.rows({ text, values }, timed))
}

interface Asking extends ReplicaOptions {
  readonly server: string
  readonly from: Position
  readonly waitMs: number
  /** To the replica. */
  readonly lines: ChainLines
}

async function answer(asking: Asking, signal: AbortSignal): Promise<ReplicaAnswer> {
  const { lines, primary, from, server } = asking
  let state = nothingKnown
  try {
    const [may] = await ask(lines, `select ${MAY_ASK} as may_ask`, signal)
    const sameSystem = from.system === null || may?.['may_ask'] !== 't' ? null : true
    const gate = gateOf(server, from, sameSystem === true)
    const caught = await caughtUp(asking, gate, signal)
    state = { ...caught.state, sameSystem }
    if (caught.trouble !== null) return { ...state, current: false, trouble: caught.trouble }
    const [now] = await ask(primary, 'select pg_current_wal_insert_lsn() as lsn', signal)
    const [ahead] = await ask(primary, 'select $1::pg_lsn > $2::pg_lsn as ahead', signal, [
      caught.replayed,
      now?.['lsn'] ?? '0/0',
    ])
    if (ahead?.['ahead'] !== 'f') {
      const trouble = told(
        'ahead',
        'it has replayed what the source has never written: it follows another server',
      )
      return { ...state, current: false, trouble }
    }
    return { ...state, current: true, ...surveyOf(asking, gate.gate) }
  } catch (error) {
    if (signal.aborted || !(error instanceof RedriveError)) throw error
    return { ...state, current: false, trouble: told('unreachable', wordsOf(error)) }
  }
}

function wordsOf({ code, detail }: RedriveError): string {
  return `${code}, ${plain(detail['reason'] ?? '-')}`
}

function surveyOf({ settings, load, names, heldChainsMax }: Asking, gate: Gate) {
  const lines = openChainLines(settings, load, gate)
  const survey: Extract<ReplicaAnswer, { current: true }>['survey'] = async (
    { pace, seed },
    take,
    signal,
  ) => {
    const layout = await lines.use(signal, (connection) => layoutOf(connection, names, signal))
    await surveyChains({ names, layout, pace, seed, take, lines, signal, heldChainsMax })
  }
  return { survey, close: () => lines.close() }
}

interface StandbyGate {
  readonly gate: Gate
  /** Null: nothing is wrong with this server. */
  readonly troubleOf: (row: Row) => ReplicaTrouble | null
}

/** Digits and the server's own words for a place in its log; nothing else gets into the text. */
const LSN = /^[0-9A-F]+\/[0-9A-F]+$/
const DIGITS = /^\d+$/

function gateOf(server: string, from: Position, asksSystem: boolean): StandbyGate {
  if (!LSN.test(from.lsn) || !DIGITS.test(from.relation))
    throw new Error('the primary does not say where it is')
  const columns = [
    `pg_is_in_recovery() as standby`,
    `pg_last_wal_replay_lsn() as replayed`,
    `pg_last_wal_replay_lsn() >= '${from.lsn}'::pg_lsn as current`,
    `greatest(0, pg_wal_lsn_diff('${from.lsn}'::pg_lsn, pg_last_wal_replay_lsn()))::bigint as behind`,
    `${DATABASE} as database`,
    `${NAME} = ${from.relation}) as relation_name`,
    ...(asksSystem ? [`${SYSTEM} as system`] : []),
  ].join(', ')
  const troubleOf = (row: Row): ReplicaTrouble | null => {
    if (asksSystem && row['system'] !== from.system)
      return told('other-system', 'it is a copy of another system, by its identifier')
    if (row['standby'] !== 't') return told('not-a-standby', 'it is not a standby')
    if (row['current'] !== 't') {
      const behind = row['behind'] ?? null
      return told(
        'behind',
        behind === null ? 'it has replayed nothing' : `it lacks ${behind} bytes of the log`,
      )
    }
    // Only now: a table that is new is not there before the log tells of it.
    if (row['database'] !== from.database || row['relation_name'] !== from.relationName)
      return told('other-table', 'its database does not hold the same table')
    return null
  }
  const check = (row: Row): void => {
    const trouble = troubleOf(row)
    if (trouble === null) return
    throw new RedriveError('replica-not-usable', 'later', { server, reason: trouble.reason })
  }
  return { gate: { columns, check }, troubleOf }
}

interface CaughtUp {
  readonly state: Pick<ReplicaState, 'behindBytes' | 'waitedMs'>
  readonly replayed: string
  readonly trouble: ReplicaTrouble | null
}

async function caughtUp(
  { lines, waitMs }: Asking,
  { gate, troubleOf }: StandbyGate,
  signal: AbortSignal,
): Promise<CaughtUp> {
  const startedAt = performance.now()
  let behindBytes: number | null = null
  for (
    let pollMs = POLL_MS_FIRST, first = true;
    ;
    pollMs = Math.min(pollMs * 2, POLL_MS_MAX), first = false
  ) {
    const [row = {}] = await ask(lines, `select ${gate.columns}`, signal)
    const behind = row['behind'] ?? null
    if (first && behind !== null) behindBytes = Number(behind)
    const trouble = troubleOf(row)
    const waitedMs = Math.round(performance.now() - startedAt)
    if (trouble?.kind !== 'behind' || waitedMs >= waitMs)
      return { state: { behindBytes, waitedMs }, replayed: row['replayed'] ?? '0/0', trouble }
    await wait(Math.min(pollMs, Math.max(1, waitMs - waitedMs)), undefined, { signal })
  }
}
