import type { MessageState } from '../../domain/message.ts'
import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { DueRequest, DueRow } from '../../ports/due.ts'
import { bound, resendOf } from './actions.ts'
import { stateInToken, tokenForms, tokenWithState } from './claim-forms.ts'
import { chainColumn, dueConditions, keyColumn, limitOf } from './due.ts'
import type { DueConditions } from './due.ts'
import { contentColumns, plainColumns, toMessageWithContent } from './rows.ts'
import type { Row, Statement } from './statement.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts, Transaction } from './change-parts.ts'
import { look, update } from './row-work.ts'
import { unionPart } from './selection.ts'
import { sha256 } from '../../domain/digest.ts'

/** Looks for more where somebody else has locked what was found. */
const ROUNDS_MAX = 50
/** A lock's word has 64 characters at most. */
const WORD_LENGTH = 48

interface Candidate {
  readonly id: string
  readonly chain: string | null
  readonly state: MessageState
}

/**
 * The word keeps a repeat waiting for a call whose answer was lost and that is still at work: otherwise both could claim,
 * and nobody would know of the rows of one.
 */
export async function claimDueMessages(
  parts: ChangeParts,
  request: DueRequest,
  token: string,
  signal: AbortSignal,
): Promise<readonly DueRow[]> {
  resendOf(parts.mapping)
  keyColumn(parts)
  requireWritable(parts, 'resend')
  const word = `redrive:${sha256(token).slice(0, WORD_LENGTH)}`
  return parts.session.write(
    async (transaction) => {
      if (request.repeat) {
        const held = await heldRows(transaction, parts, token)
        if (held.length > 0)
          return held.map((row) => toDueRow(parts, row, stateInToken(row['token'] ?? '', token)))
      }
      return limitOf(request) === 0 ? [] : claimFresh(transaction, parts, request, token)
    },
    signal,
    word,
  )
}

/** What this token holds. */
async function heldRows(
  transaction: Transaction,
  parts: ChangeParts,
  token: string,
): Promise<readonly Row[]> {
  const { mapping, sql } = parts
  const { tokenColumn } = resendOf(mapping)
  const params = sql.newParams()
  const forms = tokenForms(token)
  const inFlight = sql.branches(params, new Set(['in-flight'])).map(({ condition }) => `(${condition})`)
  const text =
    `select ${plainColumns(mapping, sql, params)}, ${contentColumns(mapping, sql, params)}, ` +
    `${sql.column(tokenColumn)} as token from ${sql.table} t where (${inFlight.join(' or ')}) ` +
    `and ${sql.column(tokenColumn)} in (${forms.map((form) => params.add(form, 'token')).join(', ')}) ` +
    `order by ${keyColumn(parts)} limit ${DUE_LIMIT_MAX}`
  const { rows } = await transaction.run({ text, values: params.values })
  return rows.filter((row) => forms.includes(row['token'] ?? ''))
}

/** Locks only what it takes, besides those that turn out to stand behind somebody else's row. */
async function claimFresh(
  transaction: Transaction,
  parts: ChangeParts,
  request: DueRequest,
  token: string,
): Promise<readonly DueRow[]> {
  const { mapping, sql } = parts
  const limit = limitOf(request)
  const locked: Candidate[] = []
  let after: string | null = null
  for (let round = 0; round < ROUNDS_MAX && locked.length < limit; round += 1) {
    const wanted = limit - locked.length
    const found: readonly string[] = await candidates(transaction, parts, request, { after, wanted })
    if (found.length > 0) locked.push(...(await lockFree(transaction, parts, request, found)))
    after = found.at(-1) ?? null
    if (found.length < wanted) break
  }
  const taken = request.chained ? await inSequence(transaction, parts, request, locked) : locked
  const states = new Map(taken.map(({ id, state }) => [id, state]))
  const texts = { token: ({ id }: Candidate) => tokenWithState(token, states.get(id) ?? 'in-flight') }
  await update(transaction, parts, taken, {
    set: resendOf(mapping).claim,
    bind: bound({ token: 'r.token' }),
    texts,
  })
  const rows = await look(transaction, parts, taken, {
    columns: (params) => [plainColumns(mapping, sql, params), contentColumns(mapping, sql, params)],
    locked: false,
  })
  return taken.flatMap(({ id, state }) => {
    const row = rows.get(id)
    return row === undefined ? [] : [toDueRow(parts, row, state)]
  })
}

