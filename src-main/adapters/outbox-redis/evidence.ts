import { judgeEvidence } from '../../domain/evidence.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { TableEvidence, SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { EvidenceReader, EvidenceRequest } from '../../ports/evidence.ts'
import { parseAddress } from './address.ts'
import { detailOf, openClient } from './client.ts'
import type { Client } from './client.ts'
import { keyFacts } from './dedupe.ts'
import { guarded, serverTime } from './reading.ts'

const PLACE = '{messageId}'

export interface RedisEvidenceOptions {
  /** `table`: the receiver's key with {messageId} in it. */
  readonly config: TableEvidence
  readonly at: Pick<SourceConfig, 'url' | 'tls'>
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
}

/**
 * A receiver that deduplicates by SET key NX EX: the key is the proof, for as long as it lives. Throws RedriveError as
 * opening an outbox does.
 */
export async function openRedisEvidence(
  { config, at, password, load = unlimited }: RedisEvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceReader> {
  if (!config.table.includes(PLACE))
    throw new RedriveError('workspace-invalid', 'never', {
      at: 'evidence.table',
      problem: `on Redis this is the key of a message, with ${PLACE} in it`,
    })
  const address = parseAddress(at.url)
  const detail = detailOf(address)
  signal.throwIfAborted()
  const client = await openClient({ address, tls: at.tls, password, load }, signal)
  return {
    where: `${config.table} (${detail.server})`,
    look: (requests, aborted) =>
      guarded({ detail, load }, 'read', aborted, async () => {
        const nowMs = Date.parse(await serverTime(client))
        return Promise.all(requests.map((one) => lookFor({ client, config, nowMs }, one)))
      }),
    // Keys are found by the messages only.
    walk: null,
    positions: null,
    dedupe: (aborted) =>
      guarded({ detail, load }, 'read', aborted, () =>
        keyFacts(client, { keyOf: config.table, place: PLACE, retentionSec: config.retentionSec }),
      ),
    clock: (aborted) => guarded({ detail, load }, 'read', aborted, () => serverTime(client)),
    close: () => {
      client.close()
      return Promise.resolve()
    },
  }
}

interface Looking {
  readonly client: Client
  readonly config: TableEvidence
  readonly nowMs: number
}

/** How long the key still lives tells when it was set, as long as every one is set to live equally long. */
async function lookFor({ client, config, nowMs }: Looking, { messageId, createdAt }: EvidenceRequest) {
  const leftMs = await client.redis.pttl(config.table.replaceAll(PLACE, messageId))
  const { retentionSec } = config
  const here = leftMs !== -2
  const setMs = leftMs > 0 && retentionSec !== null ? nowMs - (retentionSec * 1_000 - leftMs) : null
  const sighting = {
    seen: here ? 1 : 0,
    consumed: here ? 1 : 0,
    consumedAt: here && setMs !== null && setMs <= nowMs ? new Date(setMs).toISOString() : null,
  }
  return judgeEvidence(sighting, { createdAt, now: new Date(nowMs).toISOString() }, config)
}
