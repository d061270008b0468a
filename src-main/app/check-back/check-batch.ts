import type { CheckBackConfig, CheckOutcome, CheckRecord } from '../../domain/check-back.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import type { Json } from '../../domain/digest.ts'
import type { HalfActionName } from '../../domain/mapping/mapping.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import type { HalfMove } from '../../ports/half-store.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Ask } from './ask.ts'

export interface BatchContext {
  readonly ports: EnginePorts
  readonly outbox: Outbox
  readonly source: string
  /** Id of the run, which the journal and the row name. */
  readonly run: string
  readonly config: Pick<CheckBackConfig, 'checksMax' | 'concurrency'>
  readonly ask: Ask
  /** Adds up what was done, also where the batch is broken off. */
  readonly add: (more: Partial<CheckOutcome>) => void
}

interface Checked {
  readonly row: MessageWithContent
  readonly checks: number
  readonly record: CheckRecord
}

/**
 * Asks about these half messages and carries the answers out:
 * 1. counted and journalled, before the first call: a crash counts as one check;
 * 2. asked, several at a time;
 * 3. answers and what they lead to, journalled and on disk, before a row changes;
 * 4. the rows, by compare-and-set; 5. what came of it.
 */
export async function checkBatch(
  context: BatchContext,
  rows: readonly MessageWithContent[],
  stop: AbortSignal,
): Promise<void> {
  const counted = await countChecks(context, rows, stop)
  const checked = await askAll(context, counted, stop)
  context.add({
    asked: checked.length,
    failedCalls: checked.filter((one) => one.record.status === null).length,
  })
  await writeAnswers(context, checked)
  await carryOut(context, checked)
  // What was stopped in the middle stays counted; its answer is not known.
}

async function countChecks(
  { ports, outbox, source, run }: BatchContext,
  rows: readonly MessageWithContent[],
  signal: AbortSignal,
): Promise<readonly Omit<Checked, 'record'>[]> {
  const messages = rows.map(({ id, messageId, checks = 0 }) => ({ id, messageId, counted: checks }))
  const detail = { messages: messages.map(({ id, messageId }) => ({ id, messageId })) }
  const counts = await ports.halfStore.count(
    source,
    messages,
    entryOf(ports, 'check-back-asking', { source, run, detail }),
  )
  const fresh = rows.map((row) => ({ row, checks: counts.get(row.id) ?? 1 }))
  if (outbox.mapping.halfMessages?.checks === undefined) return fresh
  const requests = rows.map(({ id, version }) => ({ id, version, reason: '' }))
  const results = await outbox.decide('check', requests, signal)
  const versions = new Map(results.flatMap((one) => (one.applied ? [[one.id, one.version] as const] : [])))
  // A row that changed meanwhile is somebody else's: it is not asked about now.
  return fresh.flatMap(({ row, checks }) => {
    const version = versions.get(row.id)
    return version === undefined ? [] : [{ row: { ...row, version }, checks }]
  })
}

async function askAll(
  { ask, config }: BatchContext,
  counted: readonly Omit<Checked, 'record'>[],
  stop: AbortSignal,
): Promise<readonly Checked[]> {
  const left = [...counted]
  const checked: Checked[] = []
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined && !stop.aborted; one = left.shift()) {
      const record = await ask(one.row, one.checks, stop).catch((error: unknown) => {
        if (stop.aborted) return null
        throw error
      })
      if (record !== null) checked.push({ ...one, record })
    }
  }
  await Promise.all(Array.from({ length: Math.min(config.concurrency, counted.length) }, worker))
  return checked
}

const isDecided = ({ record }: Checked): boolean => record.means !== 'unknown'

async function writeAnswers(context: BatchContext, checked: readonly Checked[]): Promise<void> {
  if (checked.length === 0) return
  const { ports, source, config } = context
  const moves = checked.map((one): HalfMove => {
    const parked = one.checks >= config.checksMax
    return {
      id: one.row.id,
      state: isDecided(one) ? 'deciding' : parked ? 'parked' : 'undecided',
      last: one.record,
    }
  })
  const answers = checked.map(({ row, checks, record: { status, failure, means, digest, tries } }, at) => ({
    ...{ id: row.id, messageId: row.messageId, check: checks, means, status, failure, digest, tries },
    ...(moves[at]?.state === 'parked' ? { parked: true } : {}),
  }))
  await ports.halfStore.move(source, moves, entry(context, 'check-back-answered', { answers }))
  const parked = moves.filter(({ state }) => state === 'parked').length
  const unknown = moves.filter(({ state }) => state === 'undecided').length
  context.add({ parked, unknown })
}

async function carryOut(context: BatchContext, checked: readonly Checked[]): Promise<void> {
  const decided = checked.filter(isDecided)
  if (decided.length === 0) return
  const { source, ports } = context
  const of = (means: CheckRecord['means']) => decided.filter(({ record }) => record.means === means)
  const commit = await decide(context, 'commit', of('commit'))
  const rollback = await decide(context, 'rollback', of('rollback'))
  const left = [...commit.left, ...rollback.left]
  const detail = { committed: commit.done, rolledBack: rollback.done, left }
  await ports.halfStore.forget(
    source,
    [...commit.done, ...rollback.done],
    entry(context, 'check-back-decided', detail),
  )
  // It stays counted: somebody may only have touched it, and it is still to be decided.
  await ports.halfStore.move(
    source,
    left.map((id) => ({ id, state: 'undecided' as const })),
    null,
  )
  context.add({ committed: commit.done.length, rolledBack: rollback.done.length, left: left.length })
}

async function decide(
  { outbox, run, add }: BatchContext,
  action: Exclude<HalfActionName, 'check'>,
  checked: readonly Checked[],
): Promise<{ readonly done: readonly string[]; readonly left: readonly string[] }> {
  const requests = checked.map(({ row, checks, record }) => ({
    id: row.id,
    version: row.version,
    reason: `Redrive ${run}: ${action} by its producer's answer ${record.status ?? ''} (check ${checks})`,
  }))
  // What has been decided is seen through, also where the run is stopped meanwhile.
  const results = await outbox
    .decide(action, requests, new AbortController().signal)
    .catch((error: unknown) => {
      add({ unsettled: checked.length })
      throw error
    })
  const ids = (applied: boolean) => results.filter((one) => one.applied === applied).map(({ id }) => id)
  return { done: ids(true), left: ids(false) }
}

function entry({ ports, source, run }: BatchContext, action: JournalAction, detail: Json): JournalDraft {
  return entryOf(ports, action, { source, run, detail })
}

export function entryOf(
  { operator }: EnginePorts,
  action: JournalAction,
  { source, run, detail }: { readonly source: string; readonly run: string | null; readonly detail: Json },
): JournalDraft {
  return { action, operator: operator(), source, subject: run, detail }
}