/** Ids of due rows, the smallest first, without a lock. */
async function candidates(
  transaction: Transaction,
  parts: ChangeParts,
  request: DueRequest,
  { after, wanted }: { readonly after: string | null; readonly wanted: number },
): Promise<readonly string[]> {
  const { sql } = parts
  const params = sql.newParams()
  const due = dueConditions(parts, request, params)
  const key = keyColumn(parts)
  const beyond = after === null ? 'true' : sql.walk.bound('t', '>', after, params)
  const kind = (condition: string): string =>
    unionPart(
      sql.dialect,
      `select ${key} as id, ${chainColumn(parts)} as chain from ${sql.table} t where ${condition} ` +
        `and ${due.attemptsLeft} and ${due.unclaimed} and ${beyond}` +
        // Those that stand behind another row must not use up the limit: then the condition comes outside of it.
        (request.chained ? '' : ` order by ${key} limit ${wanted}`),
    )
  const kinds = [`${due.waits} and ${due.reached}`, `${due.isInFlight} and ${due.silent}`].map(kind)
  const text =
    `select c.id from (${kinds.join(' union all ')}) c` +
    (request.chained ? ` where not exists (${blocker(parts, due)})` : '') +
    ` order by c.id limit ${wanted}`
  const { rows } = await transaction.run({ text, values: params.values })
  return rows.map((row) => row['id'] ?? '')
}

/** A row of the chain before this one that is unfinished and not due: everything behind it waits. */
function blocker(parts: ChangeParts, due: DueConditions): string {
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed, unfinished } = due
  const isDue = `${attemptsLeft} and ${unclaimed} and ((${waits} and ${reached}) or (${isInFlight} and ${silent}))`
  return (
    `select 1 from ${parts.sql.table} t where ${chainColumn(parts)} = c.chain and ${keyColumn(parts)} < c.id ` +
    `and ${unfinished} and (${isDue}) is not true`
  )
}

/** Those of the rows that nobody has locked and that are still due. */
async function lockFree(
  transaction: Transaction,
  parts: ChangeParts,
  request: DueRequest,
  ids: readonly string[],
): Promise<readonly Candidate[]> {
  const { sql } = parts
  const params = sql.newParams()
  const given = sql.dialect.given(sql.key.given(ids), params)
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed } = dueConditions(
    parts,
    request,
    params,
  )
  const text =
    `select ${sql.key.list('t')}, ${chainColumn(parts)} as chain, ${sql.state(params)} as state ` +
    `from ${given} ${parts.forms.joined(parts)} ` +
    `where ${attemptsLeft} and ${unclaimed} and ((${waits} and ${reached}) or (${isInFlight} and ${silent})) ` +
    parts.forms.lockFree
  const { rows } = await transaction.run({ text, values: params.values })
  return rows
    .map((row) => ({
      id: sql.key.idOf(row),
      chain: row['chain'] ?? null,
      state: (row['state'] ?? 'in-flight') as MessageState,
    }))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
}

/** Rows with nothing unfinished before them but rows of this very claim: what somebody else holds, or what did not fit, holds up its chain as well. */
async function inSequence(
  transaction: Transaction,
  parts: ChangeParts,
  request: DueRequest,
  locked: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const chains = [...new Set(locked.flatMap(({ chain }) => (chain === null ? [] : [chain])))]
  if (chains.length === 0) return locked
  const { rows } = await transaction.run(barrierStatement(parts, request, { locked, chains }))
  const barriers = new Map(rows.map((row) => [chains[Number(row['place']) - 1], row['barrier'] ?? null]))
  return locked.filter(({ id, chain }) => {
    const barrier = chain === null ? null : (barriers.get(chain) ?? null)
    return barrier === null || BigInt(id) < BigInt(barrier)
  })
}

/** Of each chain the first unfinished row that is none of the locked ones. */
function barrierStatement(
  parts: ChangeParts,
  request: DueRequest,
  { locked, chains }: { readonly locked: readonly Candidate[]; readonly chains: readonly string[] },
): Statement {
  const { sql, mapping, catalogue } = parts
  const params = sql.newParams()
  const { unfinished } = dueConditions(parts, request, params)
  const field = mapping.chain?.key
  const column = typeof field === 'string' ? catalogue.columns.get(field) : undefined
  const given = sql.dialect.given(
    [{ ...(column ?? { type: 'text' }), name: 'chain', values: chains, use: 'chain' }],
    params,
  )
  const ids = locked.map(({ id }) => params.add(id, 'locked')).map((id) => sql.dialect.keyParam(id, 'bigint'))
  const first =
    `select min(${keyColumn(parts)}) from ${sql.table} t where ${chainColumn(parts)} = r.chain ` +
    `and ${unfinished} and ${keyColumn(parts)} not in (${ids.join(', ')})`
  return { text: `select r.place, (${first}) as barrier from ${given}`, values: params.values }
}

/** Never used: a mapping that allows a resend says where messages go. */
const NOWHERE = { exchange: '', routingKey: '' }

/** `in-flight` where the row does not say what it was: whoever had it may have sent it. */
function toDueRow(parts: ChangeParts, row: Row, stateBefore: MessageState | null): DueRow {
  const message = toMessageWithContent(row, parts)
  return {
    id: message.id,
    messageId: message.messageId,
    attempts: message.attempts ?? 0,
    stateBefore: stateBefore ?? 'in-flight',
    version: message.version,
    type: message.type,
    destination: message.destination ?? NOWHERE,
    chainKey: message.chain?.key ?? null,
    createdAt: message.createdAt ?? '',
    payload: message.content.payload,
    headers: message.content.headers,
  }
}
