import type { Mapping, StagedForm } from '../../domain/mapping/mapping.ts'
import { requireAction } from '../../domain/mapping/refusals.ts'
import { sha256 } from '../../domain/digest.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Survey } from '../../ports/survey.ts'
import { withLimit } from '../outbox-sql/assemble.ts'
import { parseAddress } from './address.ts'
import { claimMessages, markMessages } from './claiming.ts'
import { classify } from './classify.ts'
import { detailOf, openClient } from './client.ts'
import { layoutOf } from './detect.ts'
import { unfit } from './evaluate.ts'
import { countMessages, groupMessages, listMessages, readLaterSent, readMessages } from './looking.ts'
import { messageOf } from './messages.ts'
import type { Parts } from './parts.ts'
import { guarded, serverTime } from './reading.ts'
import { reportOn } from './report.ts'
import { previewAction, resolveMessages, retryMessages, undoResolve } from './resolving.ts'
import { dueRows } from './sweeping.ts'

export interface RedisOutboxOptions {
  readonly config: Pick<SourceConfig, 'url' | 'tls' | 'stuckAfterSec' | 'maxAttempts'> & {
    readonly outbox: { readonly table: string }
  }
  /** '' where there is none. */
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
  /** Which mapping messages in this layout have; null: not looked yet. Null where that has to be looked for. */
  readonly chooseMapping: (layout: StagedForm['layout'] | null) => Mapping | null
}

/**
 * Connects to a server, a set of sentinels or a cluster and hands out what is staged there. Throws RedriveError: what
 * connecting can throw, `table-missing`, `mapping-invalid`, `workspace-invalid`.
 */
export async function openRedisOutbox(options: RedisOutboxOptions, signal: AbortSignal): Promise<Outbox> {
  const { config, password, load = unlimited } = options
  const address = parseAddress(config.url)
  const detail = detailOf(address)
  const client = await openClient({ address, tls: config.tls, password, load }, signal)
  try {
    signal.throwIfAborted()
    const { table } = config.outbox
    const chosen = options.chooseMapping(null) ?? options.chooseMapping(await layoutOf(client, table))
    if (chosen?.staged === undefined) throw unfit('staged')
    const mapping = withLimit(chosen, config.maxAttempts)
    const limits = { stuckAfterSec: config.stuckAfterSec, attemptsMax: config.maxAttempts }
    const parts: Parts = { client, load, mapping, staged: chosen.staged, table, limits, detail }
    requireFit(parts)
    return assembled(parts)
  } catch (error) {
    client.close()
    throw classify(error, { during: 'connect', detail })
  }
}

/** What only SQL can say is found on a message that does not exist. Throws `mapping-invalid`. */
function requireFit(parts: Parts): void {
  messageOf(parts, { id: '0', nowMs: 0, fields: new Map(), note: null, version: '' })
}

function assembled(parts: Parts): Outbox {
  const { client, mapping, staged, table } = parts
  const acting = async <Result>(
    action: 'resend' | 'resolve' | 'retry',
    run: () => Promise<Result>,
  ): Promise<Result> => {
    requireAction(mapping, action)
    return run()
  }
  return {
    mapping,
    shape: sha256(JSON.stringify([table, staged])),
    chains: mapping.chain === undefined ? null : 'unavailable',
    evidence: null,
    stored: null,
    events: null,
    ids: null,
    report: (signal) => reportOn(parts, signal),
    clock: (signal) => guarded(parts, 'read', signal, () => serverTime(client)),
    list: (query, signal) => listMessages(parts, query, signal),
    count: (filter, budgetMs, signal) => countMessages(parts, filter, budgetMs, signal),
    groups: (filter, by, budgetMs, signal) => groupMessages(parts, { filter, by, budgetMs }, signal),
    read: (ids, signal) => readMessages(parts, ids, signal),
    laterSent: (ids, signal) => readLaterSent(parts, ids, signal),
    // A script has no plan: what it does is the same for every message.
    explain: () => Promise.resolve([]),
    claim: (requests, token, signal) => acting('resend', () => claimMessages(parts, requests, token, signal)),
    mark: (requests, token, signal) => acting('resend', () => markMessages(parts, requests, token, signal)),
    resolve: (requests, signal) => acting('resolve', () => resolveMessages(parts, requests, signal)),
    undo: (requests, signal) => acting('resolve', () => undoResolve(parts, requests, signal)),
    retry: (requests, signal) => acting('retry', () => retryMessages(parts, requests, signal)),
    // Throws: there are no half messages in Redis.
    decide: async () => {
      requireAction(mapping, 'check-back')
      throw unfit('halfMessages')
    },
    preview: (action, requests, signal) =>
      acting(action, () => previewAction(parts, action, requests, signal)),
    ...dueRows(parts),
    close: () => {
      parts.client.close()
      return Promise.resolve()
    },
  }
}

/** Nothing in Redis describes itself: there is no catalogue to look through. */
export async function openRedisSurvey({
  config,
  password,
  load = unlimited,
}: {
  readonly config: Pick<SourceConfig, 'url' | 'tls'>
  readonly password: Password
  readonly load?: SourceLoad
}): Promise<Survey> {
  const address = parseAddress(config.url)
  const client = await openClient({ address, tls: config.tls, password, load }, new AbortController().signal)
  return {
    tables: () => Promise.resolve([]),
    sample: () => Promise.resolve([]),
    close: () => {
      client.close()
      return Promise.resolve()
    },
  }
}
